//! From a gateway to the engine.

use std::net::IpAddr;

use bytes::{Bytes, BytesMut};
use engine::times::Times;
use model::{
    Epoch, EventClass, IdentityClaim, Learned, Mono, PanelReport, PathIndex, PeerCertificate,
    SignalToken, Stream,
};
use proto::{Outgoing, Stray};

use super::codec::{self, DecodeError, Field, LENGTH, Message, TooLarge, members};

/// The first message on each stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hello {
    /// The version of the format.
    pub version: u16,
    /// The build; both ends must be of the same.
    pub build: String,
    /// Which start of this gateway it is.
    pub incarnation: u64,
    /// Which link of this incarnation it is: streams of one link share it.
    pub attempt: u32,
    /// Which gateway it is.
    pub gateway: u16,
    /// Its process.
    pub pid: u32,
    /// Which of the three streams this is.
    pub stream: Stream,
}

/// Who is this?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The connection that asks.
    pub connection: u64,
    /// Where it comes from.
    pub source: IpAddr,
    /// What it claims.
    pub claim: IdentityClaim,
    /// The certificate that it showed, in this handshake or in the one that it resumes.
    pub certificate: Option<PeerCertificate>,
}

/// A connection that the engine must know of after it came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRow {
    /// The gateway's number for it.
    pub connection: u64,
    /// Its lowest token that is not answered: the next one that the engine will see.
    pub lowest: SignalToken,
    /// The path that speaks on it, where that is known.
    pub path: Option<PathIndex>,
}

/// A valid sign of life of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// Which.
    pub path: PathIndex,
    /// The admission under which it spoke (I6).
    pub epoch: Epoch,
    /// When its last octet was read.
    pub at: Mono,
    /// R3: whether what it sent was decrypted well and had a timestamp inside the window.
    pub agreed: bool,
}

/// What a panel told of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The path that it came by.
    pub path: PathIndex,
    /// When its last octet was read.
    pub at: Mono,
    /// What it told.
    pub report: PanelReport,
}

/// A path that was let in, after it proved who it is, on a connection that it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrived {
    /// The gateway's number for the connection.
    pub connection: u64,
    /// Which path.
    pub path: PathIndex,
    /// Where it came from.
    pub source: IpAddr,
    /// When.
    pub at: Mono,
}

/// A known connection that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gone {
    /// The path that spoke on it.
    pub path: PathIndex,
    /// Its admission (I6).
    pub epoch: Epoch,
    /// When it ended.
    pub at: Mono,
}

/// What a gateway has of something now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Gauges {
    /// Open connections.
    pub connections: u32,
    /// Those of them whose panel is not known.
    pub without_identity: u32,
    /// Signals that are not answered.
    pub unacknowledged: u32,
    /// Their octets as they are kept until then.
    pub unacknowledged_octets: u64,
    /// Questions who speaks that are not answered.
    pub questions: u32,
    /// Connections that wait to be read until there is room.
    pub stalled: u32,
    /// The longest turn of its loop since it last said so, in microseconds.
    pub longest_turn: u32,
}

/// What a gateway counted since it began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counters {
    /// By [`proto::Counted::index`].
    pub counts: Vec<u64>,
    /// How long the turns of its loop took, from waking up to the next wait.
    pub turns: Times,
    /// What it has now.
    pub gauges: Gauges,
}

/// What a gateway says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upward {
    /// Who speaks; first on each stream.
    Hello(Hello),
    /// A part of the sessions that sent signals or are known; on the urgent stream.
    Snapshot(Vec<SessionRow>),
    /// Who is this? Answered by [`super::Downward::Identity`].
    Identify(Box<Question>),
    /// Store this. Answered by [`super::Downward::Answer`].
    Signal {
        /// The connection that it came by.
        connection: u64,
        /// When its last octet was read; a copy that is sent again still says so.
        read_at: Mono,
        /// What to store.
        outgoing: Box<Outgoing>,
    },
    /// Paths heard since the last such message, each once.
    Alive(Vec<Heard>),
    /// Paths whose known connection has ended; behind the signs of life that came by it.
    Left(Vec<Gone>),
    /// R3: paths of which a frame was decrypted well whose timestamp is outside the window, each
    /// once since the last such message.
    Skewed(Vec<PathIndex>),
    /// Something new is known of a path.
    Learned {
        /// Which.
        path: PathIndex,
        /// All that is known now.
        learned: Learned,
    },
    /// A frame of somebody whom we do not know (R6).
    Stray {
        /// Where it came from.
        source: IpAddr,
        /// The registered path of its account, if it is the key that is wrong.
        path: Option<PathIndex>,
        /// What it was.
        stray: Box<Stray>,
    },
    /// Panels told something of themselves that is no event.
    Reports(Vec<Told>),
    /// A path was let in (R9); said again of each over a new link.
    Arrived(Arrived),
    /// The connection of such a path is gone.
    Departed {
        /// Which.
        connection: u64,
        /// Since when.
        at: Mono,
    },
    /// R7: this address, or this path, sends more than its share, and is limited.
    Flood {
        /// Where it comes from.
        source: IpAddr,
        /// The path, if it is a known panel.
        path: Option<PathIndex>,
    },
    /// The connection is gone and all its signals are answered: its number is not used again.
    Closed {
        /// Which.
        connection: u64,
    },
    /// All counters.
    Counters(Box<Counters>),
    /// The snapshot and the unanswered alarms are complete; on the urgent stream.
    Ready,
}

const HELLO: u8 = 1;
const SNAPSHOT: u8 = 2;
const IDENTIFY: u8 = 3;
const SIGNAL: u8 = 4;
const ALIVE: u8 = 5;
const CLOSED: u8 = 6;
const COUNTERS: u8 = 7;
const READY: u8 = 8;
const SKEWED: u8 = 9;
const LEARNED: u8 = 10;
const STRAY: u8 = 11;
const FLOOD: u8 = 12;
const LEFT: u8 = 13;
const REPORTS: u8 = 14;
const ARRIVED: u8 = 15;
const DEPARTED: u8 = 16;

/// Where a signal's class stands: behind length, kind, connection and time.
const CLASS_AT: usize = LENGTH + 1 + size_of::<u64>() + size_of::<Mono>();

/// The frame of [`Upward::Signal`], from a signal that is not given away.
pub(super) fn encode_signal(
    connection: u64,
    read_at: Mono,
    outgoing: &Outgoing,
) -> Result<Bytes, TooLarge> {
    codec::encode_with(SIGNAL, |out| {
        connection.put(out);
        read_at.put(out);
        outgoing.put(out);
    })
}

/// A copy of a signal's frame that is as urgent as `class` (I9).
pub(super) fn promoted(frame: &Bytes, class: EventClass) -> Bytes {
    let mut octet = BytesMut::with_capacity(1);
    class.put(&mut octet);
    let mut copy = BytesMut::from(&frame[..]);
    copy[CLASS_AT] = octet[0];
    copy.freeze()
}

impl Message for Upward {
    fn kind(&self) -> u8 {
        match self {
            Self::Hello(_) => HELLO,
            Self::Snapshot(_) => SNAPSHOT,
            Self::Identify(_) => IDENTIFY,
            Self::Signal { .. } => SIGNAL,
            Self::Alive(_) => ALIVE,
            Self::Closed { .. } => CLOSED,
            Self::Counters(_) => COUNTERS,
            Self::Ready => READY,
            Self::Skewed(_) => SKEWED,
            Self::Learned { .. } => LEARNED,
            Self::Stray { .. } => STRAY,
            Self::Flood { .. } => FLOOD,
            Self::Left(_) => LEFT,
            Self::Reports(_) => REPORTS,
            Self::Arrived(_) => ARRIVED,
            Self::Departed { .. } => DEPARTED,
        }
    }

    fn put_body(&self, out: &mut BytesMut) {
        match self {
            Self::Hello(hello) => hello.put(out),
            Self::Snapshot(rows) => rows.put(out),
            Self::Identify(question) => question.put(out),
            Self::Signal {
                connection,
                read_at,
                outgoing,
            } => {
                connection.put(out);
                read_at.put(out);
                outgoing.put(out);
            }
            Self::Alive(heard) => heard.put(out),
            Self::Closed { connection } => connection.put(out),
            Self::Counters(counters) => counters.put(out),
            Self::Ready => {}
            Self::Skewed(paths) => paths.put(out),
            Self::Left(gone) => gone.put(out),
            Self::Reports(told) => told.put(out),
            Self::Arrived(arrived) => arrived.put(out),
            Self::Departed { connection, at } => {
                connection.put(out);
                at.put(out);
            }
            Self::Flood { source, path } => {
                source.put(out);
                path.put(out);
            }
            Self::Learned { path, learned } => {
                path.put(out);
                learned.put(out);
            }
            Self::Stray {
                source,
                path,
                stray,
            } => {
                source.put(out);
                path.put(out);
                stray.put(out);
            }
        }
    }

    fn take_body(kind: u8, input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok(match kind {
            HELLO => Self::Hello(Field::take(input)?),
            SNAPSHOT => Self::Snapshot(Field::take(input)?),
            IDENTIFY => Self::Identify(Box::new(Field::take(input)?)),
            SIGNAL => Self::Signal {
                connection: Field::take(input)?,
                read_at: Field::take(input)?,
                outgoing: Box::new(Field::take(input)?),
            },
            ALIVE => Self::Alive(Field::take(input)?),
            CLOSED => Self::Closed {
                connection: Field::take(input)?,
            },
            COUNTERS => Self::Counters(Box::new(Field::take(input)?)),
            READY => Self::Ready,
            SKEWED => Self::Skewed(Field::take(input)?),
            LEFT => Self::Left(Field::take(input)?),
            REPORTS => Self::Reports(Field::take(input)?),
            ARRIVED => Self::Arrived(Field::take(input)?),
            DEPARTED => Self::Departed {
                connection: Field::take(input)?,
                at: Field::take(input)?,
            },
            FLOOD => Self::Flood {
                source: Field::take(input)?,
                path: Field::take(input)?,
            },
            LEARNED => Self::Learned {
                path: Field::take(input)?,
                learned: Field::take(input)?,
            },
            STRAY => Self::Stray {
                source: Field::take(input)?,
                path: Field::take(input)?,
                stray: Box::new(Field::take(input)?),
            },
            kind => return Err(DecodeError::UnknownKind { kind }),
        })
    }
}

/// Most buckets are empty: those that are not, by their place.
impl Field for Times {
    const WHAT: &'static str = "times";

    fn put(&self, out: &mut BytesMut) {
        let filled = (0u8..).zip(self.counts).filter(|(_, count)| *count > 0);
        filled.collect::<Vec<_>>().put(out);
        self.sum_us.put(out);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        let invalid = DecodeError::Invalid { field: Self::WHAT };
        let mut times = Self::default();
        let mut next = 0;
        for (place, count) in Vec::<(u8, u64)>::take(input)? {
            let place = usize::from(place);
            let bucket = times
                .counts
                .get_mut(place)
                .filter(|_| place >= next && count > 0);
            *bucket.ok_or(invalid)? = count;
            next = place + 1;
        }
        times.sum_us = Field::take(input)?;
        Ok(times)
    }
}

impl Field for (u8, u64) {
    const WHAT: &'static str = "a bucket";

    fn put(&self, out: &mut BytesMut) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(input: &mut &[u8]) -> Result<Self, DecodeError> {
        Ok((Field::take(input)?, Field::take(input)?))
    }
}

members! {
    Counters, "counters" { counts, turns, gauges }
    Gauges, "gauges" {
        connections, without_identity, unacknowledged, unacknowledged_octets, questions, stalled,
        longest_turn,
    }
    Hello, "a greeting" { version, build, incarnation, attempt, gateway, pid, stream }
    SessionRow, "a session" { connection, lowest, path }
    Heard, "a sign of life" { path, epoch, at, agreed }
    Question, "a question" { connection, source, claim, certificate }
    Told, "a report" { path, at, report }
    Arrived, "an arrival" { connection, path, source, at }
    Gone, "a farewell" { path, epoch, at }
}
