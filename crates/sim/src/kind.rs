//! What a message is about, as far as a report tells kinds apart.

use model::{Code, EventClass};
use serde::{Deserialize, Serialize};

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A panel asks to be let in: CONNECT.
    Connect,
    /// Supervision: NULL, PINGREQ.
    Poll,
    /// A panel says who it is.
    Presence,
    /// How a panel is: its link, its power, its partitions.
    Status,
    /// A zone opened or closed, and nobody need look.
    Zone,
    /// Somebody must look: burglary, fire, tamper and the like.
    Alarm,
    /// Something is well again.
    Restore,
    /// Armed or disarmed.
    Arming,
    /// A test signal.
    Test,
    /// Mains, batteries, paths; and all the rest.
    Trouble,
}

impl Kind {
    /// All of them, in the order of a report.
    pub const ALL: [Self; 10] = [
        Self::Connect,
        Self::Poll,
        Self::Presence,
        Self::Status,
        Self::Zone,
        Self::Alarm,
        Self::Restore,
        Self::Arming,
        Self::Test,
        Self::Trouble,
    ];

    /// Of a signal with this code as its first.
    pub fn of(code: &Code) -> Self {
        let meaning = code.meaning();
        match meaning.class {
            EventClass::Status => Self::Zone,
            _ if !meaning.restores.is_empty() => Self::Restore,
            EventClass::Arm | EventClass::Disarm => Self::Arming,
            EventClass::Test => Self::Test,
            class if class.is_alarm() => Self::Alarm,
            _ => Self::Trouble,
        }
    }

    /// Its name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Poll => "poll",
            Self::Presence => "presence",
            Self::Status => "status",
            Self::Zone => "zone",
            Self::Alarm => "alarm",
            Self::Restore => "restore",
            Self::Arming => "arming",
            Self::Test => "test",
            Self::Trouble => "trouble",
        }
    }

    /// Whether it is a signal that somebody reports; otherwise the panel speaks of itself.
    pub const fn is_signal(self) -> bool {
        !matches!(self, Self::Connect | Self::Poll | Self::Presence)
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_fall_into_the_kinds_that_people_would_say() {
        for (code, kind) in [
            (*b"BA", Kind::Alarm),
            (*b"BR", Kind::Restore),
            (*b"CL", Kind::Arming),
            (*b"OP", Kind::Arming),
            (*b"RP", Kind::Test),
            (*b"AT", Kind::Trouble),
        ] {
            assert_eq!(Kind::of(&Code::Sia(code)), kind, "{}", Code::Sia(code));
        }
    }

    #[test]
    fn kinds_are_numbered_in_their_order() {
        for (nth, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind.index(), nth);
        }
    }
}
