//! How a panel goes about it, and what is wrong with it.

use std::time::Duration;

use wire::panel::Format;

use crate::terms::Share;

/// How a panel goes about it, and what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habit {
    /// How many messages may be unanswered at once: an alarm does not wait for the answer to a
    /// status report. Twice as many must be below the server's Receive Maximum.
    pub window: usize,
    /// How long it waits for an answer before it hangs up. A server that cannot store an event
    /// closes the session after 10 s (R28).
    pub patience: Duration,
    /// The share of PUBACKs that it does not hear: it sends again what was stored.
    pub deaf: Share,
    /// The share of messages that it sends twice at once.
    pub doubles: Share,
    /// Whether it reads what it is answered. One that does not goes on sending.
    pub reads: bool,
    /// How its payloads are written.
    pub format: Format,
}

impl Habit {
    /// A panel as most are.
    pub const fn plain() -> Self {
        Self {
            window: 4,
            patience: Duration::from_secs(15),
            deaf: Share::NONE,
            doubles: Share::NONE,
            reads: true,
            format: Format::Json,
        }
    }
}
