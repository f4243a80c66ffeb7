//! The life of one panel of a fleet: connect, report, listen, hang up, connect again.

use std::sync::Arc;

use model::{Mono, Now};
use tokio::sync::watch;
use tokio::time::timeout;

use super::pieces::pieces;
use super::{Dialling, Member, Phase, Shared, Silence, Transport};
use crate::dial::{Heard, Way};
use crate::dice::Dice;
use crate::kind::Kind;
use crate::panel::{Panel, PanelEvent};
use crate::script::Script;
use crate::wait::{pass, until};

/// For what chance is thrown, so that one purpose does not disturb another.
const OF_PANEL: u64 = 1;
const OF_PIECES: u64 = 2;

/// The life of one panel.
#[derive(Debug)]
pub(super) struct Life {
    place: usize,
    panel: Panel,
    script: Box<dyn Script>,
    shared: Arc<Shared>,
    phase: watch::Receiver<Phase>,
    /// Of how a write is cut to pieces.
    dice: Dice,
    /// Signals reported so far.
    reported: u64,
    /// Connections that failed, one after the other.
    failures: u32,
    /// Whether it ever was connected.
    was_connected: bool,
    /// When the panel last said anything, for supervision.
    spoke: Mono,
    /// The silence that is still to come.
    silence: Option<Silence>,
    /// When the fleet began, from which silences count.
    began: Mono,
    /// The connection from before a silence, which nobody has closed.
    left_behind: Option<Way>,
    /// What is to be written; kept for its allocation.
    outgoing: Vec<u8>,
}

impl Life {
    pub(super) fn new(
        place: usize,
        script: Box<dyn Script>,
        shared: Arc<Shared>,
        phase: watch::Receiver<Phase>,
    ) -> Self {
        let Member {
            identity,
            habit,
            ref key,
            clock_error,
            silence,
            ..
        } = shared.plan.members[place];
        let dice = |purpose| Dice::new(shared.plan.seed, shared.whole(place), purpose);
        let panel = Panel::new(identity, habit)
            .with_clock_error(clock_error)
            .with_key(key.clone())
            .with_dice(dice(OF_PANEL));
        let began = shared.clock.now().mono;
        Self {
            place,
            panel,
            script,
            dice: dice(OF_PIECES),
            spoke: began,
            silence,
            began,
            shared,
            phase,
            reported: 0,
            failures: 0,
            was_connected: false,
            left_behind: None,
            outgoing: Vec::new(),
        }
    }

    /// Lives from `begins` on, until there is nothing more to say and all is answered, or until
    /// the fleet ends.
    pub(super) async fn live(mut self, begins: Mono) {
        self.wait(Some(begins)).await;
        while !self.is_over() {
            if let Some(until) = self.fall_silent() {
                while self.now().mono < until && !self.is_over() {
                    self.wait(Some(until)).await;
                }
                continue;
            }
            if self.needs_no_connection() {
                let due = self.next_turn(self.now().mono);
                self.wait(due).await;
                continue;
            }
            self.connect().await;
            if self.failures > 0 {
                let pause = self.shared.plan.wait_after(self.place, self.failures);
                let until = self.now().mono.after(pause);
                self.wait(Some(until)).await;
            }
        }
        if let Phase::Draining(since) | Phase::Ended(since) = self.phase() {
            self.shared.record().tally.counters.not_sent += self.script.owed(since);
        }
    }

    fn member(&self) -> &Member {
        &self.shared.plan.members[self.place]
    }

    fn now(&self) -> Now {
        self.shared.clock.now()
    }

    /// Waits for a time, or for the fleet to change its phase.
    async fn wait(&mut self, at: Option<Mono>) {
        tokio::select! {
            () = until(self.shared.clock.as_ref(), at) => {}
            // An error means that the fleet is gone; its tasks are aborted then.
            _ = self.phase.changed() => {}
        }
    }

    fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// When the panel next has something to say by itself, be it only that it is here.
    fn due(&self, now: Mono) -> Option<Mono> {
        let signal = self.signal_due(now);
        let poll = self.poll_due();
        [signal, poll].into_iter().flatten().min()
    }

    /// When the panel next has something to do by itself: to speak, or to fall silent.
    fn next_turn(&self, now: Mono) -> Option<Mono> {
        let silence = self.silence.map(|silence| self.began.after(silence.after));
        [self.due(now), silence].into_iter().flatten().min()
    }

    /// When the next signal is due; what was due before the end is still sent after it.
    fn signal_due(&self, now: Mono) -> Option<Mono> {
        let last = match self.phase() {
            Phase::Sending => Mono(u64::MAX),
            Phase::Draining(since) => since,
            Phase::Ended(_) => return None,
        };
        let due = self.script.due(now).filter(|due| *due <= last);
        due.filter(|_| self.shared.record().has_room())
    }

    fn poll_due(&self) -> Option<Mono> {
        let period = self.member().supervision?;
        Some(self.spoke.after(period))
    }

    fn is_over(&self) -> bool {
        match self.phase() {
            Phase::Ended(_) => true,
            Phase::Sending => self.has_nothing_to_say() && self.member().supervision.is_none(),
            Phase::Draining(_) => self.has_nothing_to_say(),
        }
    }

    fn has_nothing_to_say(&self) -> bool {
        self.panel.is_at_rest() && self.signal_due(self.now().mono).is_none()
    }

    /// Whether it is time for the silence, and nothing waits for its answer.
    fn is_to_fall_silent(&self) -> bool {
        let sending = self.phase() == Phase::Sending && self.panel.is_at_rest();
        let begun = |silence: Silence| self.began.after(silence.after) <= self.now().mono;
        sending && self.silence.is_some_and(begun)
    }

    /// Begins the silence if it is time for it: until when it lasts.
    fn fall_silent(&mut self) -> Option<Mono> {
        if !self.is_to_fall_silent() {
            return None;
        }
        let silence = self.silence?;
        self.silence = silence.again.map(|again| Silence {
            after: silence.after + again,
            ..silence
        });
        let until = self.began.after(silence.after + silence.lasts);
        // What happens meanwhile is never reported: the panel is off.
        self.script.skip(until);
        self.shared.record().tally.counters.silenced += 1;
        self.failures = 0;
        Some(until)
    }

    /// Whether a panel that connects for each message has none at the moment.
    fn needs_no_connection(&self) -> bool {
        let now = self.now().mono;
        self.member().dialling == Dialling::PerMessage
            && self.panel.is_at_rest()
            && self.due(now).is_none_or(|due| now < due)
    }

    /// Connects once and talks, if that succeeds.
    async fn connect(&mut self) {
        let source = self.shared.source(self.place);
        let plan = &self.shared.plan;
        let opened = tokio::select! {
            opened = Way::open(plan.transport, plan.target, source) => opened,
            // An error means that the fleet is gone; its tasks are aborted then.
            _ = self.phase.wait_for(|phase| matches!(phase, Phase::Ended(_))) => return,
        };
        let Ok(mut way) = opened else {
            self.shared.record().tally.counters.not_connected += 1;
            self.failures += 1;
            return;
        };
        // Only now does the receiver hear that the old one is closed: a late farewell (I6).
        self.left_behind = None;
        self.connected();
        self.converse(&mut way).await;
        self.shared.record().online -= 1;
        self.panel.handle_disconnected();
        if self.is_to_fall_silent() {
            self.left_behind = Some(way);
        }
    }

    fn connected(&mut self) {
        let again = self.was_connected && self.member().dialling == Dialling::Permanent;
        let mut record = self.shared.record();
        record.online += 1;
        record.tally.counters.connected += 1;
        record.tally.counters.reconnected += u64::from(again);
        drop(record);
        self.was_connected = true;
        let now = self.now();
        self.panel.handle_connected(now);
        if self.introduces_itself(now.mono) {
            self.poll(now, now.mono);
        }
    }

    /// A panel that is supervised says at once who it is, since receivers close what stays without
    /// a name; one that sends again does so by that, and one that calls for each signal by those.
    fn introduces_itself(&self, now: Mono) -> bool {
        let calls = self.member().dialling == Dialling::PerMessage
            && self.signal_due(now).is_some_and(|due| due <= now);
        self.member().supervision.is_some() && self.panel.is_at_rest() && !calls
    }

    fn poll(&mut self, now: Now, intended: Mono) {
        self.shared.record().tally.sent(Kind::Poll);
        self.panel.supervise(now, intended);
        self.spoke = now.mono;
    }

    /// Talks until one side hangs up.
    async fn converse(&mut self, way: &mut Way) {
        loop {
            if self.phase() != Phase::Sending {
                self.panel.hear_all();
            }
            self.report_due();
            if !self.flush(way).await || !self.listen(way).await {
                self.failures += 1;
                return;
            }
            let spoken = self.panel.is_at_rest() && self.member().dialling == Dialling::PerMessage;
            if spoken || self.is_over() || self.is_to_fall_silent() {
                return;
            }
        }
    }

    /// Reports what is due, as far as the panel's window has room.
    fn report_due(&mut self) {
        let now = self.now();
        if self.is_to_fall_silent() {
            return;
        }
        while self.panel.has_room() {
            let Some(due) = self.signal_due(now.mono).filter(|due| *due <= now.mono) else {
                break;
            };
            let mut record = self.shared.record();
            let number = match &mut record.journal {
                Some(journal) => journal.enter(self.place),
                None => Some(self.reported + 1),
            };
            let Some(number) = number else { break };
            let content = self.script.tell(number);
            record.tally.sent(content.kind());
            drop(record);
            self.reported = number;
            self.panel.report(now, due, content);
            self.spoke = now.mono;
        }
        let poll = self.poll_due().filter(|due| *due <= now.mono);
        if let Some(due) = poll.filter(|_| self.panel.has_room()) {
            self.poll(now, due);
        }
    }

    /// Writes what the panel has to say; `false` if the way is gone or does not take it.
    async fn flush(&mut self, way: &mut Way) -> bool {
        let patience = self.member().habit.patience;
        let written = timeout(patience, self.write(way)).await;
        let gone = matches!(written, Ok(Err(_)));
        if gone {
            self.shared.record().tally.counters.dropped += 1;
        }
        self.note_events() && matches!(written, Ok(Ok(())))
    }

    async fn write(&mut self, way: &mut Way) -> std::io::Result<()> {
        self.outgoing.clear();
        while let Some(frame) = self.panel.poll_transmit() {
            match self.shared.plan.transport {
                Transport::Udp => way.write(&frame).await?,
                Transport::Tcp => self.outgoing.extend(frame),
            }
        }
        let split = self.member().split;
        if self.outgoing.is_empty() {
            return Ok(());
        }
        if !self.dice.happens(split) {
            return way.write(&self.outgoing).await;
        }
        for (piece, pause) in pieces(&mut self.dice, &self.outgoing) {
            way.write(piece).await?;
            pass(pause).await;
        }
        Ok(())
    }

    /// Waits for an answer, a deadline, or something to do; `false` if it is time to hang up.
    async fn listen(&mut self, way: &Way) -> bool {
        let turn = self
            .panel
            .has_room()
            .then(|| self.next_turn(self.now().mono));
        let next = [turn.flatten(), self.panel.poll_timeout()];
        let next = next.into_iter().flatten().min();
        tokio::select! {
            () = way.readable() => {}
            () = until(self.shared.clock.as_ref(), next) => self.panel.handle_timeout(self.now()),
            // An error means that the fleet is gone; its tasks are aborted then.
            _ = self.phase.changed() => {}
        }
        let mut buffer = [0; 2_048];
        loop {
            let heard = way.hear(&mut buffer);
            let now = self.now();
            match heard {
                Heard::Octets(octets) => self.panel.handle_bytes(now, &buffer[..octets]),
                Heard::Datagram(octets) => self.panel.handle_datagram(now, &buffer[..octets]),
                Heard::Nothing => break,
                Heard::Gone => {
                    self.note_events();
                    self.shared.record().tally.counters.dropped += 1;
                    return false;
                }
            }
        }
        self.note_events()
    }

    /// Enters into the record what happened to the panel; `false` if it wants to hang up.
    fn note_events(&mut self) -> bool {
        let mut go_on = true;
        while let Some(event) = self.panel.poll_event() {
            self.shared.record().note(self.place, &event);
            match event {
                PanelEvent::Acknowledged { .. } | PanelEvent::Supervised { .. } => {
                    self.failures = 0;
                }
                PanelEvent::HangUp => go_on = false,
                _ => {}
            }
        }
        go_on
    }
}
