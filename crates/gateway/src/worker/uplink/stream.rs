//! One of the three streams of a link, without waiting.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::path::Path;

use bytes::{Buf, Bytes};
use mio::net::UnixStream;
use zeroize::Zeroize;

use crate::link::{DecodeError, Downward, FrameBuffer};

/// Reads of one stream in one turn, so that the engine cannot keep the loop from its sockets.
const READS: usize = 16;

/// Frames written by one call.
const SLICES: usize = 64;

/// Why a stream is of no use.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    #[error("the engine closed it")]
    Closed,
    #[error("it broke")]
    Broken(#[from] io::Error),
    #[error("the engine said nonsense")]
    Nonsense(#[from] DecodeError),
    #[error("it is of another user")]
    Foreign,
}

/// A stream, what came in and what is to go out.
#[derive(Debug)]
pub(super) struct LinkStream {
    pub(super) socket: UnixStream,
    frames: FrameBuffer,
    outbox: VecDeque<Bytes>,
    readable: bool,
    writable: bool,
}

impl LinkStream {
    /// Connects; only a process of our own user will do.
    pub(super) fn connect(path: &Path) -> Result<Self, Lost> {
        let socket = UnixStream::connect(path)?;
        let peer = rustix::net::sockopt::socket_peercred(&socket).map_err(io::Error::from)?;
        if peer.uid != rustix::process::geteuid() {
            return Err(Lost::Foreign);
        }
        Ok(Self {
            socket,
            frames: FrameBuffer::default(),
            outbox: VecDeque::new(),
            readable: true,
            writable: true,
        })
    }

    /// The socket's state has changed.
    pub(super) fn stir(&mut self, readable: bool, writable: bool) {
        self.readable |= readable;
        self.writable |= writable;
    }

    /// Whether a turn was not enough to read everything.
    pub(super) fn has_more(&self) -> bool {
        self.readable
    }

    /// Whether frames are still to be written.
    pub(super) fn has_unsent(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Whether the engine does not read what was written.
    pub(super) fn is_blocked(&self) -> bool {
        !self.writable
    }

    pub(super) fn push(&mut self, frame: Bytes) {
        self.outbox.push_back(frame);
    }

    /// Appends the messages that have come to `out`. What came before a loss still counts.
    pub(super) fn receive(
        &mut self,
        buffer: &mut [u8],
        out: &mut Vec<Downward>,
    ) -> Result<(), Lost> {
        for _ in 0..READS {
            if !self.readable {
                break;
            }
            match self.socket.read(buffer) {
                Ok(0) => return Err(Lost::Closed),
                Ok(count) => {
                    self.frames.feed(&buffer[..count]);
                    buffer[..count].zeroize(); // I10: the buffer is shared, keys are not.
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
            while let Some(message) = self.frames.next_message()? {
                out.push(message);
            }
        }
        Ok(())
    }

    /// Writes as much as the socket takes.
    pub(super) fn flush(&mut self) -> Result<(), Lost> {
        while self.writable && !self.outbox.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            for (slice, frame) in slices.iter_mut().zip(&self.outbox) {
                *slice = IoSlice::new(frame);
            }
            match self.socket.write_vectored(&slices) {
                Ok(count) => self.written(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn written(&mut self, mut count: usize) {
        while let Some(frame) = self.outbox.front_mut() {
            if count < frame.len() {
                frame.advance(count);
                return;
            }
            count -= frame.len();
            self.outbox.pop_front();
        }
    }
}
