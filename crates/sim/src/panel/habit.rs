//! How a panel goes about it, and what is wrong with it.

use std::time::Duration;

use wire::dc09::PadKind;

use crate::terms::Share;

/// How a panel goes about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habit {
    /// How many messages may be unanswered at once. Panels wait for each answer: 1. A hub that
    /// pipelines has more, and writes several at once.
    pub window: usize,
    /// Whether plain frames carry the time; encrypted ones always do.
    pub stamped: bool,
    /// Of what the pads of encrypted frames are made.
    pub pads: PadKind,
    /// How long it waits for an answer.
    pub patience: Duration,
    /// How often it sends again on the same connection before it hangs up.
    pub resends: u32,
    /// Whether every signal has the sequence 0001, as some panels have it. Such a panel cannot
    /// tell a late answer from the one that it waits for.
    pub constant_sequence: bool,
    /// The share of answers that it does not hear: it sends again what was answered.
    pub deaf: Share,
    /// The share of messages that it sends twice at once.
    pub doubles: Share,
}

impl Habit {
    /// A panel as most are: one message at a time, five seconds' patience, one try more.
    pub const fn plain() -> Self {
        Self {
            window: 1,
            stamped: true,
            pads: PadKind::Binary,
            patience: Duration::from_secs(5),
            resends: 1,
            constant_sequence: false,
            deaf: Share::NONE,
            doubles: Share::NONE,
        }
    }

    /// The same over UDP: five tries, a second each.
    pub const fn over_udp() -> Self {
        Self {
            patience: Duration::from_secs(1),
            resends: 4,
            ..Self::plain()
        }
    }
}
