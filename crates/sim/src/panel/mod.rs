//! One simulated DC-09 panel, as a pure state machine: the mirror of a server's session.
//!
//! ```text
//!   driver ──report, supervise──► ┌───────┐ ──poll_transmit──► socket
//!   socket ──handle_bytes───────► │ Panel │ ──poll_event─────► driver
//!          ──handle_connected───► │       │     Acknowledged, Refused, SetBack, Stray, HangUp
//!          ──handle_timeout─────► └───────┘ ──poll_timeout───► driver
//! ```
//!
//! Invariant: a signal keeps its sequence number, its content and its time for ever, however
//! often it is sent again (DC-09 5.5.1.5), except that a NAK sets the panel's clock and with it
//! the time. Signals are sent, and sent again, in the order in which they were reported. An
//! answer counts only if it shows the sequence and the identity of a signal that has none yet.
//!
//! What never happens here: a socket, a clock, a signal given up. Only its driver ends a panel.

mod unanswered;

use std::collections::VecDeque;
use std::time::Duration;

use model::{Account, Mono, Now, Wall};

use crate::content::Content;
use crate::frame::{self, Replies, Reply};
use unanswered::Message;
pub(crate) use unanswered::Unanswered;

/// By what a panel is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The account, `#acct`.
    pub account: Account,
    /// The receiver number `R`, where the panel shows one.
    pub receiver: Option<u32>,
    /// The line number `L`; 0 means unused.
    pub line: u32,
}

impl Identity {
    /// A panel that shows its account alone.
    pub const fn of(account: Account) -> Self {
        Self {
            account,
            receiver: None,
            line: 0,
        }
    }
}

/// How a panel goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habit {
    /// How many messages may be unanswered at once. Panels wait for each answer: 1. A hub that
    /// pipelines has more.
    pub window: usize,
    /// Whether plain frames carry the time.
    pub stamped: bool,
    /// How long it waits for an answer.
    pub patience: Duration,
    /// How often it sends again on the same connection before it hangs up.
    pub resends: u32,
}

impl Habit {
    /// A panel as most are: one message at a time, five seconds' patience, one try more.
    pub const fn plain() -> Self {
        Self {
            window: 1,
            stamped: true,
            patience: Duration::from_secs(5),
            resends: 1,
        }
    }
}

/// What happened to a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PanelEvent {
    /// A signal was acknowledged.
    Acknowledged {
        /// Its number within the panel.
        number: u64,
        /// From when it was meant to be sent until now.
        took: Duration,
        /// Whether all that was sent before it had been answered by then (I5).
        in_order: bool,
    },
    /// A signal was answered with DUH.
    Refused {
        /// Its number within the panel.
        number: u64,
    },
    /// A supervision message was answered.
    Supervised,
    /// A NAK: the clock was set by it, and all that is unanswered goes out again.
    SetBack,
    /// An answer to nothing that waits for one: the answer to a signal sent twice, mostly.
    Stray,
    /// Octets that are no answer.
    Unreadable,
    /// Nobody answered in time, and all is sent again.
    Repeating,
    /// Nobody answered in time, several times over: close the connection and try another.
    HangUp,
}

/// One simulated panel.
#[derive(Debug)]
pub struct Panel {
    identity: Identity,
    habit: Habit,
    /// The last sequence number used, 0 before the first.
    sequence: u16,
    unanswered: VecDeque<Unanswered>,
    connected: bool,
    /// How often all was sent again on this connection.
    resent: u32,
    deadline: Option<Mono>,
    /// What to add to the wall clock to get the panel's: a NAK corrects it. Microseconds.
    clock_error: i64,
    replies: Replies,
    transmit: Vec<u8>,
    events: VecDeque<PanelEvent>,
}

impl Panel {
    /// A panel that has never sent anything and is not connected.
    pub fn new(identity: Identity, habit: Habit) -> Self {
        Self {
            identity,
            habit,
            sequence: 0,
            unanswered: VecDeque::new(),
            connected: false,
            resent: 0,
            deadline: None,
            clock_error: 0,
            replies: Replies::default(),
            transmit: Vec::new(),
            events: VecDeque::new(),
        }
    }

    /// A panel whose clock is wrong by so many microseconds.
    #[must_use]
    pub const fn with_clock_error(mut self, micros: i64) -> Self {
        self.clock_error = micros;
        self
    }

    /// By what it is known.
    pub const fn identity(&self) -> Identity {
        self.identity
    }

    /// Whether another message may be reported now.
    pub fn has_room(&self) -> bool {
        self.unanswered.len() < self.habit.window
    }

    /// Whether nothing waits for an answer.
    pub fn is_at_rest(&self) -> bool {
        self.unanswered.is_empty()
    }

    /// Something happened. `intended` is when it was meant to be sent, from which the time to
    /// its acknowledgement counts. To be called only while [`Self::has_room`].
    pub fn report(&mut self, now: Now, intended: Mono, content: Content) {
        self.sequence = self.sequence % 9_999 + 1;
        let message = Message::Signal {
            content,
            sequence: self.sequence,
        };
        self.send(now, intended, message);
    }

    /// Sends a supervision message, NULL. To be called only while [`Self::has_room`].
    pub fn supervise(&mut self, now: Now) {
        self.send(now, now.mono, Message::Supervision);
    }

    fn send(&mut self, now: Now, intended: Mono, message: Message) {
        debug_assert!(self.has_room(), "a panel keeps to its window (I7)");
        let stamp = self.habit.stamped.then(|| self.panel_time(now));
        let unanswered = Unanswered {
            message,
            stamp,
            intended,
        };
        if self.connected {
            frame::encode(&self.identity, &unanswered, &mut self.transmit);
            let patience = self.habit.patience;
            self.deadline
                .get_or_insert_with(|| now.mono.after(patience));
        }
        self.unanswered.push_back(unanswered);
    }

    /// A connection is there: all that is unanswered is sent, in its order.
    pub fn handle_connected(&mut self, now: Now) {
        self.connected = true;
        self.resent = 0;
        self.send_all(now);
    }

    /// The connection is gone; what came of an answer counts no more.
    pub fn handle_disconnected(&mut self) {
        self.connected = false;
        self.deadline = None;
        self.transmit.clear();
        self.replies = Replies::default();
    }

    /// Octets came in, split anywhere.
    pub fn handle_bytes(&mut self, now: Now, bytes: &[u8]) {
        for reply in self.replies.read(bytes) {
            self.handle_reply(now, reply);
        }
    }

    /// The deadline of [`Self::poll_timeout`] has passed.
    pub fn handle_timeout(&mut self, now: Now) {
        if self.deadline.is_none_or(|deadline| now.mono < deadline) {
            return;
        }
        if self.resent < self.habit.resends {
            self.resent += 1;
            self.events.push_back(PanelEvent::Repeating);
            self.send_all(now);
        } else {
            self.deadline = None;
            self.events.push_back(PanelEvent::HangUp);
        }
    }

    /// Appends what is to be sent to `out`; `false` if there was nothing.
    pub fn poll_transmit(&mut self, out: &mut Vec<u8>) -> bool {
        let any = !self.transmit.is_empty();
        out.append(&mut self.transmit);
        any
    }

    /// The next thing that happened.
    pub fn poll_event(&mut self) -> Option<PanelEvent> {
        self.events.pop_front()
    }

    /// When [`Self::handle_timeout`] is due, if ever.
    pub const fn poll_timeout(&self) -> Option<Mono> {
        self.deadline
    }

    fn panel_time(&self, now: Now) -> Wall {
        Wall(now.wall.0.saturating_add(self.clock_error))
    }

    fn send_all(&mut self, now: Now) {
        for unanswered in &self.unanswered {
            frame::encode(&self.identity, unanswered, &mut self.transmit);
        }
        self.wait(now);
    }

    /// Waits anew while something is unanswered.
    fn wait(&mut self, now: Now) {
        let waits = !self.unanswered.is_empty();
        self.deadline = waits.then(|| now.mono.after(self.habit.patience));
    }

    fn handle_reply(&mut self, now: Now, reply: Reply) {
        match reply {
            Reply::Ack(echo) => match self.answered(&echo) {
                Some((in_order, answered)) => {
                    self.events.push_back(answered.acknowledged(now, in_order));
                    self.wait(now);
                }
                None => self.events.push_back(PanelEvent::Stray),
            },
            Reply::Duh(echo) => match self.answered(&echo) {
                Some((_, answered)) => {
                    let number = answered.number();
                    let event = number.map(|number| PanelEvent::Refused { number });
                    self.events.push_back(event.unwrap_or(PanelEvent::Stray));
                    self.wait(now);
                }
                None => self.events.push_back(PanelEvent::Stray),
            },
            Reply::Nak(time) => self.set_back(now, time),
            Reply::Unreadable => self.events.push_back(PanelEvent::Unreadable),
        }
    }

    /// Takes out the first message that the echo answers, and says whether every signal before it
    /// had been answered.
    fn answered(&mut self, echo: &frame::Echo) -> Option<(bool, Unanswered)> {
        if echo.identity != self.identity {
            return None;
        }
        let mut all = self.unanswered.iter();
        let at = all.position(|waiting| waiting.sequence() == echo.sequence)?;
        let mut before = self.unanswered.iter().take(at);
        let in_order = before.all(|waiting| waiting.number().is_none());
        self.unanswered
            .remove(at)
            .map(|answered| (in_order, answered))
    }

    /// A NAK tells the time: the panel's clock is set by it, and all goes out with the new time.
    /// It spends a try, so that a receiver that refuses for ever is not asked without pause.
    fn set_back(&mut self, now: Now, time: Option<Wall>) {
        self.events.push_back(PanelEvent::SetBack);
        let Some(time) = time else { return };
        self.resent += 1;
        if self.resent > self.habit.resends {
            self.deadline = None;
            self.events.push_back(PanelEvent::HangUp);
            return;
        }
        self.clock_error = time - now.wall;
        let stamp = self.habit.stamped.then(|| self.panel_time(now));
        for unanswered in &mut self.unanswered {
            unanswered.stamp = stamp;
        }
        self.send_all(now);
    }
}

#[cfg(test)]
mod tests;
