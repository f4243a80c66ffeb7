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

/// Pads of one panel differ in length by less than a block.
const SPREAD: u16 = 15;

/// The form of the memo; another one is not understood, and learning begins anew.
const FORM: u8 = 1;

/// What was learned of an account's encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Habit {
    /// Pads that counted, up to [`PADS`].
    pads: u8,
    kind: PadKind,
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
        let odd_pad = !PadKind::of(pad).fits_within(self.kind)
            || length(pad).saturating_add(SPREAD) < self.longest;
        let odd_data = self.is_text && !is_text(plain);
        (self.pads >= PADS && odd_pad) || (self.signals >= SIGNALS && odd_data)
    }

    /// What becomes of the habit when a frame that fits is added; nothing once it is made.
    #[must_use]
    pub(super) fn with(mut self, plain: &Plain, is_signal: bool) -> Self {
        let pad = plain.pad();
        if self.pads < PADS {
            self.kind = self.kind.joined(PadKind::of(pad));
            self.longest = self.longest.max(length(pad));
            self.pads += u8::from(pad.len() >= TELLING);
        }
        if is_signal && self.signals < SIGNALS {
            self.is_text &= is_text(plain);
            self.signals += 1;
        }
        self
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
        let [high, low] = self.longest.to_be_bytes();
        let text = u8::from(self.is_text);
        let octets = [
            FORM,
            self.pads,
            kind,
            constant,
            high,
            low,
            self.signals,
            text,
        ];
        octets.into_iter().collect()
    }

    /// From what is kept; nothing is known if there is nothing, or it is not understood.
    pub(super) fn recall(memo: &[u8]) -> Self {
        let &[FORM, pads, kind, constant, high, low, signals, text] = memo else {
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
            pads,
            kind,
            longest: u16::from_be_bytes([high, low]),
            signals,
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
