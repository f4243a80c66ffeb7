//! A kind of panel protocol, as a row of a compile-time table.

use std::fmt::Debug;
use std::time::Duration;

use model::{FamilyName, ListenerName};

use crate::Session;

/// How a frame of an unknown account or a wrong key is answered (R6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strangers {
    /// That it cannot be processed, after the same work: nobody learns which accounts exist.
    #[default]
    Decline,
    /// Not at all.
    Silence,
    /// An unknown account's plain signal is stored as an event of Watchfire's own
    /// ([`model::PathIndex::HOUSE`], first [`model::OwnCode::UnknownAccount`], then what it says, flagged) and then
    /// acknowledged; all else is declined.
    Acknowledge,
}

/// What bounds a session (I7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionBounds {
    /// How long a frame that was begun may take to be completed.
    pub frame_completion: Duration,
    /// How many frames may be unanswered before the session stops reading.
    pub pipeline: usize,
}

impl Default for SessionBounds {
    fn default() -> Self {
        Self {
            frame_completion: model::limits::FRAME_COMPLETION,
            pipeline: model::limits::SESSION_PIPELINE,
        }
    }
}

/// What a session is told of its surroundings when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionSetting {
    /// The listener that the connection or the datagram came by.
    pub listener: ListenerName,
    /// How strangers are answered.
    pub strangers: Strangers,
    /// Octets that nobody can foresee, for a session that pads what it encrypts.
    pub seed: [u8; 16],
    /// What bounds it.
    pub bounds: SessionBounds,
}

/// A kind of panel protocol.
pub trait Family: Debug + Sync {
    /// Its name in the configuration, in the registry and in the API: `dc09`.
    fn name(&self) -> FamilyName;

    /// What people call it: `SIA DC-09`.
    fn title(&self) -> &'static str;

    /// Whether its panels keep a connection on which each has proved who it is: then the end of the
    /// connection means that the panel is gone, a secret of ours can stand for a certificate, and nobody
    /// else can speak for it.
    fn keeps_proven_sessions(&self) -> bool {
        false
    }

    /// A session for a stream connection that was just accepted.
    fn open_stream(&self, setting: SessionSetting) -> Box<dyn Session>;

    /// A session for one datagram that came in; `None` if the family knows no datagrams.
    ///
    /// It lives for that datagram alone: it is fed its octets by one `handle_bytes`, answers to the address
    /// that the datagram came from, and says `Close` when everything is answered.
    fn open_datagram(&self, _setting: SessionSetting) -> Option<Box<dyn Session>> {
        None
    }
}
