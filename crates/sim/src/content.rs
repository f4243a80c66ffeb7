//! What a simulated panel has to say, and how a stored event is known again.
//!
//! Invariant: no two signals of a panel have the same content. Each carries its number, which
//! counts from 1 within the panel, in an extended block `I`; code, partition and point rotate
//! with it, so that whoever finds an event in the store can say which signal it was, and whether
//! it arrived unharmed.

use std::borrow::Cow;

use model::{Code, Qualifier};

use crate::kind::Kind;
use crate::machine::Saying;

/// The words before the number in block `I`.
const MARK: &str = "signal ";

/// One event of a signal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// What happened. Its format must be that of the signal.
    pub code: Code,
    /// In which partition, 0 to 99; 0 is none, or all.
    pub partition: u8,
    /// At which zone or by which user, 0 to 999; 0 is none.
    pub point: u16,
    /// What the panel calls the zone or the user; DC-03 only.
    pub name: Option<Cow<'static, str>>,
}

/// What one signal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its events, at least one; several in DC-03 only.
    pub happenings: Vec<Happening>,
    /// The number of the signal within its panel, from 1: goes into block `I`.
    pub number: u64,
    /// Whether it goes out in clear from a panel that encrypts: a fault, or somebody else.
    pub in_clear: bool,
}

/// Codes that panels send, in a rotation in which urgent and ordinary ones follow each other, so
/// that a panel's order is put to the test on both streams of the link (I5, I9). The last is a
/// signal of two events.
const ROTATION: [&[Code]; 13] = [
    &[cid(Qualifier::New, *b"130")],
    &[cid(Qualifier::Restore, *b"130")],
    &[Code::Sia(*b"CL")],
    &[Code::Sia(*b"BA")],
    &[cid(Qualifier::New, *b"602")],
    &[Code::Sia(*b"OP")],
    &[cid(Qualifier::New, *b"110")],
    &[cid(Qualifier::New, *b"301")],
    &[Code::Sia(*b"RP")],
    &[cid(Qualifier::Restore, *b"401")],
    &[Code::Sia(*b"FA")],
    &[cid(Qualifier::Persists, *b"144")],
    &[Code::Sia(*b"TA"), Code::Sia(*b"TR")],
];

const fn cid(qualifier: Qualifier, event: [u8; 3]) -> Code {
    Code::ContactId(qualifier, event)
}

impl Content {
    /// The content of a panel's `number`th signal, counted from 1.
    pub fn numbered(number: u64) -> Self {
        let codes = ROTATION[at(number, 0, ROTATION.len())];
        let happenings = codes.iter().zip(0_u64..).map(|(code, nth)| Happening {
            code: *code,
            partition: 1 + u8::try_from(at(number, nth, 99)).unwrap_or(0),
            point: 1 + u16::try_from(at(number, nth, 999)).unwrap_or(0),
            name: None,
        });
        Self {
            happenings: happenings.collect(),
            number,
            in_clear: false,
        }
    }

    /// A signal of one event that a person could follow.
    pub fn single(number: u64, happening: Happening) -> Self {
        Self {
            happenings: vec![happening],
            number,
            in_clear: false,
        }
    }

    /// What it is about: its first event decides.
    pub fn kind(&self) -> Kind {
        let first = self.happenings.first();
        first.map_or(Kind::Test, |happening| Kind::of(&happening.code))
    }

    /// What goes into extended block `I`.
    pub fn mark(&self) -> String {
        Self::mark_of(self.number)
    }

    /// The mark of the signal with this number.
    pub fn mark_of(number: u64) -> String {
        format!("{MARK}{number}")
    }

    /// The number that a block `I` holds, if a simulated panel wrote it.
    pub fn number_of_mark(text: &str) -> Option<u64> {
        text.trim().strip_prefix(MARK)?.parse().ok()
    }
}

impl Saying for Content {
    fn kind(&self) -> Kind {
        Self::kind(self)
    }

    fn numbered(number: u64) -> Self {
        Self::numbered(number)
    }

    fn number(&self) -> Option<u64> {
        Some(self.number)
    }
}

fn at(number: u64, nth: u64, among: usize) -> usize {
    let among = among as u64;
    usize::try_from((number + nth) % among).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_gives_its_number_back_and_nothing_else_does() {
        assert_eq!(
            Content::number_of_mark(&Content::numbered(71).mark()),
            Some(71)
        );
        for foreign in ["", "signal", "signal x", "71", "front door"] {
            assert_eq!(Content::number_of_mark(foreign), None, "{foreign:?}");
        }
    }

    #[test]
    fn the_rotation_puts_urgent_behind_ordinary_and_the_other_way_round() {
        let urgent: Vec<bool> = (1..=13)
            .map(|n| {
                Content::numbered(n).happenings[0]
                    .code
                    .meaning()
                    .class
                    .is_alarm()
            })
            .collect();
        assert!(urgent.windows(2).any(|pair| pair == [true, false]));
        assert!(urgent.windows(2).any(|pair| pair == [false, true]));
    }

    #[test]
    fn every_code_of_the_rotation_is_in_the_table_and_of_one_format() {
        for n in 1..=13 {
            let content = Content::numbered(n);
            let format = content.happenings[0].code.format();
            for happening in &content.happenings {
                assert!(happening.code.meaning().known, "{}", happening.code);
                assert_eq!(happening.code.format(), format);
            }
        }
    }
}
