//! Event codes and what they mean: Contact ID (DC-05) and the two-letter codes of DC-03.
//!
//! The table is `data/event_codes.csv`, compiled in. The class of a code is a pure look-up (I9),
//! made in the gateway so that an alarm takes the urgent stream from its first step.
//!
//! Invariant: every code has a class. What the table does not know is judged by its range, and
//! what has no range either counts as `communication`, an alarm class: doubt falls on the
//! alarm's side (I12), since a format that we cannot read may carry a fire.

use std::fmt;

use arrayvec::ArrayString;

use crate::{EventClass, OwnCode, PanelCode};

/// What a Contact ID code says of its event (DC-05): `1`, `3` or `6`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Qualifier {
    /// `1`: a new event, or an opening.
    New,
    /// `3`: a restore, or a closing.
    Restore,
    /// `6`: the condition persists; neither a new alarm nor a restore (R13).
    Persists,
}

impl Qualifier {
    /// The digit of the wire.
    pub const fn digit(self) -> char {
        match self {
            Self::New => '1',
            Self::Restore => '3',
            Self::Persists => '6',
        }
    }

    /// From the digit of the wire.
    pub const fn from_digit(digit: u8) -> Option<Self> {
        match digit {
            b'1' => Some(Self::New),
            b'3' => Some(Self::Restore),
            b'6' => Some(Self::Persists),
            _ => None,
        }
    }
}

/// The code of one event, in the set of its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// Contact ID: a qualifier and three digits `0`–`9`, `B`–`F`, as characters, upper case.
    ContactId(Qualifier, [u8; 3]),
    /// DC-03: two letters, upper case.
    Sia([u8; 2]),
    /// A format that is kept but not decoded; the token that named it, such as `ACR-SF`.
    Undecoded(ArrayString<12>),
    /// What we saw ourselves.
    Own(OwnCode),
    /// The panel protocol's own codes.
    Panel(PanelCode),
}

impl Code {
    /// From the four characters of a Contact ID code, such as `1130`.
    pub fn contact_id(text: &[u8]) -> Option<Self> {
        let [qualifier, event @ ..] = <[u8; 4]>::try_from(text).ok()?;
        let event = event.map(|b| b.to_ascii_uppercase());
        let digits = event
            .iter()
            .all(|b| b.is_ascii_digit() || (b'B'..=b'F').contains(b));
        digits.then_some(Self::ContactId(Qualifier::from_digit(qualifier)?, event))
    }

    /// From the two letters of a DC-03 code, such as `BA`.
    pub fn sia(letters: [u8; 2]) -> Option<Self> {
        let letters = letters.map(|b| b.to_ascii_uppercase());
        letters
            .iter()
            .all(u8::is_ascii_uppercase)
            .then_some(Self::Sia(letters))
    }

    /// The code of a format that is kept but not decoded.
    pub fn undecoded(token: &str) -> Option<Self> {
        ArrayString::from(token).ok().map(Self::Undecoded)
    }

    /// The code set: `CID`, `SIA`, or `RAW` for what is not decoded, `OWN` for ours, `AP1` for
    /// the panel protocol's own.
    pub const fn format(&self) -> &'static str {
        match self {
            Self::ContactId(..) => "CID",
            Self::Sia(_) => "SIA",
            Self::Undecoded(_) => "RAW",
            Self::Own(_) => "OWN",
            Self::Panel(_) => "AP1",
        }
    }

    /// The code as its set writes it, the inverse of [`Self::parse`].
    pub fn text(&self) -> ArrayString<12> {
        let mut text = ArrayString::new();
        match self {
            Self::ContactId(qualifier, event) => {
                text.push(qualifier.digit());
                for digit in event {
                    text.push(char::from(*digit));
                }
            }
            Self::Sia(letters) => {
                for letter in letters {
                    text.push(char::from(*letter));
                }
            }
            Self::Undecoded(token) => text = *token,
            Self::Own(code) => text = code.text(),
            Self::Panel(code) => text = code.text(),
        }
        text
    }

    /// From a code set and a code, as the store keeps them.
    pub fn parse(format: &str, text: &str) -> Option<Self> {
        match format {
            "CID" => Self::contact_id(text.as_bytes()),
            "SIA" => Self::sia(text.as_bytes().try_into().ok()?),
            "RAW" => Self::undecoded(text),
            "OWN" => OwnCode::parse(text).map(Self::Own),
            "AP1" => PanelCode::parse(text).map(Self::Panel),
            _ => None,
        }
    }

    /// What the code means.
    pub fn meaning(&self) -> Meaning {
        // 6xxx has no rows of its own: it is 1xxx that goes on (R13).
        let looked_up = match self {
            Self::ContactId(Qualifier::Persists, event) => Self::ContactId(Qualifier::New, *event),
            Self::Own(code) => {
                return Meaning {
                    name: code.title(),
                    class: code.class(),
                    restores: code.restores(),
                    known: true,
                };
            }
            Self::Panel(code) => {
                return Meaning {
                    name: code.title(),
                    class: code.class(),
                    restores: code.restores(),
                    known: true,
                };
            }
            other => *other,
        };
        match row(looked_up.format(), &looked_up.text()) {
            Some(row) => Meaning {
                name: row.name,
                class: row.class,
                restores: row.restores,
                known: true,
            },
            None => Meaning {
                name: self.fallback_name(),
                class: self.fallback_class(),
                restores: &[],
                known: false,
            },
        }
    }

    /// Whether this code calms (R1): a restore, or a class that calms by itself.
    pub fn is_calming(&self) -> bool {
        let meaning = self.meaning();
        let restore = match self {
            Self::ContactId(Qualifier::Restore, _) => {
                !matches!(meaning.class, EventClass::Arm | EventClass::Burglary)
                    || !meaning.restores.is_empty()
            }
            _ => !meaning.restores.is_empty(),
        };
        restore || meaning.class.is_calming()
    }

    fn fallback_name(&self) -> &'static str {
        match self {
            Self::ContactId(..) => "unknown Contact ID code",
            Self::Sia(_) => "unknown SIA code",
            Self::Undecoded(_) | Self::Own(_) | Self::Panel(_) => {
                "signal in a format that is kept but not decoded"
            }
        }
    }

    fn fallback_class(&self) -> EventClass {
        let Self::ContactId(_, event) = self else {
            return EventClass::Communication;
        };
        match (event[0], event[1]) {
            (b'1', b'0') => EventClass::Medical,
            (b'1', b'1') => EventClass::Fire,
            (b'1', b'2') => EventClass::Panic,
            (b'1', b'5' | b'6') => EventClass::Environment,
            (b'1', _) => EventClass::Burglary,
            (b'2', _) => EventClass::FireSupervisory,
            (b'3', _) => EventClass::Trouble,
            (b'4', _) => EventClass::Access,
            (b'5', _) => EventClass::System,
            (b'6', _) => EventClass::Test,
            _ => EventClass::Communication,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// A name for people.
    pub name: &'static str,
    /// What the event is about.
    pub class: EventClass,
    /// The codes of the same set that this one restores; empty if it is no restore.
    pub restores: &'static [&'static str],
    /// Whether the table knows the code.
    pub known: bool,
}

struct Row {
    key: (&'static str, &'static str),
    name: &'static str,
    class: EventClass,
    restores: &'static [&'static str],
}

include!(concat!(env!("OUT_DIR"), "/codes.rs"));

fn row(format: &str, code: &str) -> Option<&'static Row> {
    ROWS.binary_search_by(|row| row.key.cmp(&(format, code)))
        .ok()
        .map(|at| &ROWS[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cid(text: &str) -> Code {
        Code::contact_id(text.as_bytes()).unwrap()
    }

    fn sia(text: &str) -> Code {
        Code::parse("SIA", text).unwrap()
    }

    #[test]
    fn every_row_of_the_table_is_found_by_its_code() {
        assert_eq!(ROWS.len(), 949);
        for row in ROWS {
            let code = Code::parse(row.key.0, row.key.1).unwrap();
            assert_eq!(code.text().as_str(), row.key.1);
            let meaning = code.meaning();
            assert_eq!(
                (meaning.name, meaning.class),
                (row.name, row.class),
                "{code}"
            );
        }
    }

    #[test]
    fn what_a_row_restores_is_a_row() {
        for row in ROWS {
            for restored in row.restores {
                assert!(
                    self::row(row.key.0, restored).is_some(),
                    "{} -> {restored}",
                    row.key.1
                );
            }
        }
    }

    #[test]
    fn exit_errors_and_recent_closings_are_burglary_whatever_their_qualifier() {
        for code in ["1459", "3459", "6459", "1374"] {
            assert_eq!(
                cid(code).meaning().class,
                EventClass::Burglary,
                "R13: {code}"
            );
        }
        assert!(!cid("3459").is_calming());
        for code in ["1456", "3456", "1463", "3463"] {
            assert_eq!(cid(code).meaning().class, EventClass::Arm, "R13: {code}");
        }
    }

    #[test]
    fn a_persisting_condition_is_neither_restore_nor_calming() {
        let code = cid("6130");
        assert_eq!(code.meaning().class, EventClass::Burglary);
        assert!(code.meaning().restores.is_empty());
        assert!(!code.is_calming());
    }

    #[test]
    fn disarm_restore_cancel_and_test_calm_while_alarms_and_arming_do_not() {
        for code in [
            cid("1401"),
            cid("3130"),
            cid("1406"),
            cid("1602"),
            sia("BR"),
            sia("OP"),
        ] {
            assert!(code.is_calming(), "{code}");
        }
        for code in [cid("3401"), cid("1130"), sia("BA"), sia("CL"), cid("1121")] {
            assert!(!code.is_calming(), "{code}");
        }
    }

    #[test]
    fn unknown_codes_fall_on_the_side_of_the_alarm() {
        let unknown = cid("1119");
        assert_eq!(
            (unknown.meaning().class, unknown.meaning().known),
            (EventClass::Fire, false)
        );
        assert!(sia("QQ").meaning().class.is_alarm());
        assert!(
            Code::undecoded("ACR-SF")
                .unwrap()
                .meaning()
                .class
                .is_alarm()
        );
    }
}
