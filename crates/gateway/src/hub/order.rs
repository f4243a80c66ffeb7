//! In which order the signals of one gateway are submitted.
//!
//! ```text
//!   urgent stream ─┐ offer            pull(Urgent) ─► submit ─► handed
//!                  ├──────► lines ──┤
//!   normal stream ─┘  (by connection) pull(Normal) ─► submit ─► handed
//!                                                   answered, by whom it may concern
//! ```
//!
//! Invariants:
//! 1. Each connection's tokens are pulled without gaps, from the first one that it is known to
//!    have unanswered; a copy of what was taken is ignored (I5).
//! 2. Of each connection one signal at a time is being handed over, whichever loop does it: the
//!    intake keeps the order of its calls, so this is the order of the store.
//! 3. A promoted copy lifts its signal as long as that has not been pulled (I9).
//! 4. What is taken and unanswered never exceeds what a gateway may have unacknowledged; one that
//!    sends more is cut off (I7).
//!
//! Connections take turns, so that none holds up the others of its urgency.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

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
    /// Connections of which something waits, or is unanswered.
    lines: HashMap<u64, Line>,
    /// The next token of all others: there is one for each panel that ever sent a signal.
    quiet: HashMap<u64, SignalToken>,
    /// Connections that may have something to pull, by urgency; looked at again when pulled.
    turns: [VecDeque<u64>; 2],
    unanswered: usize,
}

/// The signals of one connection.
#[derive(Debug)]
struct Line {
    /// The next token to pull.
    next: SignalToken,
    /// By token; mostly one.
    waiting: Vec<(SignalToken, Submission)>,
    /// One was pulled, and the intake has not taken it yet.
    handing: bool,
    /// How many were taken and not answered.
    unanswered: usize,
    /// Where it stands in `turns`.
    turn: Option<Stream>,
}

impl Line {
    fn starting_at(next: SignalToken) -> Self {
        Self {
            next,
            waiting: Vec::new(),
            handing: false,
            unanswered: 0,
            turn: None,
        }
    }

    /// The urgency of what may be pulled now.
    fn ready(&self) -> Option<Stream> {
        let (token, next) = self.waiting.first()?;
        (*token == self.next && !self.handing).then(|| next.class.stream())
    }

    fn pull(&mut self, stream: Stream) -> Option<Submission> {
        if self.ready() != Some(stream) {
            return None;
        }
        let (_, submission) = self.waiting.remove(0);
        self.handing = true;
        self.next = SignalToken(self.next.0.saturating_add(1));
        Some(submission)
    }

    /// Whether nothing is to be kept of it but the next token.
    fn is_quiet(&self) -> bool {
        self.waiting.is_empty() && !self.handing && self.unanswered == 0 && self.turn.is_none()
    }
}

impl Order {
    /// The gateway had this connection before this link; `lowest` is the next token to expect.
    pub(super) fn resume(&mut self, connection: u64, lowest: SignalToken) -> Result<(), Violation> {
        self.room_for_a_line()?;
        self.quiet.insert(connection, lowest);
        Ok(())
    }

    /// A signal came, by whichever stream.
    pub(super) fn offer(&mut self, submission: Submission) -> Result<(), Violation> {
        let connection = submission.origin.connection;
        let token = submission.origin.token;
        let known = self.lines.get(&connection).map(|line| line.next);
        let next = known.or_else(|| self.quiet.get(&connection).copied());
        if next.is_none() {
            self.room_for_a_line()?;
        }
        let next = next.unwrap_or(SignalToken(1));
        if token < next {
            return Ok(());
        }
        let line = self.lines.entry(connection).or_insert_with(|| {
            self.quiet.remove(&connection);
            Line::starting_at(next)
        });
        let place = line.waiting.binary_search_by_key(&token, |(of, _)| *of);
        match place {
            Ok(place) => {
                let (_, held) = &mut line.waiting[place];
                if submission.class.priority() < held.class.priority() {
                    held.class = submission.class;
                }
            }
            Err(_) if self.unanswered >= limits::LINK_UNACKNOWLEDGED => {
                return Err(Violation::TooManySignals);
            }
            Err(place) => {
                self.unanswered += 1;
                line.unanswered += 1;
                line.waiting.reserve_exact(1);
                line.waiting.insert(place, (token, submission));
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

    /// The intake has taken what was pulled of this connection.
    pub(super) fn handed(&mut self, connection: u64) {
        if let Some(line) = self.lines.get_mut(&connection) {
            line.handing = false;
            self.queue_up(connection);
            self.rest(connection);
        }
    }

    /// The intake answered one signal of this connection.
    pub(super) fn answered(&mut self, connection: u64) {
        if let Some(line) = self.lines.get_mut(&connection)
            && line.unanswered > 0
        {
            line.unanswered -= 1;
            self.unanswered -= 1;
            self.rest(connection);
        }
    }

    /// The gateway says that nothing more comes of this connection and everything is answered.
    pub(super) fn close(&mut self, connection: u64) {
        self.quiet.remove(&connection);
        if let Some(line) = self.lines.remove(&connection) {
            self.unanswered -= line.unanswered;
        }
    }

    /// Keeps no more of a connection than its next token, if nothing more is under way.
    fn rest(&mut self, connection: u64) {
        if let Entry::Occupied(line) = self.lines.entry(connection)
            && line.get().is_quiet()
        {
            self.quiet.insert(connection, line.remove().next);
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
        if self.lines.len() + self.quiet.len() < limits::LINK_CONNECTIONS {
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
