//! The life of one panel of a fleet: connect, report, listen, hang up, connect again.

use std::sync::Arc;
use std::time::Duration;

use model::{Mono, Now};
use tokio::sync::watch;
use tokio::time::timeout;

use super::pieces::pieces;
use super::record::Place;
use super::{Content, Dialling, Leaves, Phase, Shared, Transport};
use crate::dial::{Heard, NoWay, Opened, Road, Way};
use crate::dice::Dice;
use crate::kind::Kind;
use crate::machine::{Blueprint, Line, Machine, PanelEvent, Saying};
use crate::script::Script;
use crate::tls;
use crate::wait::{pass, until};

/// For what chance is thrown, so that one purpose does not disturb another.
const OF_PANEL: u64 = 1;
const OF_PIECES: u64 = 2;

/// The life of one panel.
#[derive(Debug)]
pub(super) struct Life<P: Machine> {
    place: Place,
    pub(super) line: Line,
    pub(super) panel: P,
    tls: Option<tls::Client>,
    pub(super) script: Box<dyn Script<P::Content>>,
    pub(super) shared: Arc<Shared>,
    phase: watch::Receiver<Phase>,
    /// Of how a write is cut to pieces.
    dice: Dice,
    /// Signals with a number reported so far.
    reported: u64,
    /// Connections that failed, one after the other.
    pub(super) failures: u32,
    /// For how long the receiver asked to be left alone.
    put_off: Option<Duration>,
    /// Whether it ever was connected.
    pub(super) was_connected: bool,
    /// When the panel last said anything, for supervision.
    pub(super) spoke: Mono,
    /// When the fleet began, from which absences count.
    pub(super) began: Mono,
    /// The connection from before an absence, which nobody has closed.
    left_behind: Option<Way>,
    /// The connection that nobody will ever close.
    half_open: Option<Way>,
    /// What is to be written; kept for its allocation.
    outgoing: Vec<u8>,
}

impl<P: Machine> Life<P> {
    pub(super) fn new<M: Blueprint<Machine = P>>(
        place: Place,
        member: &M,
        script: Box<dyn Script<Content<M>>>,
        shared: Arc<Shared>,
        phase: watch::Receiver<Phase>,
    ) -> Self {
        let dice = |purpose| Dice::new(shared.common.seed, place.whole, purpose);
        let began = shared.clock.now().mono;
        let line = member.line();
        Self {
            place,
            panel: member.build(dice(OF_PANEL)),
            tls: member.tls(),
            script,
            dice: dice(OF_PIECES),
            spoke: began,
            began,
            shared,
            phase,
            reported: line.reported_before,
            line,
            failures: 0,
            put_off: None,
            was_connected: false,
            left_behind: None,
            half_open: None,
            outgoing: Vec::new(),
        }
    }

    /// Lives from `begins` on, until there is nothing more to say and all is answered, or until
    /// the fleet ends.
    pub(super) async fn live(mut self, begins: Mono) {
        self.wait(Some(begins)).await;
        while !self.is_over() {
            if let Some(until) = self.leave() {
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
            self.pause().await;
        }
        if let Phase::Draining(since) | Phase::Ended(since) = self.phase() {
            self.shared.record().tally.counters.not_sent += self.script.owed(since);
        }
    }

    /// Waits after a failure; as long as the receiver asked for, if it did.
    async fn pause(&mut self) {
        let pause = match self.put_off.take() {
            Some(asked) => asked,
            None if self.failures == 0 => return,
            None => {
                let common = &self.shared.common;
                common.wait_after(self.place.whole, self.failures)
            }
        };
        let until = self.now().mono.after(pause);
        self.wait(Some(until)).await;
    }

    pub(super) fn now(&self) -> Now {
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

    pub(super) fn phase(&self) -> Phase {
        *self.phase.borrow()
    }

    /// Connects once and talks, if that succeeds.
    async fn connect(&mut self) {
        let common = &self.shared.common;
        let road = Road {
            transport: common.transport,
            target: common.target,
            source: common.sources.address(self.place.whole),
            reads: self.line.reads,
        };
        let begun = self.now();
        let opened = tokio::select! {
            opened = Way::open(road, self.tls.as_mut()) => opened,
            // An error means that the fleet is gone; its tasks are aborted then.
            _ = self.phase.wait_for(|phase| matches!(phase, Phase::Ended(_))) => return,
        };
        let Opened { mut way, resumed } = match opened {
            Ok(opened) => opened,
            Err(why) => return self.note_no_way(&why),
        };
        // Only now does the receiver hear that the old one is closed: a late farewell (I6).
        self.left_behind = None;
        self.connected(begun, resumed);
        self.converse(&mut way).await;
        self.shared.record().online -= 1;
        self.panel.handle_disconnected();
        match self.absence().map(|absence| absence.leaves) {
            Some(Leaves::UntilBack) => self.left_behind = Some(way),
            Some(Leaves::HalfOpen) => self.half_open = Some(way),
            Some(Leaves::Closed) | None => {}
        }
    }

    fn note_no_way(&mut self, why: &NoWay) {
        self.failures += 1;
        let mut record = self.shared.record();
        match why {
            NoWay::Unreachable => record.tally.counters.not_connected += 1,
            NoWay::Handshake(reason) => {
                record.tally.counters.not_shaken += 1;
                reason.map(|reason| record.tally.told(reason));
            }
        }
    }

    /// A connection is there that was begun at `begun`.
    fn connected(&mut self, begun: Now, resumed: Option<bool>) {
        let again = self.was_connected && self.line.dialling == Dialling::Permanent;
        self.shared.record().connected(again, resumed);
        self.was_connected = true;
        let now = self.now();
        self.panel.handle_connected(now, begun.mono);
        if self.introduces_itself(now.mono) {
            self.poll(now, now.mono);
        }
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
            if self.is_over() {
                self.panel.handle_end(self.now());
                self.flush(way).await;
                return;
            }
            let spoken = self.panel.is_at_rest() && self.line.dialling == Dialling::PerMessage;
            if spoken || self.absence().is_some() {
                return;
            }
        }
    }

    /// Reports what is due, as far as the panel's window has room.
    fn report_due(&mut self) {
        let now = self.now();
        if self.absence().is_some() {
            return;
        }
        while self.panel.has_room() {
            let Some(due) = self.signal_due(now.mono).filter(|due| *due <= now.mono) else {
                break;
            };
            let mut record = self.shared.record();
            let content = self.script.tell(self.reported + 1);
            if let Some(number) = content.number() {
                if !record.enter(self.place, number) {
                    break;
                }
                self.reported = number;
            }
            record.tally.sent(content.kind());
            drop(record);
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
        let patience = self.line.patience;
        let written = timeout(patience, self.write(way)).await;
        if matches!(written, Ok(Err(_))) {
            // Whoever broke off may have said why.
            self.hear(way);
            self.shared.record().tally.counters.dropped += 1;
        }
        self.note_events() && matches!(written, Ok(Ok(())))
    }

    async fn write(&mut self, way: &mut Way) -> std::io::Result<()> {
        self.outgoing.clear();
        while self.panel.transmit(&mut self.outgoing) {
            if self.shared.common.transport == Transport::Udp {
                way.write(&self.outgoing).await?;
                self.outgoing.clear();
            }
        }
        if self.outgoing.is_empty() {
            return Ok(());
        }
        if !self.dice.happens(self.line.split) {
            return way.write(&self.outgoing).await;
        }
        for (piece, pause) in pieces(&mut self.dice, &self.outgoing) {
            way.write(piece).await?;
            pass(pause).await;
        }
        Ok(())
    }

    /// Waits for an answer, a deadline, or something to do; `false` if it is time to hang up.
    async fn listen(&mut self, way: &mut Way) -> bool {
        let turn = self
            .panel
            .has_room()
            .then(|| self.next_turn(self.now().mono));
        let next = [turn.flatten(), self.panel.poll_timeout()];
        let next = next.into_iter().flatten().min();
        tokio::select! {
            () = way.readable(), if self.line.reads => {}
            () = until(self.shared.clock.as_ref(), next) => self.panel.handle_timeout(self.now()),
            // An error means that the fleet is gone; its tasks are aborted then.
            _ = self.phase.changed() => {}
        }
        if self.line.reads && !self.hear(way) {
            self.note_events();
            self.shared.record().tally.counters.dropped += 1;
            return false;
        }
        self.note_events()
    }

    /// Takes in what has arrived; `false` if the way is gone.
    fn hear(&mut self, way: &mut Way) -> bool {
        let mut buffer = [0; 2_048];
        loop {
            let heard = way.hear(&mut buffer);
            let now = self.now();
            match heard {
                Heard::Octets(octets) => self.panel.handle_bytes(now, &buffer[..octets]),
                Heard::Datagram(octets) => self.panel.handle_datagram(now, &buffer[..octets]),
                Heard::Nothing => return true,
                Heard::Gone => return false,
                Heard::Refused(reason) => {
                    self.shared.record().tally.told(reason);
                    return false;
                }
            }
        }
    }

    /// Enters into the record what happened to the panel; `false` if it wants to hang up.
    fn note_events(&mut self) -> bool {
        let mut go_on = true;
        while let Some(event) = self.panel.poll_event() {
            self.shared.record().note(self.place, &event);
            match event {
                PanelEvent::Acknowledged { .. } => self.failures = 0,
                // To be let in is not yet to be served.
                PanelEvent::Answered { kind, .. } if kind != Kind::Connect => self.failures = 0,
                PanelEvent::Later(asked) => self.put_off = Some(asked),
                PanelEvent::HangUp => go_on = false,
                _ => {}
            }
        }
        go_on
    }
}
