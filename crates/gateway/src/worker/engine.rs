//! What the engine says, and what it is told.

use engine::ports::Answer;
use model::{SignalToken, Stream, limits};
use proto::{Counted, Identity};

use super::Worker;
use super::closing::Drain;
use super::speakers::Speaker;
use crate::link::{Downward, Gauges, IdentityAnswer, SessionRow, Upward, question_of};

/// Rows of the snapshot in one message: it stays under 20 KiB.
const SNAPSHOT_CHUNK: usize = 1_000;

impl Worker {
    /// Keeps the link, and does what the engine says.
    pub(super) fn hear_engine(&mut self) {
        self.uplink.keep(self.poll.registry(), self.now.mono);
        let mut said = std::mem::take(&mut self.scratch.said);
        self.uplink
            .receive(&mut self.scratch.buffers.incoming, &mut said, self.now.mono);
        for message in said.drain(..) {
            self.heed(message);
        }
        self.scratch.said = said;
    }

    fn heed(&mut self, message: Downward) {
        match message {
            Downward::Welcome { build } => self.linked(&build),
            Downward::Answer(answer) => self.take_answer(answer),
            Downward::Identity(answer) => self.take_identity(&answer),
            Downward::Intake(state) => self.promise.hear(state),
            Downward::Tls(material) => self.take_material(&material),
            Downward::TakenOver { connection } => self.hand_over(connection),
            Downward::Forget(accounts) => {
                for account in accounts {
                    for question in self.identities.forget(account) {
                        let question = Upward::Identify(Box::new(question));
                        self.uplink.say(Stream::Normal, &question);
                    }
                    self.ask_anew(account);
                }
            }
            Downward::ForgetAll => {
                self.identities.forget_all();
                self.ask_all_anew();
            }
        }
    }

    /// A new link: what the engine must know, then all that is unanswered.
    fn linked(&mut self, build: &str) {
        tracing::debug!(unanswered = self.window.len(), "linked to the engine");
        let rows = self.snapshot();
        for chunk in rows.chunks(SNAPSHOT_CHUNK) {
            self.uplink
                .say(Stream::Urgent, &Upward::Snapshot(chunk.to_vec()));
        }
        self.window.resend(&mut self.scratch.outbound);
        for (stream, frame) in self.scratch.outbound.drain(..) {
            self.uplink.send(stream, frame);
        }
        self.uplink.say(Stream::Urgent, &Upward::Ready);
        for question in self.identities.relink() {
            self.uplink.say(Stream::Normal, &Upward::Identify(question));
        }
        self.ask_all_anew();
        if build != self.build {
            self.begin_drain("the engine is of another build");
        }
    }

    /// What is known of the account may have changed: its connections ask at their next frame, so
    /// that a new key, policy or habit holds without a new connection.
    fn ask_anew(&mut self, speaker: Speaker) {
        for place in self.speakers.of(speaker, &self.connections) {
            self.have_ask_anew(place);
        }
    }

    fn ask_all_anew(&mut self) {
        for place in self.connections.places() {
            self.have_ask_anew(place);
        }
    }

    fn have_ask_anew(&mut self, place: usize) {
        let Some(connection) = self.connections.get_mut(place) else {
            return;
        };
        // Who has a question open learns what is new from the answer.
        if self.identities.awaits(connection.number) {
            return;
        }
        if let Some(speaker) = connection.speaker.take() {
            self.speakers.leave(speaker, place);
            let stale = Identity::Stale { account: speaker.1 };
            connection.session.handle_identity(self.now, stale);
            self.drive(place);
        }
    }

    fn snapshot(&self) -> Vec<SessionRow> {
        let open = self.connections.iter().filter_map(|connection| {
            let number = connection.number;
            let sent_any = connection.next_token > SignalToken(1);
            let lasts = connection.path.is_some() && !connection.is_datagram();
            (sent_any || lasts).then(|| SessionRow {
                connection: number,
                lowest: self.window.lowest(number).unwrap_or(connection.next_token),
                path: connection.path,
            })
        });
        let gone = self.window.lowest_of_all().filter_map(|(number, lowest)| {
            let gone = self.connections.place_of(number).is_none();
            gone.then_some(SessionRow {
                connection: number,
                lowest,
                path: None,
            })
        });
        open.chain(gone).collect()
    }

    fn take_answer(&mut self, answer: Answer) {
        let mut answers = std::mem::take(&mut self.scratch.answers);
        self.window.take(answer, &mut answers);
        for answer in answers.drain(..) {
            self.deliver(answer);
        }
        self.scratch.answers = answers;
    }

    /// Gives the answer to its session; to nobody, if the connection is gone.
    fn deliver(&mut self, answer: Answer) {
        let (number, _) = question_of(&answer);
        let place = self.connections.place_of(number);
        let connection = place.and_then(|place| self.connections.get_mut(place));
        match (answer, connection) {
            (Answer::Committed { proof, .. }, Some(connection)) => {
                connection.session.handle_committed(self.now, proof);
            }
            (Answer::Refused { token, reason, .. }, Some(connection)) => {
                connection.session.handle_refused(self.now, token, reason);
            }
            // I4: what sessions get, they count themselves.
            (Answer::Refused { .. }, None) => self.counts.add(Counted::Refused),
            (Answer::Committed { .. }, None) => {}
        }
        match place {
            Some(place) => self.drive(place),
            None => self.tell_closed(number),
        }
    }

    fn take_identity(&mut self, answer: &IdentityAnswer) {
        let question = self.identities.answered(answer, self.now.mono);
        let place = self.connections.place_of(answer.connection);
        if let (Some(place), Some(question)) = (place, question) {
            self.introduce(place, answer, question.claim.must_prove);
            self.drive(place);
        }
    }

    /// Tells the engine that it may forget a connection, once all its signals are answered.
    pub(super) fn tell_closed(&mut self, connection: u64) {
        if !self.window.awaits(connection) {
            let closed = Upward::Closed { connection };
            self.uplink.mention(Stream::Normal, &closed, self.now.mono);
        }
    }

    /// Tells the engine from time to time what was heard and counted.
    pub(super) fn report(&mut self) {
        let due = self.now.mono >= self.reported.after(limits::LINK_PERIOD);
        let last = self.drain.as_ref().is_some_and(Drain::says_goodbye);
        // An engine that does not read is not told the same again and again (I7).
        if !(due || last) || !self.uplink.is_up() || self.uplink.is_blocked(Stream::Normal) {
            return;
        }
        self.reported = self.now.mono;
        for message in self.sightings.messages() {
            self.uplink.say(Stream::Normal, &message);
        }
        let gauge = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let gauges = Gauges {
            connections: gauge(self.connections.streams()),
            without_identity: gauge(self.gate.without_identity()),
            unacknowledged: gauge(self.window.len()),
            unacknowledged_octets: u64::try_from(self.window.octets()).unwrap_or(u64::MAX),
            questions: gauge(self.identities.open()),
            stalled: gauge(self.lists.stalled.len()),
            longest_turn: self.counts.take_longest_turn(),
        };
        let counters = self.counts.counters(gauges);
        self.uplink
            .say(Stream::Normal, &Upward::Counters(Box::new(counters)));
    }
}
