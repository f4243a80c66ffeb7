//! A path to be registered or changed, as JSON or as part of a row, and what is checked of it.

use std::fmt;

use engine::ports::{KeyChange, NewPath, PathChange};
use model::{Account, CipherKey, ErrorCode, FamilyName, ListenerName, PathName, PathPolicy};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use utoipa::ToSchema;

use super::secret::{self, Patch, Secret};
use crate::body::WHOLE;
use crate::problem::{FieldError, Problem};
use crate::services::FamilyTitle;

/// The family of a path whose family is not given.
const DEFAULT_FAMILY: &str = "dc09";

/// A path to be registered.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPath)]
pub(crate) struct PathInput {
    /// The protocol that is spoken on it; `dc09` if absent.
    pub(crate) family: Option<String>,
    /// The account that it shows: 1 to 16 letters or digits.
    #[schema(example = "1234")]
    pub(crate) account: String,
    /// The receiver number that it must show, as its frames show it: 1 to 6 hexadecimal digits.
    /// Any, if absent.
    #[schema(value_type = Option<String>, example = "1A")]
    pub(crate) receiver: Option<Digits>,
    /// The line number that it must show, as its frames show it: 1 to 6 hexadecimal digits. Any,
    /// if absent.
    #[schema(value_type = Option<String>, example = "2")]
    pub(crate) line: Option<Digits>,
    /// The listener by which it must come, as the configuration names it. Any, if absent.
    #[schema(example = "dc09")]
    pub(crate) listener: Option<String>,
    /// What the panel calls it, in families that name paths, such as `lan` or `cell`: 1 to 8 lower-case
    /// letters or digits, a letter first. Any, or none, if absent.
    #[schema(example = "lan")]
    pub(crate) path_name: Option<String>,
    /// Whether it may report for accounts other than its own.
    pub(crate) hub: Option<bool>,
    /// Whether an alarm whose clock stays wrong is acknowledged once it is stored.
    pub(crate) accept_skewed: Option<bool>,
    /// The AES key that it encrypts with, as 32, 48 or 64 hexadecimal digits. Never answered.
    #[schema(value_type = Option<String>, write_only)]
    pub(crate) key: Option<Secret>,
    /// The same as 16, 24 or 32 characters of ASCII. Never answered.
    #[schema(value_type = Option<String>, write_only)]
    pub(crate) key_ascii: Option<Secret>,
}

/// What is to be changed of a path. What is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PathChange)]
pub(crate) struct PathPatch {
    /// Whether it may report for accounts other than its own.
    hub: Option<bool>,
    /// Whether an alarm whose clock stays wrong is acknowledged once it is stored.
    accept_skewed: Option<bool>,
    /// The AES key that it encrypts with, as 32, 48 or 64 hexadecimal digits; `null` if it does
    /// not encrypt any more, and then what was learned of it is forgotten. Never answered.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only)]
    key: Patch<Secret>,
    /// The key as 16, 24 or 32 characters of ASCII. Never answered.
    #[schema(value_type = Option<String>, write_only)]
    key_ascii: Option<Secret>,
}

/// What was wrong with an input, and the code that this has.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: ErrorCode,
    pub(crate) errors: Vec<FieldError>,
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self::fields(refused.errors).with_code(refused.code)
    }
}

impl PathInput {
    /// Checks everything that can be known without asking the store.
    pub(crate) fn check(self, families: &[FamilyTitle]) -> Result<NewPath, Refused> {
        self.check_among(families, Vec::new())
    }

    /// The same, where other fields have been checked already, with these `errors`.
    pub(super) fn check_among(
        self,
        families: &[FamilyTitle],
        mut errors: Vec<FieldError>,
    ) -> Result<NewPath, Refused> {
        let account = Account::parse(self.account.as_bytes());
        let account = noted(&mut errors, "account", account);
        let receiver = self.receiver.map(|digits| digits.number()).transpose();
        let receiver = noted(&mut errors, "receiver", receiver).flatten();
        let line = self.line.map(|digits| digits.line()).transpose();
        let line = noted(&mut errors, "line", line).flatten();
        let listener = self.listener.as_deref().map(listener).transpose();
        let listener = noted(&mut errors, "listener", listener).flatten();
        let path_name = self.path_name.as_deref().map(path_name).transpose();
        let path_name = noted(&mut errors, "path_name", path_name).flatten();
        let key = key(&mut errors, self.key.as_ref(), self.key_ascii.as_ref());
        let code = if errors.is_empty() {
            ErrorCode::FamilyUnknown
        } else {
            ErrorCode::RequestInvalid
        };
        let family = family(self.family.as_deref(), families);
        let family = family.map_err(|error| errors.push(error)).ok();
        match (family, account) {
            (Some(family), Some(account)) if errors.is_empty() => Ok(NewPath {
                family,
                account,
                receiver,
                line,
                listener,
                path_name,
                policy: PathPolicy {
                    hub: self.hub.unwrap_or_default(),
                    accept_skewed: self.accept_skewed.unwrap_or_default(),
                },
                key,
            }),
            _ => Err(Refused { code, errors }),
        }
    }
}

impl PathPatch {
    /// Checks everything that can be known without asking the store.
    pub(crate) fn check(self) -> Result<PathChange, Refused> {
        let mut errors = Vec::new();
        let (digits, removed) = match self.key {
            Patch::Absent => (None, false),
            Patch::Null => (None, true),
            Patch::Value(digits) => (Some(digits), false),
        };
        if removed && self.key_ascii.is_some() {
            let detail = "cannot be given together with `key`: null";
            errors.push(FieldError::new("key_ascii", detail));
        }
        let key = match key(&mut errors, digits.as_ref(), self.key_ascii.as_ref()) {
            Some(key) => KeyChange::Set(key),
            None if removed => KeyChange::Remove,
            None => KeyChange::Keep,
        };
        let change = PathChange {
            hub: self.hub,
            accept_skewed: self.accept_skewed,
            key,
        };
        if errors.is_empty() && change == PathChange::default() {
            let detail = "nothing is to be changed";
            let allowed = ["hub", "accept_skewed", "key", "key_ascii"];
            errors.push(FieldError::new(WHOLE, detail).allowed(allowed));
        }
        if errors.is_empty() {
            Ok(change)
        } else {
            let code = ErrorCode::RequestInvalid;
            Err(Refused { code, errors })
        }
    }
}

pub(super) fn listener(name: &str) -> Result<ListenerName, String> {
    ListenerName::parse(name).ok_or_else(|| {
        format!(
            "`{name}` cannot be the name of a listener: lower-case letters, digits and single \
             underscores, a letter first"
        )
    })
}

fn path_name(name: &str) -> Result<PathName, String> {
    PathName::parse(name).ok_or_else(|| {
        format!(
            "`{name}` cannot be the name of a path: 1 to 8 lower-case letters or digits, a letter first"
        )
    })
}

/// The key, if one is given and it is one.
fn key(
    errors: &mut Vec<FieldError>,
    digits: Option<&Secret>,
    characters: Option<&Secret>,
) -> Option<CipherKey> {
    let field = if characters.is_some() {
        "key_ascii"
    } else {
        "key"
    };
    noted(errors, field, secret::key(digits, characters)).flatten()
}

/// The value, or `None` and a note of what is wrong with the field.
pub(super) fn noted<T, E: fmt::Display>(
    errors: &mut Vec<FieldError>,
    field: &str,
    checked: Result<T, E>,
) -> Option<T> {
    checked
        .map_err(|error| errors.push(FieldError::new(field, error.to_string())))
        .ok()
}

fn family(name: Option<&str>, families: &[FamilyTitle]) -> Result<FamilyName, FieldError> {
    let name = name.unwrap_or(DEFAULT_FAMILY);
    let found = families.iter().find(|family| family.name.as_str() == name);
    found.map(|family| family.name).ok_or_else(|| {
        FieldError::new(
            "family",
            format!("`{name}` is no family that is known here"),
        )
        .allowed(families.iter().map(|family| family.name))
    })
}

/// The digits of a receiver or line number, as the panel's frames show them (DC-09: 1 to 6
/// hexadecimal digits). JSON may give them as a number: `12` are the digits 1 and 2.
#[derive(Debug)]
pub(crate) struct Digits(pub(crate) String);

impl Digits {
    fn number(&self) -> Result<u32, String> {
        let plain =
            (1..=6).contains(&self.0.len()) && self.0.bytes().all(|b| b.is_ascii_hexdigit());
        let number = plain.then(|| u32::from_str_radix(&self.0, 16).ok());
        number.flatten().ok_or_else(|| {
            format!(
                "`{}` is not a number as frames show it: 1 to 6 hexadecimal digits are expected",
                self.0
            )
        })
    }

    /// A line; 0 would say that the panel uses none, which frames do not tell from "any".
    fn line(&self) -> Result<u32, String> {
        match self.number()? {
            0 => Err("line 0 means that the panel names none: leave the line out".to_owned()),
            line => Ok(line),
        }
    }
}

impl<'de> Deserialize<'de> for Digits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Shown;

        impl Visitor<'_> for Shown {
            type Value = Digits;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("1 to 6 hexadecimal digits, as the panel's frames show them")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Digits, E> {
                Ok(Digits(text.to_owned()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Digits, E> {
                Ok(Digits(number.to_string()))
            }
        }

        deserializer.deserialize_any(Shown)
    }
}
