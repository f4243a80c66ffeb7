//! How a panel of a fleet writes: at once as a rule, in pieces where its modem cuts, and for as
//! long as its patience lasts where the way takes nothing.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use model::Mono;

use super::Transport;
use super::life::{Life, Turn};
use super::pieces::pieces;
use crate::machine::Machine;

/// What is being written.
#[derive(Debug)]
pub(super) struct Writing {
    /// When it is given up.
    pub(super) until: Mono,
    /// Each with the pause behind it.
    pieces: VecDeque<(Vec<u8>, Duration)>,
    /// When the next piece goes.
    next: Mono,
}

impl Writing {
    fn of(until: Mono, now: Mono) -> Self {
        Self {
            until,
            pieces: VecDeque::new(),
            next: now,
        }
    }

    /// When it must be looked at, if the way does not stir.
    pub(super) fn wakes(&self) -> Mono {
        match self.pieces.is_empty() {
            true => self.until,
            false => self.next.min(self.until),
        }
    }
}

impl<P: Machine> Life<P> {
    /// Writes what the panel has to say; whether all is written.
    pub(super) fn write(&mut self, turn: &mut Turn<'_>) -> io::Result<bool> {
        let Some(way) = &mut self.way else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let said = &mut *turn.said;
        said.clear();
        while self.panel.transmit(said) {
            if turn.common.transport == Transport::Udp {
                way.say(said, turn.buffers)?;
                way.flush(turn.buffers)?;
                said.clear();
            }
        }
        if !said.is_empty() {
            if self.dice.happens(self.line.split) {
                let pieces = pieces(&mut self.dice, said);
                let pieces = pieces
                    .into_iter()
                    .map(|(piece, pause)| (piece.to_vec(), pause));
                let now = turn.now.mono;
                self.writing = Some(Box::new(Writing {
                    pieces: pieces.collect(),
                    ..Writing::of(now.after(self.line.patience), now)
                }));
            } else {
                way.say(said, turn.buffers)?;
            }
        }
        self.write_on(turn)
    }

    /// Goes on with what is being written; whether all is.
    pub(super) fn write_on(&mut self, turn: &mut Turn<'_>) -> io::Result<bool> {
        let now = turn.now.mono;
        loop {
            let Some(way) = &mut self.way else {
                return Err(io::ErrorKind::NotConnected.into());
            };
            if !way.flush(turn.buffers)? {
                let until = now.after(self.line.patience);
                self.writing
                    .get_or_insert_with(|| Box::new(Writing::of(until, now)));
                return Ok(false);
            }
            let Some(writing) = &mut self.writing else {
                return Ok(true);
            };
            if writing.pieces.is_empty() {
                self.writing = None;
                return Ok(true);
            }
            if now < writing.next {
                return Ok(false);
            }
            if let Some((piece, pause)) = writing.pieces.pop_front() {
                way.say(&piece, turn.buffers)?;
                writing.next = now.after(pause);
            }
        }
    }
}
