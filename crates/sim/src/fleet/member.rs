//! The life of one panel of a fleet: connect, report, listen, hang up, connect again.

use std::sync::Arc;

use model::{Mono, Now};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::{Dialling, Member, Phase, Shared};
use crate::dial::{Heard, dial, hear};
use crate::journal::Outcome;
use crate::panel::{Panel, PanelEvent};
use crate::script::Script;
use crate::wait::until;

/// The life of one panel.
#[derive(Debug)]
pub(super) struct Life {
    place: usize,
    member: Member,
    panel: Panel,
    script: Box<dyn Script>,
    shared: Arc<Shared>,
    phase: watch::Receiver<Phase>,
    /// Connections that failed, one after the other.
    failures: u32,
    /// When the panel last said anything, for supervision.
    spoke: Mono,
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
        let member = shared.plan.members[place];
        Self {
            place,
            member,
            panel: Panel::new(member.identity, member.habit),
            script,
            spoke: shared.clock.now().mono,
            shared,
            phase,
            failures: 0,
            outgoing: Vec::new(),
        }
    }

    /// Lives from `begins` on, until there is nothing more to say and all is answered, or until
    /// the fleet ends.
    pub(super) async fn live(mut self, begins: Mono) {
        self.wait(Some(begins)).await;
        while !self.is_over() {
            if self.needs_no_connection() {
                let due = self.due(self.now().mono);
                self.wait(due).await;
                continue;
            }
            let source = self.shared.source(self.place);
            if let Ok(stream) = dial(self.shared.plan.target, source).await {
                self.connected();
                self.converse(stream).await;
                self.shared.record().online -= 1;
                self.panel.handle_disconnected();
            } else {
                self.shared.record().tally.counters.not_connected += 1;
                self.failures += 1;
            }
            if self.failures > 0 {
                let pause = self.shared.plan.wait_after(self.place, self.failures);
                let until = self.now().mono.after(pause);
                self.wait(Some(until)).await;
            }
        }
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
        let silence = self
            .member
            .supervision
            .map(|period| self.spoke.after(period));
        match (signal, silence) {
            (Some(signal), Some(silence)) => Some(signal.min(silence)),
            (signal, _) => signal,
        }
    }

    fn signal_due(&self, now: Mono) -> Option<Mono> {
        let more = self.phase() == Phase::Sending && self.shared.record().journal.has_room();
        more.then(|| self.script.due(now)).flatten()
    }

    fn is_over(&self) -> bool {
        match self.phase() {
            Phase::Ended => true,
            Phase::Sending | Phase::Draining => {
                self.panel.is_at_rest() && self.signal_due(self.now().mono).is_none()
            }
        }
    }

    /// Whether a panel that connects for each message has none at the moment.
    fn needs_no_connection(&self) -> bool {
        let now = self.now().mono;
        self.member.dialling == Dialling::PerMessage
            && self.panel.is_at_rest()
            && self.due(now).is_some_and(|due| now < due)
    }

    fn connected(&mut self) {
        let mut record = self.shared.record();
        record.online += 1;
        record.tally.counters.connected += 1;
        drop(record);
        let now = self.now();
        self.panel.handle_connected(now);
        // A panel that is supervised says at once who it is, since receivers close what stays
        // without a name; one that has signals to send does so by sending them.
        if self.member.supervision.is_some() && self.panel.is_at_rest() {
            self.panel.supervise(now);
            self.spoke = now.mono;
        }
    }

    /// Talks until one side hangs up.
    async fn converse(&mut self, mut stream: TcpStream) {
        loop {
            self.report_due();
            if !self.flush(&mut stream).await || !self.listen(&stream).await {
                self.failures += 1;
                return;
            }
            let spoken = self.panel.is_at_rest() && self.member.dialling == Dialling::PerMessage;
            if spoken || self.is_over() {
                return;
            }
        }
    }

    /// Reports what is due, as far as the panel's window has room.
    fn report_due(&mut self) {
        let now = self.now();
        while self.panel.has_room() {
            let Some(due) = self.signal_due(now.mono).filter(|due| *due <= now.mono) else {
                break;
            };
            let mut record = self.shared.record();
            let Some(number) = record.journal.enter(self.place) else {
                break;
            };
            record.tally.counters.sent += 1;
            drop(record);
            self.panel.report(now, due, self.script.tell(number));
            self.spoke = now.mono;
        }
        if self.panel.has_room() && self.due(now.mono).is_some_and(|due| due <= now.mono) {
            self.panel.supervise(now);
            self.spoke = now.mono;
        }
    }

    /// Writes what the panel has to say; `false` if the connection is gone or does not take it.
    async fn flush(&mut self, stream: &mut TcpStream) -> bool {
        if !self.panel.poll_transmit(&mut self.outgoing) {
            return true;
        }
        let written = timeout(self.member.habit.patience, stream.write_all(&self.outgoing)).await;
        self.outgoing.clear();
        let gone = matches!(written, Ok(Err(_)));
        if gone {
            self.shared.record().tally.counters.dropped += 1;
        }
        matches!(written, Ok(Ok(())))
    }

    /// Waits for an answer, a deadline, or something to say; `false` if it is time to hang up.
    async fn listen(&mut self, stream: &TcpStream) -> bool {
        let due = self.panel.has_room().then(|| self.due(self.now().mono));
        let next = [due.flatten(), self.panel.poll_timeout()];
        let next = next.into_iter().flatten().min();
        tokio::select! {
            _ = stream.readable() => {}
            () = until(self.shared.clock.as_ref(), next) => self.panel.handle_timeout(self.now()),
            // An error means that the fleet is gone; its tasks are aborted then.
            _ = self.phase.changed() => {}
        }
        let mut buffer = [0; 512];
        loop {
            match hear(stream, &mut buffer) {
                Heard::Octets(octets) => {
                    let now = self.now();
                    self.panel.handle_bytes(now, &buffer[..octets]);
                }
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
            let mut record = self.shared.record();
            let counters = &mut record.tally.counters;
            match event {
                PanelEvent::Acknowledged {
                    number,
                    took,
                    in_order,
                } => {
                    counters.acknowledged += 1;
                    counters.out_of_order += u64::from(!in_order);
                    record.tally.took(took);
                    record
                        .journal
                        .note(self.place, number, Outcome::Acknowledged);
                    self.failures = 0;
                }
                PanelEvent::Refused { number } => {
                    counters.refused += 1;
                    record.journal.note(self.place, number, Outcome::Refused);
                }
                PanelEvent::Supervised => {
                    counters.supervised += 1;
                    self.failures = 0;
                }
                PanelEvent::SetBack => counters.set_back += 1,
                PanelEvent::Stray => counters.stray += 1,
                PanelEvent::Unreadable => counters.unreadable += 1,
                PanelEvent::Repeating => counters.repeated += 1,
                PanelEvent::HangUp => {
                    counters.hung_up += 1;
                    go_on = false;
                }
            }
        }
        go_on
    }
}
