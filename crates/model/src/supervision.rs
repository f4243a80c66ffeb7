//! How closely a path is watched: the classes of EN 50136-1, times of one's own, and which class
//! a path may claim (R1, R10).
//!
//! A class is a claim to others: it names a reporting time and asks for a channel that cannot be
//! forged. A time of one's own is only a time, and any path may have it.

use std::fmt;
use std::time::Duration;

use crate::{Forgery, Wall};

/// The station must know of a failure within the reporting time; we find it out so much earlier,
/// which leaves time to store and to deliver (R10).
const EARLIER: Duration = Duration::from_secs(3);

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

macro_rules! classes {
    ($($(#[$doc:meta])* $variant:ident, $name:literal, $time:expr, $alternative:expr;)*) => {
        /// A class of EN 50136-1: how soon the failure of a path is reported.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum SupervisionClass { $($(#[$doc])* $variant,)* }

        impl SupervisionClass {
            /// All classes, single path first, the slowest first.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in the standard, in the store and in the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How soon the station must know that the path has failed; the primary one, where
            /// there are two.
            pub const fn reporting_time(self) -> Duration {
                Duration::from_secs(match self { $(Self::$variant => $time,)* })
            }

            /// The same for the alternative path while the primary one works; `None` in classes
            /// of a single path. Once the primary has failed the alternative has its time.
            pub const fn alternative_time(self) -> Option<Duration> {
                let seconds: Option<u64> = match self { $(Self::$variant => $alternative,)* };
                match seconds {
                    Some(seconds) => Some(Duration::from_secs(seconds)),
                    None => None,
                }
            }
        }
    };
}

classes! {
    /// Single path, 32 days.
    Sp1, "SP1", 32 * DAY, None;
    /// Single path, 25 hours.
    Sp2, "SP2", 25 * HOUR, None;
    /// Single path, 30 minutes.
    Sp3, "SP3", 30 * MINUTE, None;
    /// Single path, 3 minutes.
    Sp4, "SP4", 3 * MINUTE, None;
    /// Single path, 90 seconds.
    Sp5, "SP5", 90, None;
    /// Single path, 20 seconds.
    Sp6, "SP6", 20, None;
    /// Two paths, 25 hours.
    Dp1, "DP1", 25 * HOUR, Some(50 * HOUR);
    /// Two paths, 30 minutes.
    Dp2, "DP2", 30 * MINUTE, Some(25 * HOUR);
    /// Two paths, 3 minutes.
    Dp3, "DP3", 3 * MINUTE, Some(25 * HOUR);
    /// Two paths, 90 seconds.
    Dp4, "DP4", 90, Some(5 * HOUR);
}

impl SupervisionClass {
    /// From its name, whatever the case.
    pub fn parse(name: &str) -> Option<Self> {
        let known = Self::ALL.iter();
        known
            .copied()
            .find(|class| class.as_str().eq_ignore_ascii_case(name))
    }

    /// Whether it is about two paths.
    pub const fn is_dual(self) -> bool {
        self.alternative_time().is_some()
    }

    /// For how long a path may be silent before it is lost: 3 s less than its reporting time.
    pub const fn deadline(self) -> Duration {
        self.reporting_time().saturating_sub(EARLIER)
    }

    /// The same for an alternative path while the primary one works.
    pub const fn alternative_deadline(self) -> Option<Duration> {
        match self.alternative_time() {
            Some(time) => Some(time.saturating_sub(EARLIER)),
            None => None,
        }
    }

    /// How often the panel is asked to be heard, in whole seconds: at most 0.45 of the deadline,
    /// so that it must miss two in a row before it is lost.
    pub const fn keep_alive(self) -> Duration {
        Duration::from_secs(self.deadline().as_secs() * 45 / 100)
    }

    /// Whether its demands on the channel are those of SP2 and DP1 or less: nothing that a plain
    /// protocol would not fulfil.
    pub const fn suits_any_channel(self) -> bool {
        matches!(self, Self::Sp1 | Self::Sp2 | Self::Dp1)
    }

    /// What it may be called on a channel that it claims too much of: 25 hours, on as many paths.
    #[must_use]
    pub const fn on_any_channel(self) -> Self {
        match self {
            Self::Sp1 => Self::Sp1,
            class if class.is_dual() => Self::Dp1,
            _ => Self::Sp2,
        }
    }
}

impl fmt::Display for SupervisionClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How closely something is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Watch {
    /// Not at all.
    Off,
    /// As a class asks for.
    Class(SupervisionClass),
    /// Lost when nothing was heard for so long.
    Every(Duration),
}

/// The shortest time of one's own: a sign of life is on its way for up to a second, and a panel
/// must be able to miss two.
pub const SHORTEST_WATCH: Duration = Duration::from_secs(10);

/// The longest time of one's own, beyond SP1.
pub const LONGEST_WATCH: Duration = Duration::from_secs(60 * DAY);

impl Watch {
    /// The class, if it is one.
    pub const fn class(self) -> Option<SupervisionClass> {
        match self {
            Self::Class(class) => Some(class),
            Self::Off | Self::Every(_) => None,
        }
    }

    /// From what people write: `off`, `none`, `SP5`, or a time such as `90s`.
    pub fn parse(text: &str) -> Result<Self, BadWatch> {
        if text.eq_ignore_ascii_case("off") || text.eq_ignore_ascii_case("none") {
            return Ok(Self::Off);
        }
        if let Some(class) = SupervisionClass::parse(text) {
            return Ok(Self::Class(class));
        }
        match duration(text) {
            Some(time) if (SHORTEST_WATCH..=LONGEST_WATCH).contains(&time) => Ok(Self::Every(time)),
            _ => Err(BadWatch(text.to_owned())),
        }
    }
}

/// As [`Watch::parse`] reads it.
impl fmt::Display for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Class(class) => class.fmt(f),
            Self::Every(time) => f.write_str(&spoken(*time)),
        }
    }
}

/// A text that says no way of watching.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is neither `off`, nor a class from SP1 to SP6 or DP1 to DP4, nor a time from 10s to 60d"
)]
pub struct BadWatch(pub String);

/// Whole seconds, minutes, hours or days such as `90s`; `None` if it is no such time.
pub fn duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let factor = match unit {
        "s" => 1,
        "m" => MINUTE,
        "h" => HOUR,
        "d" => DAY,
        _ => return None,
    };
    let seconds = number.parse::<u64>().ok()?.checked_mul(factor)?;
    Some(Duration::from_secs(seconds))
}

/// A time in the largest unit that says it without a fraction, as [`duration`] reads it; parts of
/// a second are left out.
pub fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    let units = [(DAY, "d"), (HOUR, "h"), (MINUTE, "m")];
    let fits = units
        .into_iter()
        .find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit));
    match fits {
        Some((unit, name)) => format!("{}{name}", seconds / unit),
        None => format!("{seconds}s"),
    }
}

/// Whether signals are expected at regular times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TestWatch {
    /// No.
    Off,
    /// At least so often.
    Every {
        /// How often.
        every: Duration,
        /// What counts.
        counts: Counts,
    },
}

/// What counts as an expected test signal; what is doubtful and not confirmed never does (R1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Counts {
    /// An event of the class `test`.
    Tests,
    /// Any event of the panel.
    AnySignal,
}

impl Counts {
    /// The name in the store and in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tests => "tests",
            Self::AnySignal => "any_signal",
        }
    }

    /// From its name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Tests, Self::AnySignal]
            .into_iter()
            .find(|one| one.as_str() == name)
    }
}

/// What was set of a panel or of one path of it. What is absent is taken from the panel, and then
/// from the default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SupervisionSettings {
    /// How closely it is watched.
    pub watch: Option<Watch>,
    /// Whether test signals are expected. Of a panel: by any of its paths; of a path: by it.
    pub test: Option<TestWatch>,
    /// From when on it counts that it never reported; its registration, if absent.
    pub commissioned: Option<Wall>,
}

/// What a channel is worth against forgery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Assurance {
    /// Nothing is encrypted.
    Plain,
    /// Encrypted; too little was heard to know whether a forgery would be seen.
    Unproven,
    /// Encrypted, and a forgery would not be seen.
    Forgeable,
    /// A forgery would be seen.
    Sound,
}

impl Assurance {
    /// Of a path: whether it has a key, and what its frames have shown.
    pub const fn of(has_key: bool, forgery: Forgery) -> Self {
        match (has_key, forgery) {
            (false, _) => Self::Plain,
            (true, Forgery::Unknown) => Self::Unproven,
            (true, Forgery::Invisible) => Self::Forgeable,
            (true, Forgery::Visible) => Self::Sound,
        }
    }

    /// Whether a class may be set: not if the channel can never fulfil it. What is not proven yet
    /// may be set, and is called by its class once it is.
    pub const fn may_claim(self, class: SupervisionClass) -> Result<(), Claim> {
        match self {
            _ if class.suits_any_channel() => Ok(()),
            Self::Plain => Err(Claim::Plain),
            Self::Forgeable => Err(Claim::Forgeable),
            Self::Unproven | Self::Sound => Ok(()),
        }
    }

    /// What may be said of a path on which a class was set, and why that is less.
    pub const fn effective(self, class: SupervisionClass) -> (SupervisionClass, Option<Claim>) {
        let lacking = match self {
            _ if class.suits_any_channel() => return (class, None),
            Self::Sound => return (class, None),
            Self::Plain => Claim::Plain,
            Self::Forgeable => Claim::Forgeable,
            Self::Unproven => Claim::Unproven,
        };
        (class.on_any_channel(), Some(lacking))
    }
}

/// Why a path may not be called by a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Claim {
    /// R10: it does not encrypt.
    #[error(
        "a path that does not encrypt can claim SP1, SP2 and DP1 only: give it a key, or set a time instead of a class"
    )]
    Plain,
    /// R1: an altered frame would go unnoticed.
    #[error(
        "an altered frame of this path would go unnoticed, since its padding is not printable: it can claim SP1, SP2 and DP1 only; a time can be set instead of a class"
    )]
    Forgeable,
    /// R1: not yet known.
    #[error("too little was heard of this path to know whether an altered frame would be noticed")]
    Unproven,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_and_keep_alives_are_those_of_the_rule() {
        let told = |class: SupervisionClass| {
            (
                class.reporting_time().as_secs(),
                class.deadline().as_secs(),
                class.keep_alive().as_secs(),
            )
        };
        assert_eq!(told(SupervisionClass::Sp6), (20, 17, 7));
        assert_eq!(told(SupervisionClass::Sp5), (90, 87, 39));
        assert_eq!(told(SupervisionClass::Dp4), (90, 87, 39));
        assert_eq!(told(SupervisionClass::Sp2), (90_000, 89_997, 40_498));
        for class in SupervisionClass::ALL {
            assert!(class.keep_alive() * 2 < class.deadline(), "{class}");
            assert_eq!(class.is_dual(), class.as_str().starts_with('D'));
            assert!(
                class
                    .alternative_time()
                    .is_none_or(|time| time > class.reporting_time())
            );
            assert_eq!(SupervisionClass::parse(class.as_str()), Some(*class));
        }
    }

    #[test]
    fn ways_of_watching_read_back_as_they_are_written() {
        for text in ["off", "SP5", "DP1", "90s", "25h", "60d", "3m"] {
            assert_eq!(Watch::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Watch::parse("sp6"), Ok(Watch::Class(SupervisionClass::Sp6)));
        assert_eq!(Watch::parse("none"), Ok(Watch::Off));
        for text in [
            "",
            "9s",
            "61d",
            "SP7",
            "90",
            "1.5h",
            "s",
            "99999999999999999999d",
        ] {
            assert!(Watch::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_channel_that_can_be_forged_claims_25_hours_at_best() {
        use Assurance::{Forgeable, Plain, Sound, Unproven};
        for class in SupervisionClass::ALL.iter().copied() {
            let modest = matches!(class.as_str(), "SP1" | "SP2" | "DP1");
            assert_eq!(Plain.may_claim(class).is_ok(), modest, "{class}");
            assert_eq!(Forgeable.may_claim(class).is_ok(), modest, "{class}");
            assert_eq!(Unproven.may_claim(class), Ok(()));
            assert_eq!(Sound.effective(class), (class, None));
            let (called, why) = Unproven.effective(class);
            assert!(called.suits_any_channel());
            assert_eq!(called.is_dual(), class.is_dual());
            assert_eq!(why.is_none(), modest, "{class}");
        }
    }
}
