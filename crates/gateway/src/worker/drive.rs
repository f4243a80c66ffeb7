//! Doing what sessions want done.

use std::sync::Arc;

use model::{AccountKey, EventFlags, IdentityClaim, PathIndex, Signal, SignalToken, Stream};
use proto::{Admitted, Counted, Outgoing, SessionEvent, Stray, StrayReason};

use super::Worker;
use super::connection::Phase;
use super::identities::may_remember;
use crate::link::{IdentityAnswer, Question, Upward};

impl Worker {
    /// After any input of a session: does what it wants, until it wants nothing or there is no
    /// room for more (I7).
    pub(super) fn drive(&mut self, place: usize) {
        loop {
            if !self.has_room() {
                self.stall(place);
                break;
            }
            let Some(connection) = self.connections.get_mut(place) else {
                return;
            };
            let Some(event) = connection.session.poll_event() else {
                break;
            };
            self.act(place, event);
        }
        self.touch(place);
    }

    fn act(&mut self, place: usize, event: SessionEvent) {
        match event {
            SessionEvent::Identify(claim) => self.identify(place, *claim),
            SessionEvent::Signal(outgoing) => self.take_signal(place, &outgoing),
            SessionEvent::Alive { path, .. } => {
                let encrypts = self.connections.get(place).is_some_and(|c| c.encrypts);
                self.recognise(place, path);
                self.note_alive(place, path, encrypts);
                self.charge_account(place, path);
            }
            SessionEvent::Skewed { path } => {
                self.recognise(place, path);
                self.sightings.skewed(path);
                self.charge_account(place, path);
            }
            SessionEvent::Learned { path, learned } => {
                self.recognise(place, path);
                if let Some(connection) = self.connections.get_mut(place) {
                    connection.encrypts |= learned.once_encrypted;
                }
                let learned = Upward::Learned { path, learned };
                self.uplink.say(Stream::Normal, &learned);
            }
            // It is a sign of life as well, which is charged for.
            SessionEvent::Report { path, report } => {
                self.recognise(place, path);
                self.sightings.told(path, *report, self.now.mono);
            }
            SessionEvent::Stray(stray) => self.take_stray(place, stray),
            SessionEvent::Count(reason) => {
                self.counts.add(reason);
                if is_waste(reason) {
                    self.charge_waste(place);
                }
            }
            SessionEvent::Close(_) => {
                if let Some(connection) = self.connections.get_mut(place) {
                    connection.phase = Phase::Closing(self.now.mono);
                }
            }
        }
    }

    /// Answers from memory, or asks the engine.
    fn identify(&mut self, place: usize, claim: IdentityClaim) {
        let Ok(certificate) = self.certificate_of(place) else {
            return self.cut(place, Counted::TlsBadCertificate); // Never taken for none.
        };
        let Some(connection) = self.connections.get(place) else {
            return;
        };
        let question = Box::new(Question {
            connection: connection.number,
            source: connection.source,
            claim,
            certificate,
        });
        let remembered = may_remember(&question)
            .then(|| {
                let (number, key) = (question.connection, question.claim.key);
                self.identities.recall(number, key, self.now.mono)
            })
            .flatten();
        if let Some(answer) = remembered {
            return self.introduce(place, &answer, false);
        }
        // R7: a certificate that an authority of ours signed is no stranger's.
        if question.certificate.is_none() && !self.charge_question(place) {
            return;
        }
        self.uplink
            .say(Stream::Normal, &Upward::Identify(question.clone()));
        self.identities.ask(question);
    }

    /// Tells a session who speaks. Its events are for the caller to see to.
    pub(super) fn introduce(&mut self, place: usize, answer: &IdentityAnswer, must_prove: bool) {
        let busy = must_prove && self.is_to_come_back(place, answer);
        let Some(connection) = self.connections.get_mut(place) else {
            return;
        };
        if busy {
            return self.send_away(place);
        }
        connection
            .session
            .handle_identity(self.now, answer.identity());
        if let Ok(admitted) = &answer.admitted {
            self.note_admission(place, &answer.key, admitted);
            if must_prove {
                self.note_arrival(place, admitted.path);
            }
        } else {
            connection.shown = None;
            self.charge_waste(place);
        }
    }

    fn note_admission(&mut self, place: usize, key: &AccountKey, admitted: &Arc<Admitted>) {
        let Some(connection) = self.connections.get_mut(place) else {
            return;
        };
        connection.encrypts = admitted.learned.once_encrypted;
        if connection.shown.replace(admitted.path).is_none() && connection.path.is_none() {
            connection.epoch = self.epochs.next(self.now.mono);
        }
        // A datagram knows its account for a moment only: no change need reach it.
        let speaker = (key.family, key.account);
        if !connection.is_datagram() && connection.speaker != Some(speaker) {
            if let Some(before) = connection.speaker.replace(speaker) {
                self.speakers.leave(before, place);
            }
            self.speakers.join(speaker, place, &self.connections);
        }
    }

    fn take_signal(&mut self, place: usize, outgoing: &Outgoing) {
        let path = outgoing.path;
        let flags = outgoing.signal.flags;
        let may_go_on = if path == PathIndex::HOUSE {
            true // R6: a stranger's; the address has paid for its identity.
        } else if flags.contains(EventFlags::PLAIN_AFTER_ENCRYPTED) {
            self.charge_waste(place) // R7: it names the panel, and does not prove it.
        } else {
            self.recognise(place, path);
            if !doubt(&outgoing.signal) {
                let encrypts = self.connections.get(place).is_some_and(|c| c.encrypts);
                let timely = outgoing.signal.panel_time.is_some() && !outgoing.skewed;
                self.note_alive(place, path, encrypts && timely);
            }
            self.charge_account(place, path)
        };
        if may_go_on {
            self.send_up(place, outgoing);
        }
    }

    fn note_alive(&mut self, place: usize, path: PathIndex, agreed: bool) {
        if let Some(connection) = self.connections.get(place) {
            self.sightings
                .alive(path, connection.epoch, self.now.mono, agreed);
        }
    }

    /// R6: a stranger is the quarantine's.
    fn take_stray(&mut self, place: usize, stray: Box<Stray>) {
        // An unknown account was charged for when the session learned of it.
        if stray.reason != StrayReason::UnknownAccount && !self.charge_waste(place) {
            return;
        }
        let Some(connection) = self.connections.get(place) else {
            return;
        };
        if self.uplink.is_blocked(Stream::Normal) {
            return self.counts.add(Counted::StrayUntold); // I7
        }
        let report = Upward::Stray {
            source: connection.source,
            path: connection.shown,
            stray,
        };
        self.uplink.say(Stream::Normal, &report);
    }

    fn send_up(&mut self, place: usize, outgoing: &Outgoing) {
        let Some(connection) = self.connections.get_mut(place) else {
            return;
        };
        connection.next_token = SignalToken(outgoing.token.0.saturating_add(1));
        // What a session makes of octets that it had kept counts from when they were read.
        let (number, read_at) = (connection.number, connection.heard);
        let outbound = &mut self.scratch.outbound;
        let pushed = self.window.push(number, read_at, outgoing, outbound);
        for (stream, frame) in self.scratch.outbound.drain(..) {
            self.uplink.send(stream, frame);
        }
        if let Err(error) = pushed {
            // Sessions bound their frames far below the link's: this is an error of ours.
            tracing::error!(%error, path = outgoing.path.0, "a signal cannot be stored");
            self.cut(place, Counted::Refused);
        }
    }

    /// Has the connection written to, and its deadline looked at, at the end of the turn.
    pub(super) fn touch(&mut self, place: usize) {
        if let Some(connection) = self.connections.get_mut(place)
            && !std::mem::replace(&mut connection.marks.touched, true)
        {
            self.lists.touched.push(place);
        }
    }
}

/// R1: whether this satisfies no timer: there is a reason to doubt the whole, or all of its events.
/// That our own clock is suspected is no fault of the panel's.
fn doubt(signal: &Signal) -> bool {
    let doubtful = |flags: EventFlags| {
        let ours = EventFlags::OUR_CLOCK_SUSPECT | EventFlags::CLOCK_OUTSIDE_WINDOW;
        if flags.contains(EventFlags::OUR_CLOCK_SUSPECT) {
            flags.difference(ours).is_doubtful()
        } else {
            flags.is_doubtful()
        }
    };
    let items = &signal.items;
    doubtful(signal.flags) || (!items.is_empty() && items.iter().all(|item| doubtful(item.flags)))
}

/// Frames that cost us work and tell us nothing. Unknown accounts are charged when the engine,
/// or memory, says that they are; wrong keys as strays.
fn is_waste(reason: Counted) -> bool {
    matches!(
        reason,
        Counted::BadCrc
            | Counted::BadLength
            | Counted::NotAFrame
            | Counted::Malformed
            | Counted::UnknownToken
            | Counted::NoKey
            | Counted::MqttMalformed
            | Counted::MqttProtocolError
            | Counted::MqttOutOfTurn
            | Counted::MqttLevel
            | Counted::PacketTooLarge
            | Counted::BadClientId
    )
}
