//! In which order the signals of one gateway are submitted.
//!
//! ```text
//!   urgent stream ─┐ offer            pull(Urgent) ─► intake, urgent queue
//!                  ├──────► lines ──┤
//!   normal stream ─┘  (by connection) pull(Normal) ─► intake, normal queue
//!                       ▲ answered
//! ```
//!
//! Invariants:
//! 1. Each connection's tokens are pulled without gaps, from the first one that it is known to
//!    have unanswered; a copy of what was taken is ignored (I5).
//! 2. Signals of a connection that wait in different queues of the intake are never under way
//!    together, because the queues keep no order between each other: the later waits for the
//!    answers of the earlier.
//! 3. A promoted copy lifts its signal as long as that has not been pulled (I9).
//! 4. What is taken and unanswered never exceeds what a gateway may have unacknowledged; one that
//!    sends more is cut off (I7).
//!
//! Connections take turns, so that none holds up the others of its urgency.

use std::collections::{BTreeMap, HashMap, VecDeque};

use engine::ports::Submission;
use model::{SignalToken, Stream, limits};

/// A gateway that does not keep to the link's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Violation {
    #[error("more signals are unanswered than a gateway may have")]
    TooManySignals,
    #[error("more connections are open than a gateway can have")]
    TooManyConnections,
}

/// The signals of one gateway that are not answered yet.
#[derive(Debug, Default)]
pub(super) struct Order {
    lines: HashMap<u64, Line>,
    /// Connections that may have something to pull, by urgency; looked at again when pulled.
    turns: [VecDeque<u64>; 2],
    unanswered: usize,
}

/// The signals of one connection.
#[derive(Debug)]
struct Line {
    /// The next token to pull.
    next: SignalToken,
    waiting: BTreeMap<SignalToken, Submission>,
    under_way: Vec<(SignalToken, Stream)>,
    /// Where it stands in `turns`.
    turn: Option<Stream>,
}

impl Line {
    fn starting_at(next: SignalToken) -> Self {
        Self {
            next,
            waiting: BTreeMap::new(),
            under_way: Vec::new(),
            turn: None,
        }
    }

    /// The urgency of what may be pulled now.
    fn ready(&self) -> Option<Stream> {
        let stream = self.waiting.get(&self.next)?.class.stream();
        let together = self.under_way.iter().all(|(_, other)| *other == stream);
        together.then_some(stream)
    }

    fn pull(&mut self, stream: Stream) -> Option<Submission> {
        if self.ready() != Some(stream) {
            return None;
        }
        let submission = self.waiting.remove(&self.next)?;
        self.under_way.push((self.next, stream));
        self.next = SignalToken(self.next.0.saturating_add(1));
        Some(submission)
    }
}

impl Order {
    /// The gateway had this connection before this link; `lowest` is the next token to expect.
    pub(super) fn resume(&mut self, connection: u64, lowest: SignalToken) -> Result<(), Violation> {
        self.room_for_a_line()?;
        self.lines.insert(connection, Line::starting_at(lowest));
        Ok(())
    }

    /// A signal came, by whichever stream.
    pub(super) fn offer(&mut self, submission: Submission) -> Result<(), Violation> {
        let connection = submission.origin.connection;
        let token = submission.origin.token;
        if !self.lines.contains_key(&connection) {
            self.room_for_a_line()?;
        }
        let line = self
            .lines
            .entry(connection)
            .or_insert_with(|| Line::starting_at(SignalToken(1)));
        if token < line.next {
            return Ok(());
        }
        match line.waiting.get_mut(&token) {
            Some(held) => {
                if submission.class.priority() < held.class.priority() {
                    held.class = submission.class;
                }
            }
            None if self.unanswered >= limits::LINK_UNACKNOWLEDGED => {
                return Err(Violation::TooManySignals);
            }
            None => {
                self.unanswered += 1;
                line.waiting.insert(token, submission);
            }
        }
        self.queue_up(connection);
        Ok(())
    }

    /// The next signal for that queue of the intake.
    pub(super) fn pull(&mut self, stream: Stream) -> Option<Submission> {
        loop {
            let connection = self.turns.get_mut(turn_of(stream)?)?.pop_front()?;
            let Some(line) = self.lines.get_mut(&connection) else {
                continue;
            };
            if line.turn != Some(stream) {
                continue; // It was lifted, and stands in the other queue.
            }
            line.turn = None;
            let pulled = line.pull(stream);
            self.queue_up(connection);
            if pulled.is_some() {
                return pulled;
            }
        }
    }

    /// The intake answered.
    pub(super) fn answered(&mut self, connection: u64, token: SignalToken) {
        let Some(line) = self.lines.get_mut(&connection) else {
            return;
        };
        let before = line.under_way.len();
        line.under_way.retain(|(other, _)| *other != token);
        self.unanswered -= before - line.under_way.len();
        self.queue_up(connection);
    }

    /// The gateway says that nothing more comes of this connection and everything is answered.
    pub(super) fn close(&mut self, connection: u64) {
        if let Some(line) = self.lines.remove(&connection) {
            self.unanswered -= line.waiting.len() + line.under_way.len();
        }
    }

    fn queue_up(&mut self, connection: u64) {
        let Some(line) = self.lines.get_mut(&connection) else {
            return;
        };
        let Some(stream) = line.ready().filter(|ready| line.turn != Some(*ready)) else {
            return;
        };
        line.turn = Some(stream);
        if let Some(turns) = turn_of(stream).and_then(|at| self.turns.get_mut(at)) {
            turns.push_back(connection);
        }
    }

    fn room_for_a_line(&self) -> Result<(), Violation> {
        if self.lines.len() < limits::LINK_CONNECTIONS {
            Ok(())
        } else {
            Err(Violation::TooManyConnections)
        }
    }
}

/// Signals wait in two queues; nothing of a panel is bulk.
fn turn_of(stream: Stream) -> Option<usize> {
    match stream {
        Stream::Urgent => Some(0),
        Stream::Normal => Some(1),
        Stream::Bulk => None,
    }
}

#[cfg(test)]
mod tests;
