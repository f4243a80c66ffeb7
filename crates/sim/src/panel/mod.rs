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
//! the time, and that an encrypted frame too old for any receiver's window is stamped anew. Signals are sent, and sent again, in the order in which they were reported. An
//! answer counts only if it shows the sequence and the identity of a signal that has none yet.
//!
//! What never happens here: a socket, a clock, a signal given up. Only its driver ends a panel.

mod habit;
mod unanswered;

use std::collections::VecDeque;

use model::{Account, CipherKey, Mono, Now, Wall};

use crate::content::Content;
use crate::dice::Dice;
use crate::frame::{self, Replies, Reply, Seal, Under};
use crate::machine::Machine;
pub use crate::machine::PanelEvent;
use crate::terms::Share;
pub use habit::Habit;
use unanswered::Unanswered;

/// Receivers refuse encrypted frames that are over 40 s old (DC-09 5.5.1.9); before that, a
/// repeat stays the same to the octet.
const TOO_OLD_MICROS: i64 = 30_000_000;

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

/// One simulated panel.
#[derive(Debug)]
pub struct Panel {
    identity: Identity,
    habit: Habit,
    key: Option<CipherKey>,
    dice: Dice,
    /// The last sequence number used, 0 before the first.
    sequence: u16,
    unanswered: VecDeque<Unanswered>,
    connected: bool,
    /// How often all was sent again on this connection since the last answer.
    resent: u32,
    deadline: Option<Mono>,
    /// What to add to the wall clock to get the panel's: a NAK corrects it. Microseconds.
    clock_error: i64,
    replies: Replies,
    /// Frames to be sent.
    transmit: VecDeque<Vec<u8>>,
    events: VecDeque<PanelEvent>,
}

impl Panel {
    /// A panel that has never sent anything and is not connected.
    pub fn new(identity: Identity, habit: Habit) -> Self {
        Self {
            identity,
            habit,
            key: None,
            dice: Dice::new(0, 0, 0),
            sequence: 0,
            unanswered: VecDeque::new(),
            connected: false,
            resent: 0,
            deadline: None,
            clock_error: 0,
            replies: Replies::default(),
            transmit: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// A panel whose clock is wrong by so many microseconds.
    #[must_use]
    pub const fn with_clock_error(mut self, micros: i64) -> Self {
        self.clock_error = micros;
        self
    }

    /// A panel that encrypts under this key, if one is given.
    #[must_use]
    pub fn with_key(mut self, key: Option<CipherKey>) -> Self {
        self.key = key;
        self
    }

    /// A panel whose chance is this one's.
    #[must_use]
    pub const fn with_dice(mut self, dice: Dice) -> Self {
        self.dice = dice;
        self
    }

    /// By what it is known.
    pub const fn identity(&self) -> Identity {
        self.identity
    }

    fn send(&mut self, now: Now, intended: Mono, sequence: u16, content: Option<Content>) {
        debug_assert!(self.has_room(), "a panel keeps to its window (I7)");
        let stamp = self.stamp(now);
        let frame = self.encode(sequence, content.as_ref(), stamp);
        if self.connected {
            if self.dice.happens(self.habit.doubles) {
                self.transmit.push_back(frame.clone());
                self.events.push_back(PanelEvent::Doubled);
            }
            self.transmit.push_back(frame.clone());
            let patience = self.habit.patience;
            self.deadline
                .get_or_insert_with(|| now.mono.after(patience));
        }
        self.unanswered.push_back(Unanswered {
            content,
            sequence,
            stamp,
            intended,
            frame,
            first_answer: None,
        });
    }

    fn panel_time(&self, now: Now) -> Wall {
        Wall(now.wall.0.saturating_add(self.clock_error))
    }

    fn stamp(&self, now: Now) -> Option<Wall> {
        let stamped = self.habit.stamped || self.key.is_some();
        stamped.then(|| self.panel_time(now))
    }

    fn encode(&mut self, sequence: u16, content: Option<&Content>, stamp: Option<Wall>) -> Vec<u8> {
        let in_clear = content.is_some_and(|content| content.in_clear);
        let key = self.key.as_ref().filter(|_| !in_clear);
        let seal = key.map(|key| Seal {
            key,
            pads: self.habit.pads,
            dice: &mut self.dice,
        });
        frame::encode(&self.identity, (sequence, content), stamp, seal)
    }

    fn send_all(&mut self, now: Now) {
        let time = self.panel_time(now);
        let old = |waiting: &Unanswered| waiting.stamp.is_some_and(|s| time - s > TOO_OLD_MICROS);
        if self.key.is_some() && self.unanswered.iter().any(old) {
            self.stamp_anew(now);
        }
        let frames = self.unanswered.iter().map(|waiting| waiting.frame.clone());
        self.transmit.extend(frames);
        self.wait(now);
    }

    /// Waits anew while something is unanswered.
    fn wait(&mut self, now: Now) {
        let waits = !self.unanswered.is_empty();
        self.deadline = waits.then(|| now.mono.after(self.habit.patience));
    }

    fn handle_reply(&mut self, now: Now, reply: Reply) {
        let (echo, accepted) = match reply {
            Reply::Ack(echo, under) => (echo, Some(under)),
            Reply::Duh(echo) => (echo, None),
            Reply::Nak(time) => return self.set_back(now, time),
            Reply::NotAuthentic => return self.events.push_back(PanelEvent::NotAuthentic),
            Reply::Unreadable => return self.events.push_back(PanelEvent::Unreadable),
        };
        let event = match self.find(&echo) {
            None => PanelEvent::Stray,
            Some(at) if accepted.is_some_and(|under| under != self.expected(at)) => {
                PanelEvent::NotAuthentic
            }
            Some(at) if self.dice.happens(self.habit.deaf) => {
                let took = self.unanswered[at].took(now.mono);
                self.unanswered[at].first_answer = Some(took);
                PanelEvent::Ignored
            }
            Some(at) => self.answered(now, at, accepted.is_some()),
        };
        self.events.push_back(event);
    }

    /// The first message that the echo answers.
    fn find(&self, echo: &frame::Echo) -> Option<usize> {
        let mut all = self.unanswered.iter();
        let is_to = echo.is_to(&self.identity);
        all.position(|waiting| is_to && waiting.sequence == echo.sequence)
    }

    /// How the acknowledgement of the message at this place must come.
    fn expected(&self, at: usize) -> Under {
        if self.key.is_some() && self.unanswered[at].is_sealed() {
            Under::TheKey
        } else {
            Under::Nothing
        }
    }

    /// Takes out the message at this place, which was answered.
    fn answered(&mut self, now: Now, at: usize, accepted: bool) -> PanelEvent {
        let mut before = self.unanswered.iter().take(at);
        // What was answered and not heard was answered in its turn.
        let in_order = before.all(|w| w.number().is_none() || w.first_answer.is_some());
        let Some(answered) = self.unanswered.remove(at) else {
            return PanelEvent::Stray;
        };
        self.resent = 0;
        self.wait(now);
        let (kind, took) = (answered.kind(), answered.took(now.mono));
        match answered.number() {
            Some(number) if accepted => PanelEvent::Acknowledged {
                number,
                kind,
                took,
                // Nobody lets a panel of DC-09 in: each frame speaks for itself.
                served: took,
                in_order,
            },
            Some(number) => PanelEvent::Refused { number, kind },
            None if accepted => PanelEvent::Answered { kind, took },
            None => PanelEvent::Declined(kind),
        }
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
        self.stamp_anew(now);
        self.send_all(now);
    }

    /// Gives all that is unanswered the time of now.
    fn stamp_anew(&mut self, now: Now) {
        let stamp = self.stamp(now);
        let mut all = std::mem::take(&mut self.unanswered);
        for waiting in &mut all {
            waiting.stamp = stamp;
            waiting.frame = self.encode(waiting.sequence, waiting.content.as_ref(), stamp);
        }
        self.unanswered = all;
    }
}

impl Machine for Panel {
    type Content = Content;

    fn has_room(&self) -> bool {
        self.unanswered.len() < self.habit.window
    }

    fn is_at_rest(&self) -> bool {
        self.unanswered.is_empty()
    }

    fn report(&mut self, now: Now, intended: Mono, content: Content) {
        self.sequence = if self.habit.constant_sequence {
            1
        } else {
            self.sequence % 9_999 + 1
        };
        self.send(now, intended, self.sequence, Some(content));
    }

    fn supervise(&mut self, now: Now, intended: Mono) {
        self.send(now, intended, 0, None);
    }

    /// A connection is there: all that is unanswered is sent, in its order.
    fn handle_connected(&mut self, now: Now, _: Mono) {
        self.connected = true;
        self.resent = 0;
        self.send_all(now);
    }

    fn handle_disconnected(&mut self) {
        self.connected = false;
        self.deadline = None;
        self.transmit.clear();
        self.replies = Replies::default();
    }

    fn handle_bytes(&mut self, now: Now, bytes: &[u8]) {
        for reply in self.replies.read(self.key.as_ref(), bytes) {
            self.handle_reply(now, reply);
        }
    }

    fn handle_datagram(&mut self, now: Now, bytes: &[u8]) {
        for reply in Replies::read_datagram(self.key.as_ref(), bytes) {
            self.handle_reply(now, reply);
        }
    }

    fn handle_timeout(&mut self, now: Now) {
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

    fn hear_all(&mut self) {
        self.habit.deaf = Share::NONE;
    }

    fn transmit(&mut self, out: &mut Vec<u8>) -> bool {
        let frame = self.transmit.pop_front();
        frame.map(|frame| out.extend(frame)).is_some()
    }

    fn poll_event(&mut self) -> Option<PanelEvent> {
        self.events.pop_front()
    }

    fn poll_timeout(&self) -> Option<Mono> {
        self.deadline
    }
}

#[cfg(test)]
mod tests;
