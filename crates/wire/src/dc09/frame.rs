//! Who sent what kind of message: token, sequence, receiver, line, account.
//!
//! Every part is kept verbatim, since a reply echoes it verbatim, and only where it was present.

use model::Account;

/// Covered octets that do not begin with a token in quotes: not a frame, no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the covered octets do not begin with a token in double quotes")]
pub struct NoToken;

/// Why a frame does not tell who sent it. Its token was read, so DUH is the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// No sequence number, or one of more than eight digits.
    #[error("the sequence number is missing or too long")]
    Sequence,
    /// A receiver or line number of more than eight hexadecimal digits.
    #[error("the receiver or line number is too long")]
    Number,
    /// No account, or one that is not 1 to 16 letters or digits.
    #[error("the account is missing or no account")]
    Account,
    /// Something stands where the data should begin.
    #[error("the data does not begin behind the account")]
    Data,
}

/// A frame's parts, as they came.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Frame<'a> {
    /// Whether an asterisk before the token says that the body is encrypted.
    pub encrypted: bool,
    /// The token without quotes and asterisk: `SIA-DCS`.
    pub token: &'a [u8],
    /// The digits of the sequence number.
    pub sequence: &'a [u8],
    /// The digits behind `R`, where there is one.
    pub receiver: Option<&'a [u8]>,
    /// The digits behind `L`, where there is one; R5: possibly none.
    pub line: Option<&'a [u8]>,
    /// What stands between `#` and the data, where there is a `#`.
    pub account: Option<&'a [u8]>,
    /// All the rest: data, extended data, timestamp, with their brackets.
    pub body: &'a [u8],
}

/// Who sent a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// The account of the header.
    pub account: Account,
    /// The receiver number, where there is one.
    pub receiver: Option<u32>,
    /// The line number, where there is one and it is not 0, "unused".
    pub line: Option<u32>,
    /// The sequence number, where it is one to four decimal digits.
    pub sequence: Option<u16>,
    /// Whether all of it is as the standard wants it (R5).
    pub is_standard: bool,
}

impl<'a> Frame<'a> {
    /// Reads what CRC and length cover, as far as it can be read; [`Frame::address`] says whether
    /// that suffices.
    pub fn parse(covered: &'a [u8]) -> Result<Self, NoToken> {
        let quoted = covered.strip_prefix(b"\"").ok_or(NoToken)?;
        let end = quoted.iter().position(|b| *b == b'"').ok_or(NoToken)?;
        let (token, rest) = (&quoted[..end], &quoted[end + 1..]);
        let token_only = token.strip_prefix(b"*");
        if token_only.unwrap_or(token).is_empty() || !token.iter().all(u8::is_ascii_graphic) {
            return Err(NoToken);
        }
        let (sequence, rest) = hex_run(rest);
        let (receiver, rest) = lettered(b'R', rest);
        let (line, rest) = lettered(b'L', rest);
        let (account, body) = match rest.strip_prefix(b"#") {
            Some(rest) => {
                let end = rest.iter().position(|b| !b.is_ascii_alphanumeric());
                let (account, body) = rest.split_at(end.unwrap_or(rest.len()));
                (Some(account), body)
            }
            None => (None, rest),
        };
        Ok(Self {
            encrypted: token_only.is_some(),
            token: token_only.unwrap_or(token),
            sequence,
            receiver,
            line,
            account,
            body,
        })
    }

    /// Who sent it.
    pub fn address(&self) -> Result<Address, BadAddress> {
        if self.sequence.is_empty() || self.sequence.len() > 8 {
            return Err(BadAddress::Sequence);
        }
        let receiver = number(self.receiver)?;
        let line = number(self.line)?;
        let account = self.account.ok_or(BadAddress::Account)?;
        let account = Account::parse(account).map_err(|_| BadAddress::Account)?;
        // The brackets are missing altogether in a few panels' NULL.
        if !matches!(self.body.first(), None | Some(b'[' | 0)) {
            return Err(BadAddress::Data);
        }
        let short = |digits: &[u8]| (1..=6).contains(&digits.len());
        Ok(Address {
            account,
            receiver,
            line: line.filter(|number| *number != 0),
            sequence: decimal(self.sequence),
            is_standard: self.sequence.len() == 4
                && decimal(self.sequence).is_some()
                && self.receiver.is_none_or(short)
                && self.line.is_some_and(short)
                && account.is_standard()
                && self.body.starts_with(b"["),
        })
    }

    /// Appends the covered octets, the inverse of [`Frame::parse`].
    pub fn write(&self, out: &mut Vec<u8>) {
        out.push(b'"');
        if self.encrypted {
            out.push(b'*');
        }
        out.extend_from_slice(self.token);
        out.push(b'"');
        self.write_address(out);
        out.extend_from_slice(self.body);
    }

    /// Appends sequence, receiver, line and account as they came.
    pub(super) fn write_address(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.sequence);
        let parts = [
            (b'R', self.receiver),
            (b'L', self.line),
            (b'#', self.account),
        ];
        for (letter, part) in parts {
            if let Some(part) = part {
                out.push(letter);
                out.extend_from_slice(part);
            }
        }
    }
}

/// The body is personal data: it stays out of logs.
impl std::fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frame")
            .field("encrypted", &self.encrypted)
            .field("token", &self.token.escape_ascii().to_string())
            .field("body_octets", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The hexadecimal digits that `rest` begins with, and what follows.
fn hex_run(rest: &[u8]) -> (&[u8], &[u8]) {
    let end = rest.iter().position(|b| !b.is_ascii_hexdigit());
    rest.split_at(end.unwrap_or(rest.len()))
}

/// The digits behind `letter`, if `rest` begins with it, and what follows.
fn lettered(letter: u8, rest: &[u8]) -> (Option<&[u8]>, &[u8]) {
    match rest.split_first() {
        Some((first, digits)) if *first == letter => {
            let (digits, rest) = hex_run(digits);
            (Some(digits), rest)
        }
        _ => (None, rest),
    }
}

/// The value of the digits of a receiver or line number, where there is one.
fn number(digits: Option<&[u8]>) -> Result<Option<u32>, BadAddress> {
    let digits = match digits {
        None | Some([]) => return Ok(None),
        Some(digits) if digits.len() <= 8 => digits,
        Some(_) => return Err(BadAddress::Number),
    };
    let value = |number, digit: &u8| Some(number << 4 | char::from(*digit).to_digit(16)?);
    let number = digits.iter().try_fold(0, value);
    number.map(Some).ok_or(BadAddress::Number)
}

fn decimal(digits: &[u8]) -> Option<u16> {
    if digits.is_empty() || digits.len() > 4 {
        return None;
    }
    digits.iter().try_fold(0, |number, digit| {
        let value = char::from(*digit).to_digit(10)?;
        Some(number * 10 + u16::try_from(value).ok()?)
    })
}
