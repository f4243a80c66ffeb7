//! How an account is used to encrypt, learned over its first frames (R1).
//!
//! Whoever alters a block of an encrypted frame turns the block before it into 16 octets of noise.
//! Where that is padding, noise is of another kind than the panel's own, or the padding becomes
//! shorter than any that fills its last block; where it is data, noise is no text. A panel whose
//! padding is noise by itself, or whose data is no text, hides a forgery.
//!
//! Invariant: what was learned is not unlearned. Once enough was heard, a habit is what it is, and
//! what does not fit is odd; before, nothing is odd, and what comes widens the habit.

use arrayvec::ArrayVec;
use model::{Forgery, MEMO};
use wire::dc09::{PadKind, Plain};

/// Pads that make a habit. Those of two unlike makes are told apart by far fewer octets.
const PADS: u8 = 8;

/// How long a pad must be to count among these: shorter ones are alike by chance.
const TELLING: usize = 4;

/// Signals after which it is known whether the account's data is text that we can judge.
const SIGNALS: u8 = 8;

/// Pads that do no more than fill the last block differ in length by less than a block.
const SPREAD: u16 = 15;

/// The form of the memo; another one is not understood, and learning begins anew.
const FORM: u8 = 1;

/// What was learned of an account's encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Habit {
    /// Pads that counted, up to [`PADS`].
    pads: u8,
    kind: PadKind,
    shortest: u16,
    longest: u16,
    /// Signals that counted, up to [`SIGNALS`].
    signals: u8,
    /// Whether all data was text: UTF-8 without control characters.
    is_text: bool,
}

impl Default for Habit {
    fn default() -> Self {
        Self {
            pads: 0,
            kind: PadKind::None,
            shortest: u16::MAX,
            longest: 0,
            signals: 0,
            is_text: true,
        }
    }
}

impl Habit {
    /// Whether a frame does not fit.
    pub(super) fn is_broken_by(self, plain: &Plain) -> bool {
        let pad = plain.pad();
        let odd_pad = !PadKind::of(pad).fits_within(self.kind) || length(pad) < self.floor();
        let odd_data = self.is_text && !is_text(plain);
        (self.pads >= PADS && odd_pad) || (self.signals >= SIGNALS && odd_data)
    }

    /// What becomes of the habit when a frame that fits is added; nothing once it is made.
    #[must_use]
    pub(super) fn with(mut self, plain: &Plain, is_signal: bool) -> Self {
        let pad = plain.pad();
        if self.pads < PADS {
            self.kind = self.kind.joined(PadKind::of(pad));
            self.shortest = self.shortest.min(length(pad));
            self.longest = self.longest.max(length(pad));
            self.pads += u8::from(pad.len() >= TELLING);
        }
        if is_signal && self.signals < SIGNALS {
            self.is_text &= is_text(plain);
            self.signals += 1;
        }
        self
    }

    /// The shortest pad to be expected: where lengths spread over more than a block, the shortest
    /// that came.
    fn floor(self) -> u16 {
        self.shortest.min(self.longest.saturating_sub(SPREAD))
    }

    /// How much it is made of.
    pub(super) const fn heard(self) -> u8 {
        self.pads + self.signals
    }

    /// Whether a forgery would be seen.
    pub(super) const fn forgery(self) -> Forgery {
        if !self.kind.shows_forgery() || !self.is_text {
            Forgery::Invisible
        } else if self.pads < PADS {
            Forgery::Unknown
        } else {
            Forgery::Visible
        }
    }

    /// As it is kept with the account.
    pub(super) fn memo(self) -> ArrayVec<u8, MEMO> {
        let (kind, constant) = match self.kind {
            PadKind::None => (0, 0),
            PadKind::Constant(octet) => (1, octet),
            PadKind::Digits => (2, 0),
            PadKind::Alphanumeric => (3, 0),
            PadKind::Printable => (4, 0),
            PadKind::Binary => (5, 0),
        };
        let [shortest, longest] = [self.shortest, self.longest].map(u16::to_be_bytes);
        let mut memo: ArrayVec<u8, MEMO> = [FORM, self.pads, kind, constant].into_iter().collect();
        memo.extend(shortest.into_iter().chain(longest));
        memo.extend([self.signals, u8::from(self.is_text)]);
        memo
    }

    /// From what is kept; nothing is known if there is nothing, or it is not understood.
    pub(super) fn recall(memo: &[u8]) -> Self {
        let &[FORM, pads, kind, constant, s0, s1, l0, l1, signals, text] = memo else {
            return Self::default();
        };
        let kind = match kind {
            0 => PadKind::None,
            1 => PadKind::Constant(constant),
            2 => PadKind::Digits,
            3 => PadKind::Alphanumeric,
            4 => PadKind::Printable,
            _ => PadKind::Binary,
        };
        Self {
            pads: pads.min(PADS),
            kind,
            shortest: u16::from_be_bytes([s0, s1]),
            longest: u16::from_be_bytes([l0, l1]),
            signals: signals.min(SIGNALS),
            is_text: text != 0,
        }
    }
}

fn length(pad: &[u8]) -> u16 {
    // A frame has at most 4095 octets.
    u16::try_from(pad.len()).unwrap_or(u16::MAX)
}

fn is_text(plain: &Plain) -> bool {
    let body = plain.body();
    let body = &body[..body.len() - plain.tail().len()];
    std::str::from_utf8(body).is_ok_and(|text| !text.chars().any(char::is_control))
}

#[cfg(test)]
mod tests {
    use model::CipherKey;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use wire::dc09::crypt::write_encrypted;
    use wire::dc09::decrypt;

    use super::*;

    /// A frame's body with this much of pad at least, made of the octets in turn.
    fn plain(pad: &[u8], shortest: usize) -> Plain {
        let rest = b"|#1234|NBR1]_14:12:04,09-25-2019";
        let length = shortest.next_multiple_of(16);
        let mut octets: Vec<u8> = pad.iter().copied().cycle().take(length).collect();
        PadKind::Binary.shape(&mut octets);
        octets.extend_from_slice(rest);
        let key = CipherKey::from_octets(&[7; 16]).unwrap();
        let mut digits = Vec::new();
        write_encrypted(&key, &mut octets, &mut digits).unwrap();
        decrypt(&key, &digits).unwrap()
    }

    #[test]
    fn a_pad_shorter_than_any_that_fills_the_last_block_is_odd() {
        let made = (0..PADS).fold(Habit::default(), |habit, _| {
            habit.with(&plain(b"0", 32), false)
        });
        assert!(!made.is_broken_by(&plain(b"0", 32)));
        assert!(!made.is_broken_by(&plain(b"0", 48)));
        assert!(made.is_broken_by(&plain(b"0", 16)));
        assert!(made.is_broken_by(&plain(b"0", 0)));
    }

    #[test]
    fn a_memo_that_is_not_understood_is_nothing() {
        assert_eq!(Habit::recall(&[]), Habit::default());
        let mut memo = Habit::default().with(&plain(b"p", 16), true).memo();
        memo[0] = FORM + 1;
        assert_eq!(Habit::recall(&memo), Habit::default());
    }

    proptest! {
        #[test]
        fn a_habit_is_recalled_as_it_was_and_fits_what_made_it(
            pads in vec(vec(any::<u8>(), 1..20), 1..30),
        ) {
            let mut habit = Habit::default();
            for (number, pad) in pads.iter().enumerate() {
                let plain = plain(pad, pad.len());
                let next = habit.with(&plain, number % 2 == 0);
                prop_assert!(habit.heard() <= next.heard());
                if number < usize::from(PADS) {
                    prop_assert!(!next.is_broken_by(&plain));
                }
                habit = next;
                prop_assert_eq!(Habit::recall(&habit.memo()), habit);
            }
            prop_assert!(habit.heard() <= PADS + SIGNALS);
        }
    }
}
