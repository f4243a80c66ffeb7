//! The identity that a panel shows in an alarm protocol, and the small texts that go with it.

use std::fmt;

use arrayvec::ArrayString;

/// A text that cannot be an account: empty, over 16 characters, or not letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is not an account: 1 to 16 letters or digits are expected, such as 1234 or 12345A"
)]
pub struct BadAccount {
    /// What was given.
    pub text: String,
}

/// An account number, upper case: DC-09's `#acct`, 1 to 16 letters or digits.
///
/// The standard allows 3 to 16 hexadecimal digits in either case; R5 asks us to accept other
/// letters and shorter numbers as well. Spelled differently, `12ab` and `12AB` are one account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account(ArrayString<16>);

impl Account {
    /// From the octets of a frame or of a command line.
    pub fn parse(text: &[u8]) -> Result<Self, BadAccount> {
        let mut account = ArrayString::new();
        let fits = !text.is_empty()
            && text.iter().all(u8::is_ascii_alphanumeric)
            && text
                .iter()
                .all(|b| account.try_push(b.to_ascii_uppercase().into()).is_ok());
        if fits {
            Ok(Self(account))
        } else {
            Err(BadAccount {
                text: String::from_utf8_lossy(text).into_owned(),
            })
        }
    }

    /// The canonical spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the standard knows such an account: 3 to 16 hexadecimal digits (DC-09 5.5.1.6.1).
    pub fn is_standard(&self) -> bool {
        self.0.len() >= 3 && self.0.bytes().all(|b| b.is_ascii_hexdigit())
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// The name of a family, the row of the family table that a path belongs to: `dc09`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FamilyName(ArrayString<12>);

impl FamilyName {
    /// From a name of at most 12 lower-case letters and digits.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        if text.is_empty() || !text.bytes().all(plain) {
            return None;
        }
        ArrayString::from(text).ok().map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FamilyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FamilyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a listener, as in `[listener.NAME]` of the configuration.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerName(ArrayString<32>);

impl ListenerName {
    /// From 1 to 32 lower-case letters, digits and single underscores, a letter first: two
    /// underscores would part keys in the environment.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        let fits = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(plain)
            && !text.contains("__")
            && !text.ends_with('_');
        ArrayString::from(text).ok().filter(|_| fits).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ListenerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ListenerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a panel calls one of the ways by which it reaches us: `lan`, `cell`. Families whose
/// protocol has no such name leave it out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathName(ArrayString<8>);

impl PathName {
    /// From 1 to 8 lower-case letters and digits, a letter first.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fits = text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(plain);
        ArrayString::from(text).ok().filter(|_| fits).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PathName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PathName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// All that a frame tells of who speaks: looked up by account, then by receiver, line and
/// listener (R9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountKey {
    /// The family whose protocol carried the account.
    pub family: FamilyName,
    /// The account of the header.
    pub account: Account,
    /// The listener that it came by.
    pub listener: ListenerName,
    /// The receiver number `R`, where the frame had one.
    pub receiver: Option<u32>,
    /// The line number `L`, where the frame had one and it was not 0 ("unused").
    pub line: Option<u32>,
    /// What it calls this way of reaching us, where its family has such names.
    pub path_name: Option<PathName>,
}

/// The number of a partition, a zone or a user, as panels print it: up to 8 letters or digits.
///
/// Kept without leading zeros, upper case: `001` and `1` are one zone. It is a text because
/// DC-03 addresses are hexadecimal for some panels and decimal for others, and only the panel
/// knows which; as a text, two numbers never become one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PointNumber(ArrayString<8>);

impl PointNumber {
    /// From the digits of a frame; `None` if there is none or one is neither letter nor digit.
    pub fn parse(digits: &[u8]) -> Option<Self> {
        if digits.is_empty() || !digits.iter().all(u8::is_ascii_alphanumeric) {
            return None;
        }
        let zeros = digits
            .iter()
            .take_while(|b| **b == b'0')
            .count()
            .min(digits.len() - 1);
        let mut number = ArrayString::new();
        digits[zeros..]
            .iter()
            .all(|b| number.try_push(b.to_ascii_uppercase().into()).is_ok())
            .then_some(Self(number))
    }

    /// The digits, without leading zeros.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is 0: "all" of partitions, "none" of zones and users.
    pub fn is_zero(&self) -> bool {
        &self.0 == "0"
    }
}

impl fmt::Display for PointNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PointNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_differing_in_case_only_are_one() {
        assert_eq!(Account::parse(b"12ab"), Account::parse(b"12AB"));
        assert!(Account::parse(b"12AB").is_ok_and(|a| a.is_standard()));
        assert!(Account::parse(b"XYZ").is_ok_and(|a| !a.is_standard()));
    }

    #[test]
    fn what_cannot_be_an_account_is_refused() {
        for text in [&b""[..], b"12 4", b"12345678901234567", b"12\x004"] {
            assert!(Account::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn point_numbers_lose_leading_zeros_only() {
        let number = |text: &str| PointNumber::parse(text.as_bytes()).map(|n| n.to_string());
        assert_eq!(number("001").as_deref(), Some("1"));
        assert_eq!(number("000").as_deref(), Some("0"));
        assert_eq!(number("0a10").as_deref(), Some("A10"));
        assert_eq!(number(""), None);
        assert_eq!(number("123456789"), None);
    }
}
