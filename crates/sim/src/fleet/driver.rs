//! The thread that lives the lives of a fleet: one loop over sockets and times.
//!
//! Invariant: what has arrived is heard before a time is judged (as in R11), so that a panel never
//! gives up on an answer that is there.
//! Invariant: a panel that is silent costs nothing but its memory: it is looked at when its socket
//! stirs, and when its own time has come.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use mio::{Events, Poll, Token, Waker};
use model::Mono;
use tokio::sync::watch;

use super::life::{Life, Turn};
use super::{Phase, Shared};
use crate::dial::Buffers;
use crate::machine::Machine;

/// Events taken in one turn. The record is held for a turn.
const EVENTS: usize = 512;

/// By which the owner of a fleet makes itself heard.
const OWNER: Token = Token(usize::MAX);

/// What looks after the lives of a fleet.
pub(super) struct Driver<P: Machine> {
    poll: Poll,
    shared: Arc<Shared>,
    phase: watch::Receiver<Phase>,
    /// By place; none, where it is over.
    lives: Vec<Option<Life<P>>>,
    left: usize,
    /// When whom to look at. An entry counts only if it is what its life is armed for.
    times: BinaryHeap<Reverse<(Mono, usize)>>,
    buffers: Buffers,
    said: Vec<u8>,
    /// Whose time has come; kept for its allocation.
    due: Vec<usize>,
}

impl<P: Machine> Driver<P> {
    /// With what wakes it up when the phase has changed.
    pub(super) fn new(
        shared: Arc<Shared>,
        phase: watch::Receiver<Phase>,
        lives: Vec<Option<Life<P>>>,
    ) -> io::Result<(Self, Waker)> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), OWNER)?;
        let driver = Self {
            poll,
            shared,
            phase,
            left: lives.len(),
            times: BinaryHeap::with_capacity(lives.len()),
            lives,
            buffers: Buffers::new(),
            said: Vec::new(),
            due: Vec::new(),
        };
        Ok((driver, waker))
    }

    /// Lives until all are over, or the fleet is gone.
    ///
    /// # Panics
    ///
    /// If the system refuses to wait, which is a bug to be seen.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(EVENTS);
        let mut all: Vec<_> = (0..self.lives.len()).collect();
        self.look_at(all.drain(..));
        while self.left > 0 {
            let waited = self.poll.poll(&mut events, self.timeout());
            if let Err(error) = waited
                && error.kind() != io::ErrorKind::Interrupted
            {
                panic!("a fleet cannot wait for its sockets: {error}");
            }
            match self.phase.has_changed() {
                Ok(false) => {}
                Ok(true) => self.rouse_all(),
                Err(_) => return,
            }
            self.stir(&events);
            self.look_at_due();
        }
    }

    fn timeout(&self) -> Option<Duration> {
        let Reverse((at, _)) = self.times.peek()?;
        Some(at.since(self.shared.clock.now().mono))
    }

    fn stir(&mut self, events: &Events) {
        for event in events {
            if let Some(Some(life)) = self.lives.get_mut(event.token().0) {
                life.stir(event.is_read_closed() || event.is_error());
            }
        }
        self.look_at(events.iter().map(|event| event.token().0));
    }

    fn rouse_all(&mut self) {
        self.phase.mark_unchanged();
        let now = self.shared.clock.now().mono;
        for life in self.lives.iter_mut().flatten() {
            life.rouse(now);
        }
        self.look_at(0..self.lives.len());
    }

    fn look_at_due(&mut self) {
        let now = self.shared.clock.now().mono;
        let mut due = std::mem::take(&mut self.due);
        while let Some(Reverse((at, nth))) = self.times.peek().copied()
            && at <= now
        {
            self.times.pop();
            if let Some(Some(life)) = self.lives.get_mut(nth)
                && life.armed == Some(at)
            {
                life.armed = None;
                due.push(nth);
            }
        }
        self.look_at(due.drain(..));
        self.due = due;
    }

    /// Looks at lives. Whose place is nobody's is passed over.
    fn look_at(&mut self, places: impl Iterator<Item = usize>) {
        let Self {
            poll,
            shared,
            phase,
            lives,
            left,
            times,
            buffers,
            said,
            ..
        } = self;
        let mut turn = Turn {
            now: shared.clock.now(),
            phase: *phase.borrow(),
            common: &shared.common,
            record: &mut shared.record(),
            registry: poll.registry(),
            buffers,
            said,
        };
        for nth in places {
            let Some(slot) = lives.get_mut(nth) else {
                continue;
            };
            let Some(life) = slot else { continue };
            turn.now = shared.clock.now();
            life.look(&mut turn);
            if life.has_ended() {
                *slot = None;
                *left -= 1;
                continue;
            }
            let wakes = life.wakes(&turn);
            if let Some(at) = wakes.filter(|at| life.armed.is_none_or(|armed| *at < armed)) {
                life.armed = Some(at);
                times.push(Reverse((at, nth)));
            }
        }
    }
}
