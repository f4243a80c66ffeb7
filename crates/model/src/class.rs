//! What an event is about, how urgent that is, and how long it is kept.

use std::fmt;
use std::str::FromStr;

use crate::Stream;

/// 1 (fire) to 9 (tests): the lower, the sooner a person looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priority(pub u8);

/// A name that is no event class.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an event class")]
pub struct UnknownClass(pub String);

macro_rules! classes {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $priority:literal;)*) => {
        /// What an event is about. Restores share their alarm's class and are calming.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EventClass { $($(#[$doc])* $variant,)* }

        impl EventClass {
            /// All classes, most urgent first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in `data/event_codes.csv`, in the store and in the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How urgent it is.
            pub const fn priority(self) -> Priority {
                Priority(match self { $(Self::$variant => $priority,)* })
            }
        }
    };
}

classes! {
    /// Fire alarms.
    Fire, "fire", 1;
    /// Gas alarms.
    Gas, "gas", 1;
    /// Medical alarms.
    Medical, "medical", 2;
    /// Panic, hold-up, duress.
    Panic, "panic", 2;
    /// Intrusion.
    Burglary, "burglary", 3;
    /// Tampering with the system.
    Tamper, "tamper", 4;
    /// A fire system that would not work.
    FireSupervisory, "fire_supervisory", 4;
    /// Water, heat, cold.
    Environment, "environment", 5;
    /// A path or a device cannot be reached.
    Communication, "communication", 5;
    /// Mains and batteries.
    Power, "power", 6;
    /// Technical faults.
    Trouble, "trouble", 6;
    /// Programming, resets, logs.
    System, "system", 7;
    /// Late or early to arm or disarm.
    Schedule, "schedule", 7;
    /// A zone was taken out of service.
    Bypass, "bypass", 7;
    /// A zone was put back into service.
    Unbypass, "unbypass", 7;
    /// Armed.
    Arm, "arm", 8;
    /// Disarmed.
    Disarm, "disarm", 8;
    /// Doors and codes.
    Access, "access", 8;
    /// Remote sessions and programming.
    Remote, "remote", 8;
    /// An alarm was cancelled by a user.
    Cancel, "cancel", 8;
    /// Tests.
    Test, "test", 9;
    /// Status reports: what is so, and asks for nobody.
    Status, "status", 9;
}

impl EventClass {
    /// Whether a person must look: priority 1 to 5.
    pub const fn is_alarm(self) -> bool {
        self.priority().0 <= 5
    }

    /// Whether an event of this class calms by itself (R1); a restore calms in any class.
    pub const fn is_calming(self) -> bool {
        matches!(
            self,
            Self::Disarm | Self::Cancel | Self::Bypass | Self::Unbypass | Self::Test
        )
    }

    /// The stream of the link on which a signal of this class travels.
    pub const fn stream(self) -> Stream {
        if self.is_alarm() {
            Stream::Urgent
        } else {
            Stream::Normal
        }
    }

    /// How long an event of this class is kept, by class of retention.
    pub const fn retention(self) -> RetentionClass {
        match self.priority().0 {
            ..=5 => RetentionClass::Alarm,
            6..=8 => RetentionClass::Operation,
            _ => RetentionClass::Routine,
        }
    }
}

impl fmt::Display for EventClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EventClass {
    type Err = UnknownClass;

    fn from_str(name: &str) -> Result<Self, UnknownClass> {
        let known = Self::ALL.iter().find(|class| class.as_str() == name);
        known.copied().ok_or_else(|| UnknownClass(name.to_owned()))
    }
}

/// Events that are kept equally long share a hash chain, so that one can be let go of whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RetentionClass {
    /// Priority 1 to 5: five years unless set otherwise.
    Alarm,
    /// Priority 6 to 8: one year unless set otherwise.
    Operation,
    /// Priority 9: thirty days unless set otherwise.
    Routine,
}

impl RetentionClass {
    /// All classes, longest kept first.
    pub const ALL: [Self; 3] = [Self::Alarm, Self::Operation, Self::Routine];

    /// The name in the configuration, in the store and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Alarm => "alarm",
            Self::Operation => "operation",
            Self::Routine => "routine",
        }
    }

    /// The number in rows and in arrays indexed by class.
    pub const fn index(self) -> usize {
        match self {
            Self::Alarm => 0,
            Self::Operation => 1,
            Self::Routine => 2,
        }
    }
}

impl fmt::Display for RetentionClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
