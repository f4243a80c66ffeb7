//! A kind of panel protocol, as a row of a compile-time table.

use std::fmt::Debug;
use std::time::Duration;

use model::FamilyName;

use crate::Session;

/// What a session is told of its surroundings when it is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionSetting {
    /// How long a frame that was begun may take to be completed.
    pub frame_completion: Duration,
    /// How many frames may be unanswered before the session stops reading.
    pub pipeline: usize,
}

impl Default for SessionSetting {
    fn default() -> Self {
        Self {
            frame_completion: model::limits::FRAME_COMPLETION,
            pipeline: model::limits::SESSION_PIPELINE,
        }
    }
}

/// A kind of panel protocol.
pub trait Family: Debug + Sync {
    /// Its name in the configuration, in the registry and in the API: `dc09`.
    fn name(&self) -> FamilyName;

    /// What people call it: `SIA DC-09`.
    fn title(&self) -> &'static str;

    /// A session for a stream connection that was just accepted.
    fn open_stream(&self, setting: SessionSetting) -> Box<dyn Session>;
}
