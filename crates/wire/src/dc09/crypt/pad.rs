//! The pad of an encrypted body: how long, of what octets, and what a panel's habit shows.

use super::cipher::BLOCK;

/// How many octets of pad a body of `length` octets gets, bar included: 16 to 31 (DC-09-2026
/// 5.4.4.3), so that the whole is a multiple of 16.
pub const fn pad_length(length: usize) -> usize {
    BLOCK + length.wrapping_neg() % BLOCK
}

/// Whether an octet may stand in a pad.
pub(in crate::dc09) const fn is_legal(octet: u8) -> bool {
    !matches!(octet, b'[' | b']' | b'|')
}

/// Of what octets a pad is made: the habit of a panel's firmware.
///
/// Each kind but `Binary` shows a forgery: what altered a block left 16 octets of noise in the pad,
/// and noise is neither digits nor letters. The kinds are a lattice:
///
/// ```text
/// None < Constant(x) < Digits < Alphanumeric < Printable < Binary
///        each x apart, below the kinds that it belongs to
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PadKind {
    /// No octet at all.
    None,
    /// The same octet throughout.
    Constant(u8),
    /// Decimal digits.
    Digits,
    /// Letters and digits of ASCII.
    Alphanumeric,
    /// Space and other characters of ASCII that can be seen.
    Printable,
    /// Anything.
    Binary,
}

/// The characters of ASCII that may stand in a printable pad.
const PRINTABLE: usize = 92;

impl PadKind {
    /// The least kind that `pad` is of.
    pub fn of(pad: &[u8]) -> Self {
        let kinds = pad.iter().map(|octet| Self::Constant(*octet));
        kinds.fold(Self::None, Self::joined)
    }

    /// The least kind that both are of: what a habit becomes when a pad is added to it.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, kind) | (kind, Self::None) => kind,
            (a, b) if a == b => a,
            (a, b) => {
                let (a, b) = (a.of_many(), b.of_many());
                if a.rank() < b.rank() { b } else { a }
            }
        }
    }

    /// Whether a pad of this kind is nothing new to a panel with this habit.
    pub fn fits_within(self, habit: Self) -> bool {
        self.joined(habit) == habit
    }

    /// Whether an altered frame shows, in a panel with this habit (R1).
    pub const fn shows_forgery(self) -> bool {
        !matches!(self, Self::Binary)
    }

    /// Turns random octets into a pad of this kind; of none, the pad is empty and there is
    /// nothing to turn.
    pub fn shape(self, octets: &mut [u8]) {
        let letters = |octet: u8| match octet % 62 {
            digit @ 0..10 => b'0' + digit,
            upper @ 10..36 => b'A' + upper - 10,
            lower => b'a' + lower - 36,
        };
        for octet in octets {
            *octet = match self {
                Self::Constant(constant) => constant,
                Self::Digits => b'0' + *octet % 10,
                Self::Alphanumeric => letters(*octet),
                Self::Printable => printable(*octet),
                Self::None | Self::Binary if is_legal(*octet) => *octet,
                Self::None | Self::Binary => *octet ^ 0x80,
            };
        }
    }

    /// The kind of several different octets of this kind.
    const fn of_many(self) -> Self {
        match self {
            Self::Constant(b'0'..=b'9') => Self::Digits,
            Self::Constant(b'A'..=b'Z' | b'a'..=b'z') => Self::Alphanumeric,
            Self::Constant(b' '..=b'~') => Self::Printable,
            Self::Constant(_) => Self::Binary,
            many => many,
        }
    }

    const fn rank(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Constant(_) => 1,
            Self::Digits => 2,
            Self::Alphanumeric => 3,
            Self::Printable => 4,
            Self::Binary => 5,
        }
    }
}

fn printable(octet: u8) -> u8 {
    let mut characters = (b' '..=b'~').filter(|octet| is_legal(*octet));
    let place = usize::from(octet) % PRINTABLE;
    characters.nth(place).unwrap_or(b' ')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pad_has_sixteen_octets_at_least_and_fills_the_last_block() {
        for length in 0..100 {
            let pad = pad_length(length);
            assert!((16..32).contains(&pad), "{pad}");
            assert!((pad + length).is_multiple_of(16));
        }
    }

    #[test]
    fn pads_are_of_the_least_kind_that_has_all_their_octets() {
        for (pad, kind) in [
            (&b""[..], PadKind::None),
            (b"p", PadKind::Constant(b'p')),
            (b"\0\0\0", PadKind::Constant(0)),
            (b"0170", PadKind::Digits),
            (b"0g7A", PadKind::Alphanumeric),
            (b"0 7A", PadKind::Printable),
            (b"0\x7F7A", PadKind::Binary),
            (b"\x12\xF1\xC2", PadKind::Binary),
        ] {
            assert_eq!(PadKind::of(pad), kind, "{}", pad.escape_ascii());
        }
    }

    #[test]
    fn what_is_new_to_a_panel_does_not_fit_its_habit() {
        let fits = |pad: &[u8], habit| PadKind::of(pad).fits_within(habit);
        assert!(fits(b"", PadKind::Constant(b'0')));
        assert!(fits(b"000", PadKind::Digits));
        assert!(fits(b"000", PadKind::Constant(b'0')));
        assert!(!fits(b"00010", PadKind::Constant(b'0')));
        assert!(!fits(b"111", PadKind::Constant(b'0')));
        assert!(!fits(b"1a1", PadKind::Digits));
        assert!(!fits(b"\x80\x81", PadKind::Printable));
        assert!(fits(b"\x80\x81", PadKind::Binary));
        assert!(!fits(b"1", PadKind::None));
    }

    fn kind() -> impl Strategy<Value = PadKind> {
        prop_oneof![
            Just(PadKind::None),
            any::<u8>()
                .prop_filter("legal", |o| is_legal(*o))
                .prop_map(PadKind::Constant),
            Just(PadKind::Digits),
            Just(PadKind::Alphanumeric),
            Just(PadKind::Printable),
            Just(PadKind::Binary),
        ]
    }

    proptest! {
        #[test]
        fn kinds_are_a_lattice(a in kind(), b in kind(), c in kind()) {
            prop_assert_eq!(a.joined(a), a);
            prop_assert_eq!(a.joined(b), b.joined(a));
            prop_assert_eq!(a.joined(b).joined(c), a.joined(b.joined(c)));
            prop_assert!(a.fits_within(a.joined(b)));
            prop_assert!(!(a.fits_within(b) && b.fits_within(c)) || a.fits_within(c));
        }

        #[test]
        fn random_octets_become_a_legal_pad_of_the_kind(
            kind in kind(),
            random in proptest::collection::vec(any::<u8>(), 1..40),
        ) {
            let mut pad = random.clone();
            kind.shape(&mut pad);
            prop_assert!(pad.iter().all(|octet| is_legal(*octet)));
            prop_assert!(kind == PadKind::None || PadKind::of(&pad).fits_within(kind));
        }
    }
}
