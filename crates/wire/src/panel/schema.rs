//! The tables: which members a payload has, and what each may hold.

use super::flaw::{Found, Problem};
use super::number::Number;

/// A member of a payload, or of an object in one of its lists.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// Its name, in JSON and in CBOR.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// What it means, for the schema.
    pub about: &'static str,
}

/// What a member may hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A whole number within bounds, which belong to it.
    Whole {
        /// The least.
        least: i128,
        /// The most.
        most: i128,
    },
    /// A number within bounds, which belong to it.
    Decimal {
        /// The least.
        least: f64,
        /// The most.
        most: f64,
    },
    /// True or false.
    Flag,
    /// One of a few words.
    Choice(&'static [&'static str]),
    /// A word of a certain form.
    Word(Form),
    /// Free text.
    Text {
        /// How long it may be, in octets of UTF-8.
        most: usize,
    },
    /// A list of objects.
    List {
        /// How many.
        most: usize,
        /// Their members.
        of: &'static [Field],
    },
}

/// Members that stand for each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Their names.
    pub names: &'static [&'static str],
    /// Whether one of them must be there; more never may.
    pub required: bool,
}

/// The form of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A Contact ID code: a qualifier and three digits.
    ContactId,
    /// A code of two letters.
    Sia,
}

impl Form {
    /// A pattern for schemas (ECMA-262).
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::ContactId => "^[136][0-9B-Fb-f]{3}$",
            Self::Sia => "^[A-Za-z]{2}$",
        }
    }
}

/// What stands where a single value belongs, not judged yet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scalar<'a> {
    Null,
    Flag(bool),
    Number(Number),
    Text(&'a str),
}

/// A value within the bounds of its field.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// Of a [`Kind::Whole`].
    Whole(i128),
    /// Of a [`Kind::Decimal`].
    Decimal(f64),
    /// Of a [`Kind::Flag`].
    Flag(bool),
    /// Of a [`Kind::Choice`], a [`Kind::Word`] or a [`Kind::Text`].
    Text(&'a str),
}

impl Value<'_> {
    /// The number; of other values 0, which the table rules out.
    pub(super) fn whole<T: TryFrom<i128> + Default>(self) -> T {
        match self {
            Self::Whole(number) => T::try_from(number).unwrap_or_default(),
            Self::Decimal(_) | Self::Flag(_) | Self::Text(_) => T::default(),
        }
    }

    /// So many times the number, rounded; of other values 0, which the table rules out.
    pub(super) fn scaled<T: TryFrom<i128> + Default>(self, times: f64) -> T {
        let Self::Decimal(number) = self else {
            return T::default();
        };
        let rounded = Number::Float((number * times).round());
        Self::Whole(rounded.whole().unwrap_or_default()).whole()
    }

    /// Whether it is true.
    pub(super) const fn is_true(self) -> bool {
        matches!(self, Self::Flag(true))
    }
}

impl<'a> Value<'a> {
    /// The text; of other values none, which the table rules out.
    pub(super) const fn text(self) -> &'a str {
        match self {
            Self::Text(text) => text,
            Self::Whole(_) | Self::Decimal(_) | Self::Flag(_) => "",
        }
    }
}

impl Field {
    /// A member that must be there.
    pub(super) const fn must(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            kind,
            required: true,
            about,
        }
    }

    /// A member that may be there.
    pub(super) const fn may(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            kind,
            required: false,
            about,
        }
    }
}

impl Group {
    /// Exactly one of these is there.
    pub(super) const fn exactly_one(names: &'static [&'static str]) -> Self {
        Self {
            names,
            required: true,
        }
    }

    /// At most one of these is there.
    pub(super) const fn at_most_one(names: &'static [&'static str]) -> Self {
        Self {
            names,
            required: false,
        }
    }
}

impl Kind {
    /// A whole number of 32 bits.
    pub(super) const U32: Self = Self::Whole {
        least: 0,
        most: u32::MAX as i128,
    };

    /// `scalar` as a value of this kind; `None` for null, which is the same as nothing.
    pub(super) fn judge<'a>(&self, scalar: Scalar<'a>) -> Result<Option<Value<'a>>, Problem> {
        let value = match (self, scalar) {
            (_, Scalar::Null) => return Ok(None),
            (Self::Whole { least, most }, Scalar::Number(number)) => {
                let number = number.whole().ok_or(Problem::Found(Found::Fraction))?;
                within(&number, least, most)?;
                Value::Whole(number)
            }
            (Self::Decimal { least, most }, Scalar::Number(number)) => {
                let number = number.decimal();
                within(&number, least, most)?;
                Value::Decimal(number)
            }
            (Self::Flag, Scalar::Flag(flag)) => Value::Flag(flag),
            (Self::Choice(words), Scalar::Text(text)) => {
                if !words.contains(&text) {
                    return Err(Problem::Found(Found::OtherWord));
                }
                Value::Text(text)
            }
            (Self::Word(form), Scalar::Text(text)) => {
                if !form.fits(text) {
                    return Err(Problem::Found(Found::OtherWord));
                }
                Value::Text(text)
            }
            (Self::Text { most }, Scalar::Text(text)) => {
                if text.len() > *most {
                    return Err(Problem::Found(Found::Octets(text.len())));
                }
                Value::Text(text)
            }
            (_, Scalar::Flag(_)) => return Err(Problem::Found(Found::Flag)),
            (_, Scalar::Number(_)) => return Err(Problem::Found(Found::Number)),
            (_, Scalar::Text(_)) => return Err(Problem::Found(Found::Text)),
        };
        Ok(Some(value))
    }
}

/// Whether the number is within bounds; not a number is not.
fn within<T: PartialOrd>(number: &T, least: &T, most: &T) -> Result<(), Problem> {
    if number < least {
        Err(Problem::Found(Found::TooSmall))
    } else if number <= most {
        Ok(())
    } else {
        Err(Problem::Found(Found::TooLarge))
    }
}

impl Form {
    fn fits(self, text: &str) -> bool {
        match self {
            Self::ContactId => model::Code::contact_id(text.as_bytes()).is_some(),
            Self::Sia => <[u8; 2]>::try_from(text.as_bytes())
                .is_ok_and(|letters| model::Code::sia(letters).is_some()),
        }
    }
}
