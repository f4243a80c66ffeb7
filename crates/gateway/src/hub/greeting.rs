//! Who has connected: three streams of one link are brought together by what they say of
//! themselves.

use std::collections::HashMap;
use std::io;

use model::{Stream, limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::link::{self, DecodeError, Downward, FrameBuffer, Hello, Upward, codec};

/// A stream that has said who it is, and what it said beyond that.
#[derive(Debug)]
pub(super) struct Greeted {
    pub(super) hello: Hello,
    pub(super) half: Half,
}

/// A stream and what was read of it.
#[derive(Debug)]
pub(super) struct Half {
    pub(super) stream: UnixStream,
    pub(super) frames: FrameBuffer,
}

/// The three streams of one link.
#[derive(Debug)]
pub(super) struct Trio {
    pub(super) gateway: u16,
    pub(super) incarnation: u64,
    pub(super) build: String,
    pub(super) pid: u32,
    pub(super) urgent: Half,
    pub(super) normal: Half,
    pub(super) bulk: Half,
}

#[derive(Debug, thiserror::Error)]
enum NotGreeted {
    #[error("the stream broke")]
    Broken(#[from] io::Error),
    #[error("it is of another user")]
    Foreign,
    #[error("it said no Hello")]
    NoHello,
    #[error("it said nonsense")]
    Nonsense(#[from] DecodeError),
    #[error("its link version is {0}")]
    Version(u16),
    #[error("there is no gateway of that number")]
    Number,
}

/// Waits for the stream's `Hello`. `None`, and a line in the log, if it is none of ours.
pub(super) async fn greet(stream: UnixStream, build: String) -> Option<Greeted> {
    let greeted = tokio::time::timeout(limits::LINK_HELLO, hear(stream, build)).await;
    match greeted.unwrap_or(Err(NotGreeted::NoHello)) {
        Ok(greeted) => Some(greeted),
        Err(error) => {
            let cause = std::error::Error::source(&error).map(ToString::to_string);
            tracing::warn!(%error, cause, "a stream for gateways was closed");
            None
        }
    }
}

async fn hear(mut stream: UnixStream, build: String) -> Result<Greeted, NotGreeted> {
    if stream.peer_cred()?.uid() != rustix::process::geteuid().as_raw() {
        return Err(NotGreeted::Foreign);
    }
    let mut frames = FrameBuffer::default();
    let message = loop {
        if let Some(message) = frames.next_message()? {
            break message;
        }
        if stream.read_buf(frames.tail()).await? == 0 {
            return Err(NotGreeted::NoHello);
        }
    };
    let Upward::Hello(hello) = message else {
        return Err(NotGreeted::NoHello);
    };
    if hello.version != link::VERSION {
        // It learns from our build that it must drain and end.
        if let Ok(welcome) = codec::encode(&Downward::Welcome { build }) {
            stream.write_all(&welcome).await?;
        }
        return Err(NotGreeted::Version(hello.version));
    }
    if usize::from(hello.gateway) >= limits::GATEWAYS {
        return Err(NotGreeted::Number);
    }
    let half = Half { stream, frames };
    Ok(Greeted { hello, half })
}

/// Streams whose siblings have not come yet: of each gateway those of one link only.
#[derive(Debug, Default)]
pub(super) struct Pairing {
    waiting: HashMap<u16, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    incarnation: u64,
    attempt: u32,
    halves: [Option<Half>; 3],
}

impl Pairing {
    /// Adds a stream; the link, if it was the last of the three.
    pub(super) fn add(&mut self, greeted: Greeted) -> Option<Trio> {
        let Greeted { hello, half } = greeted;
        let fresh = || Waiting {
            incarnation: hello.incarnation,
            attempt: hello.attempt,
            halves: [None, None, None],
        };
        let waiting = self.waiting.entry(hello.gateway).or_insert_with(fresh);
        if (waiting.incarnation, waiting.attempt) != (hello.incarnation, hello.attempt) {
            *waiting = fresh();
        }
        let at = match hello.stream {
            Stream::Urgent => 0,
            Stream::Normal => 1,
            Stream::Bulk => 2,
        };
        waiting.halves[at] = Some(half);
        if waiting.halves.iter().any(Option::is_none) {
            return None;
        }
        let [urgent, normal, bulk] = self.waiting.remove(&hello.gateway)?.halves;
        Some(Trio {
            gateway: hello.gateway,
            incarnation: hello.incarnation,
            build: hello.build,
            pid: hello.pid,
            urgent: urgent?,
            normal: normal?,
            bulk: bulk?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn greeted(incarnation: u64, attempt: u32, stream: Stream) -> Greeted {
        let (half, _) = UnixStream::pair().unwrap();
        Greeted {
            hello: Hello {
                version: link::VERSION,
                build: "b".to_owned(),
                incarnation,
                attempt,
                gateway: 3,
                pid: 1,
                stream,
            },
            half: Half {
                stream: half,
                frames: FrameBuffer::default(),
            },
        }
    }

    #[tokio::test]
    async fn streams_of_one_link_are_brought_together() {
        let mut pairing = Pairing::default();
        assert!(pairing.add(greeted(1, 1, Stream::Bulk)).is_none());
        assert!(pairing.add(greeted(1, 1, Stream::Urgent)).is_none());
        let trio = pairing.add(greeted(1, 1, Stream::Normal)).unwrap();
        assert_eq!(trio.gateway, 3);
        assert!(pairing.waiting.is_empty());
    }

    #[tokio::test]
    async fn streams_of_different_links_never_meet() {
        let mut pairing = Pairing::default();
        assert!(pairing.add(greeted(1, 1, Stream::Urgent)).is_none());
        assert!(pairing.add(greeted(1, 1, Stream::Normal)).is_none());
        assert!(pairing.add(greeted(1, 2, Stream::Bulk)).is_none());
        assert!(pairing.add(greeted(2, 2, Stream::Normal)).is_none());
        assert!(pairing.add(greeted(2, 2, Stream::Urgent)).is_none());
        assert!(pairing.add(greeted(2, 2, Stream::Bulk)).is_some());
    }
}
