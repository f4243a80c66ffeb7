//! The gateway's end of the link: three streams, taken up again whenever they are lost.
//!
//! Invariant: nothing but `Hello` is written before the engine's `Welcome`; what is said while
//! there is no link is not kept here. Signals are kept by the window, questions by the
//! identities, and both are said again when the next link is up.

mod stream;

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;

use bytes::Bytes;
use mio::{Interest, Registry, Token};
use model::{Mono, Stream, limits};

use self::stream::{LinkStream, Lost};
use crate::link::{self, Downward, Hello, Upward, codec};

/// Tokens of the three streams.
pub(super) const TOKENS: [Token; 3] = [Token(0), Token(1), Token(2)];

/// Due already.
const NOW: Mono = Mono(0);

/// Who we are.
#[derive(Debug, Clone)]
pub(super) struct Introduction {
    pub(super) gateway: u16,
    pub(super) incarnation: u64,
    pub(super) build: String,
}

/// The link, or the wait for the next attempt.
#[derive(Debug)]
pub(super) struct Uplink {
    path: PathBuf,
    introduction: Introduction,
    attempt: u32,
    retry_at: Mono,
    streams: Option<Box<[LinkStream; 3]>>,
    welcomed: bool,
    /// When what was said must be on its way, at the latest.
    due: Option<Mono>,
}

impl Uplink {
    /// No link yet; the first attempt is due at once.
    pub(super) fn new(path: PathBuf, introduction: Introduction) -> Self {
        Self {
            path,
            introduction,
            attempt: 0,
            retry_at: Mono(0),
            streams: None,
            welcomed: false,
            due: None,
        }
    }

    /// Whether the engine has said `Welcome`.
    pub(super) fn is_up(&self) -> bool {
        self.welcomed
    }

    /// When to connect again, or to send what was to wait, if either is to be done.
    pub(super) fn wakes_at(&self) -> Option<Mono> {
        match self.streams {
            Some(_) => self.due,
            None => Some(self.retry_at),
        }
    }

    /// Whether there is something to read that no event will tell of.
    pub(super) fn has_more(&self) -> bool {
        let mut streams = self.streams.iter().flat_map(|streams| streams.iter());
        streams.any(LinkStream::has_more)
    }

    /// Whether the engine has not yet taken all that was said on this stream.
    pub(super) fn has_unsent(&self, stream: Stream) -> bool {
        let streams = self.streams.as_deref();
        streams.is_some_and(|streams| streams[place_of(stream)].has_unsent())
    }

    /// Whether the engine does not read what was written on this stream.
    pub(super) fn is_blocked(&self, stream: Stream) -> bool {
        let streams = self.streams.as_deref();
        streams.is_some_and(|streams| streams[place_of(stream)].is_blocked())
    }

    /// The urgent stream, to wait for answers.
    pub(super) fn urgent(&self) -> Option<BorrowedFd<'_>> {
        let [urgent, _, _] = self.streams.as_deref()?;
        self.welcomed.then(|| urgent.socket.as_fd())
    }

    /// Connects if there is no link and it is time.
    pub(super) fn keep(&mut self, registry: &Registry, now: Mono) {
        if self.streams.is_some() || now < self.retry_at {
            return;
        }
        self.attempt = self.attempt.wrapping_add(1);
        match self.connect(registry) {
            Ok(streams) => self.streams = Some(Box::new(streams)),
            Err(error) => {
                tracing::debug!(%error, "the engine cannot be reached");
                self.retry_at = now.after(limits::LINK_RETRY);
            }
        }
    }

    fn connect(&self, registry: &Registry) -> Result<[LinkStream; 3], Lost> {
        let mut streams = [
            LinkStream::connect(&self.path)?,
            LinkStream::connect(&self.path)?,
            LinkStream::connect(&self.path)?,
        ];
        for ((stream, token), kind) in streams.iter_mut().zip(TOKENS).zip(Stream::ALL) {
            let interest = Interest::READABLE | Interest::WRITABLE;
            registry.register(&mut stream.socket, token, interest)?;
            stream.push(frame_of(&Upward::Hello(self.hello(kind))));
            stream.flush()?;
        }
        Ok(streams)
    }

    fn hello(&self, stream: Stream) -> Hello {
        Hello {
            version: link::VERSION,
            build: self.introduction.build.clone(),
            incarnation: self.introduction.incarnation,
            attempt: self.attempt,
            gateway: self.introduction.gateway,
            pid: std::process::id(),
            stream,
        }
    }

    /// The state of a stream's socket has changed.
    pub(super) fn stir(&mut self, token: Token, readable: bool, writable: bool) {
        let streams = self.streams.as_deref_mut();
        if let Some(stream) = streams.and_then(|streams| streams.get_mut(token.0)) {
            stream.stir(readable, writable);
            if writable && stream.has_unsent() {
                self.due = Some(NOW);
            }
        }
    }

    /// Appends what the engine said to `out`, the urgent stream first.
    pub(super) fn receive(&mut self, buffer: &mut [u8], out: &mut Vec<Downward>, now: Mono) {
        let Some(streams) = self.streams.as_deref_mut() else {
            return;
        };
        let mut read = streams.iter_mut();
        let read = read.try_for_each(|stream| stream.receive(buffer, out));
        self.welcomed |= out
            .iter()
            .any(|said| matches!(said, Downward::Welcome { .. }));
        self.unless_lost(read, now);
    }

    /// Says something, if the engine is there to hear it.
    pub(super) fn say(&mut self, stream: Stream, message: &Upward) {
        if self.welcomed {
            self.send(stream, frame_of(message));
        }
    }

    /// Says something that nobody waits for: it goes along with what is said next, or a little later
    /// by itself. Each write wakes the engine.
    pub(super) fn mention(&mut self, stream: Stream, message: &Upward, now: Mono) {
        let due = self.due;
        self.say(stream, message);
        self.due = due.or_else(|| Some(now.after(limits::LINK_MENTION)));
    }

    /// Sends a frame, if the engine is there to read it.
    pub(super) fn send(&mut self, stream: Stream, frame: Bytes) {
        if let Some(streams) = self.streams.as_deref_mut().filter(|_| self.welcomed) {
            streams[place_of(stream)].push(frame);
            self.due = Some(NOW);
        }
    }

    /// Writes as much as the sockets take, the urgent stream first (I9), if something is due.
    pub(super) fn flush(&mut self, now: Mono) {
        if self.due.is_some_and(|due| due > now) {
            return;
        }
        self.due = None;
        let Some(streams) = self.streams.as_deref_mut() else {
            return;
        };
        let written = streams.iter_mut().try_for_each(LinkStream::flush);
        self.unless_lost(written, now);
    }

    fn unless_lost(&mut self, result: Result<(), Lost>, now: Mono) {
        let Err(error) = result else { return };
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        if self.welcomed {
            tracing::warn!(%error, cause, "the link to the engine is lost; signals wait");
        } else {
            tracing::debug!(%error, cause, "the engine did not answer");
        }
        self.streams = None;
        self.welcomed = false;
        self.retry_at = now.after(limits::LINK_RETRY);
    }
}

fn place_of(stream: Stream) -> usize {
    match stream {
        Stream::Urgent => 0,
        Stream::Normal => 1,
        Stream::Bulk => 2,
    }
}

/// Everything but a signal is of bounded size by construction.
fn frame_of(message: &Upward) -> Bytes {
    codec::encode(message).expect("a message of bounded lists fits a frame")
}

impl From<rustix::io::Errno> for Lost {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Broken(io::Error::from(error))
    }
}
