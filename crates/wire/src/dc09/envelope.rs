//! The outer form of a frame: LF, CRC, length, what they cover, CR.

use crate::crc::crc16_arc;

/// The most octets that a length of `0` and three hexadecimal digits can name.
pub const LONGEST_COVERED: usize = 0xFFF;

/// NUL octets that are accepted between the covered octets and CR (R5).
pub(super) const LONGEST_PADDING: usize = 8;

/// The most octets of a frame, from LF to CR.
pub const LONGEST_FRAME: usize = 1 + 4 + 4 + LONGEST_COVERED + LONGEST_PADDING + 1;

pub(super) const LF: u8 = b'\n';
pub(super) const CR: u8 = b'\r';

/// How a panel writes the CRC; the reply is written the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CrcForm {
    /// Four hexadecimal digits, as the standard has it.
    Text,
    /// Two raw octets, the high one first; they may equal LF or CR.
    Binary,
}

impl CrcForm {
    /// Where the covered octets begin: behind LF, CRC and length.
    pub(super) const fn header(self) -> usize {
        match self {
            Self::Text => 9,
            Self::Binary => 7,
        }
    }
}

/// What cannot be framed: over 4095 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{octets} octets do not fit a frame: its length has three hexadecimal digits, 4095 at most"
)]
pub struct TooLong {
    /// How many there were.
    pub octets: usize,
}

/// Appends the frame around `covered`, which begins with the quoted token.
pub fn enclose(form: CrcForm, covered: &[u8], out: &mut Vec<u8>) -> Result<(), TooLong> {
    if covered.len() > LONGEST_COVERED {
        return Err(TooLong {
            octets: covered.len(),
        });
    }
    let crc = crc16_arc(covered);
    out.reserve(form.header() + covered.len() + 1);
    out.push(LF);
    match form {
        CrcForm::Text => out.extend(hex(crc)),
        CrcForm::Binary => out.extend(crc.to_be_bytes()),
    }
    // At most 0xFFF, so the first of the four digits is the 0 that the standard wants.
    out.extend(hex(u16::try_from(covered.len()).unwrap_or(0)));
    out.extend_from_slice(covered);
    out.push(CR);
    Ok(())
}

fn hex(number: u16) -> [u8; 4] {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    [12, 8, 4, 0].map(|shift| DIGITS[usize::from(number >> shift & 0xF)])
}

/// The number that four hexadecimal digits of either case stand for.
pub(super) fn unhex(digits: &[u8]) -> Option<u16> {
    let digits: [u8; 4] = digits.try_into().ok()?;
    digits.into_iter().try_fold(0, |number, digit| {
        let value = char::from(digit).to_digit(16)?;
        Some(number << 4 | u16::try_from(value).ok()?)
    })
}

/// A frame whose length and CRC are right.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Envelope<'a> {
    octets: &'a [u8],
    form: CrcForm,
    covered: usize,
}

impl<'a> Envelope<'a> {
    /// For [`super::Deframer`], which has judged the frame.
    pub(super) const fn judged(octets: &'a [u8], form: CrcForm, covered: usize) -> Self {
        Self {
            octets,
            form,
            covered,
        }
    }

    /// All of it, from LF to CR.
    pub const fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// How its CRC was written.
    pub const fn form(&self) -> CrcForm {
        self.form
    }

    /// What CRC and length cover: from the first quote on.
    pub fn covered(&self) -> &'a [u8] {
        &self.octets[self.form.header()..][..self.covered]
    }

    /// Whether NUL octets stood between the covered octets and CR (R5).
    pub fn is_padded(&self) -> bool {
        self.form.header() + self.covered + 1 < self.octets.len()
    }
}

/// The octets hold personal data: they stay out of logs.
impl std::fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Envelope")
            .field("form", &self.form)
            .field("covered", &self.covered)
            .finish_non_exhaustive()
    }
}
