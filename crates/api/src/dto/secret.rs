//! Secrets on their way in.
//!
//! Invariant: a secret is read and never written: it has no way into an answer, a log or an error
//! (I10).

use std::fmt;

use model::CipherKey;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// A text that nobody must see.
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        /// What serde says of a wrong type shows the value; this does not.
        fn refused<E: Error>() -> Result<Secret, E> {
            Err(E::custom("a key is a text, in quotes"))
        }

        impl Visitor<'_> for Text {
            type Value = Secret;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Secret, E> {
                Ok(Secret(text.to_owned()))
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Secret, E> {
                refused()
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Secret, E> {
                refused()
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Secret, E> {
                refused()
            }
        }

        deserializer.deserialize_any(Text)
    }
}

/// A value that may be taken away by `null`, as in a merge patch (RFC 7396).
#[derive(Debug, Default)]
pub(crate) enum Patch<T> {
    /// Not in the document: it stays.
    #[default]
    Absent,
    /// `null`: it goes.
    Null,
    /// It is replaced.
    Value(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::<T>::deserialize(deserializer)? {
            Some(value) => Self::Value(value),
            None => Self::Null,
        })
    }
}

/// The key that is given in one of two spellings; why it cannot be taken never shows it.
pub(crate) fn key(
    digits: Option<&Secret>,
    characters: Option<&Secret>,
) -> Result<Option<CipherKey>, String> {
    let key = match (digits, characters) {
        (Some(_), Some(_)) => return Err(TWICE.to_owned()),
        (Some(digits), None) => CipherKey::from_hex(&digits.0),
        (None, Some(characters)) => CipherKey::from_ascii(&characters.0),
        (None, None) => return Ok(None),
    };
    key.map(Some).map_err(|error| error.to_string())
}

const TWICE: &str =
    "give the key once: its hexadecimal digits as `key`, or its characters as `key_ascii`";
