//! A panel to be registered, as JSON or as a row of a table, and what is checked of it.

use std::fmt;
use std::str::FromStr;

use engine::ports::NewPanel;
use model::{Account, ErrorCode, FamilyName, PathPolicy, SiteId};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use utoipa::ToSchema;

use crate::problem::{FieldError, Problem};
use crate::services::FamilyTitle;

/// The family of a panel whose family is not given.
const DEFAULT_FAMILY: &str = "dc09";

/// The longest name of a panel, in characters: a line of a list.
const LONGEST_NAME: usize = 200;

/// A panel to be registered.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewPanel)]
pub(crate) struct PanelInput {
    /// The protocol that it speaks; `dc09` if absent.
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
    /// What people will call it; the account, if absent.
    pub(crate) name: Option<String>,
    /// Where it stands; the default site, if absent.
    pub(crate) site: Option<String>,
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

impl PanelInput {
    /// Checks everything that can be known without asking the store.
    pub(crate) fn check(self, families: &[FamilyTitle]) -> Result<NewPanel, Refused> {
        let mut errors = Vec::new();
        let account = noted(
            &mut errors,
            "account",
            Account::parse(self.account.as_bytes()),
        );
        let receiver = self.receiver.map(|digits| digits.number()).transpose();
        let receiver = noted(&mut errors, "receiver", receiver).flatten();
        let line = self.line.map(|digits| digits.line()).transpose();
        let line = noted(&mut errors, "line", line).flatten();
        let name = self.name.as_deref().map(checked_name).transpose();
        let name = noted(&mut errors, "name", name).flatten();
        let site = self.site.as_deref().map(SiteId::from_str).transpose();
        let site = noted(&mut errors, "site", site).flatten();
        let code = if errors.is_empty() {
            ErrorCode::FamilyUnknown
        } else {
            ErrorCode::RequestInvalid
        };
        let family = family(self.family.as_deref(), families);
        let family = family.map_err(|error| errors.push(error)).ok();
        match (family, account) {
            (Some(family), Some(account)) if errors.is_empty() => Ok(NewPanel {
                name,
                site,
                family,
                account,
                receiver,
                line,
                listener: None,
                policy: PathPolicy::default(),
                key: None,
            }),
            _ => Err(Refused { code, errors }),
        }
    }
}

/// The value, or `None` and a note of what is wrong with the field.
fn noted<T, E: fmt::Display>(
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

fn checked_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control)
    {
        return Err(format!(
            "a name has 1 to {LONGEST_NAME} characters, none of them a control character"
        ));
    }
    Ok(name.to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn families() -> Vec<FamilyTitle> {
        vec![FamilyTitle {
            name: FamilyName::parse("dc09").unwrap(),
            title: "SIA DC-09".to_owned(),
        }]
    }

    fn check(json: &str) -> Result<NewPanel, Vec<String>> {
        let input: PanelInput = serde_json::from_str(json).unwrap();
        input.check(&families()).map_err(|refused| {
            let text = |e: FieldError| format!("{}: {}", e.field, e.detail);
            refused.errors.into_iter().map(text).collect()
        })
    }

    #[test]
    fn receiver_and_line_are_read_as_frames_show_them() {
        let panel = check(r#"{"account":"12ab","receiver":"1a","line":10}"#).unwrap();
        assert_eq!((panel.receiver, panel.line), (Some(0x1A), Some(0x10)));
        assert_eq!(panel.account.as_str(), "12AB");
        assert_eq!(panel.family.as_str(), "dc09");
    }

    #[test]
    fn every_refused_field_is_named() {
        let refused = check(
            r#"{"account":"12 4","receiver":"1234567","line":0,"name":" ","site":"x","family":"y"}"#,
        );
        insta::assert_snapshot!(refused.unwrap_err().join("\n"));
    }
}
