//! The accounts of a fleet: counted up from the first, with as many digits.

use model::Account;
use serde::{Deserialize, Serialize};

/// The accounts of a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounts {
    first: u64,
    digits: usize,
    hexadecimal: bool,
    count: u32,
}

/// A first account from which a fleet cannot be counted up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TooFewDigits {
    /// It is none.
    #[error("`{0}` is no account to count from: 3 to 16 digits are expected, such as 1000")]
    NoAccount(String),
    /// The numbers run out.
    #[error(
        "from {first} on there are {room} accounts of {digits} digits, and {wanted} panels want one"
    )]
    RunOut {
        /// The first.
        first: String,
        /// How many there are.
        room: u64,
        /// How long they are.
        digits: usize,
        /// How many are wanted.
        wanted: u32,
    },
}

impl Accounts {
    /// `count` accounts from `first` on. They are counted in hexadecimal digits if the first has
    /// a letter, in decimal ones otherwise, as people number their panels.
    pub fn from_first(first: &str, count: u32) -> Result<Self, TooFewDigits> {
        let no_account = || TooFewDigits::NoAccount(first.to_owned());
        let standard = Account::parse(first.as_bytes()).is_ok_and(|account| account.is_standard());
        if !standard {
            return Err(no_account());
        }
        let hexadecimal = first.bytes().any(|b| b.is_ascii_alphabetic());
        let radix = if hexadecimal { 16 } else { 10 };
        let number = u64::from_str_radix(first, radix).map_err(|_| no_account())?;
        let digits = first.len();
        // All of 16 hexadecimal digits are one more than a number of 64 bits can be.
        let exponent = u32::try_from(digits).unwrap_or(u32::MAX);
        let end = u128::from(radix).pow(exponent);
        let room = u64::try_from(end - u128::from(number)).unwrap_or(u64::MAX);
        if room < u64::from(count) {
            return Err(TooFewDigits::RunOut {
                first: first.to_owned(),
                room,
                digits,
                wanted: count,
            });
        }
        Ok(Self {
            first: number,
            digits,
            hexadecimal,
            count,
        })
    }

    /// How many.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The account of the panel at this place, which is below the count.
    ///
    /// # Panics
    ///
    /// Never within the count: it was checked that the digits suffice.
    pub fn at(&self, place: u32) -> Account {
        let (number, digits) = (self.first + u64::from(place), self.digits);
        let text = if self.hexadecimal {
            format!("{number:0digits$X}")
        } else {
            format!("{number:0digits$}")
        };
        Account::parse(text.as_bytes()).expect("3 to 16 digits are an account")
    }

    /// All of them, in order.
    pub fn all(&self) -> impl Iterator<Item = Account> + '_ {
        (0..self.count).map(|place| self.at(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts(first: &str, count: u32) -> Vec<String> {
        let accounts = Accounts::from_first(first, count).unwrap();
        accounts.all().map(|account| account.to_string()).collect()
    }

    #[test]
    fn accounts_are_counted_up_as_the_first_is_written() {
        assert_eq!(accounts("0998", 3), ["0998", "0999", "1000"]);
        assert_eq!(accounts("00fe", 3), ["00FE", "00FF", "0100"]);
        assert_eq!(accounts("ffffffffffffffff", 1), ["FFFFFFFFFFFFFFFF"]);
        assert_eq!(accounts("9999999999999999", 1), ["9999999999999999"]);
    }

    #[test]
    fn more_panels_than_accounts_are_refused_with_the_numbers() {
        let refused = Accounts::from_first("1000", 9_001).unwrap_err().to_string();
        assert_eq!(
            refused,
            "from 1000 on there are 9000 accounts of 4 digits, and 9001 panels want one"
        );
        assert!(Accounts::from_first("1000", 9_000).is_ok());
        assert!(Accounts::from_first("F000", 0x1001).is_err());
    }

    #[test]
    fn what_cannot_be_counted_from_is_refused() {
        for first in ["", "12", "12G4", "12 4", "12345678901234567"] {
            let refused = Accounts::from_first(first, 1);
            assert!(
                matches!(refused, Err(TooFewDigits::NoAccount(_))),
                "{first}"
            );
        }
    }
}
