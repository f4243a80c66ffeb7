//! A panel to be registered, as JSON or as a row of a table, and what is checked of it.

use std::str::FromStr;

use engine::ports::NewPanel;
use model::{SiteId, Watch};
use serde::Deserialize;
use utoipa::ToSchema;

use super::path_input::{Digits, PathInput, Refused, noted};
use super::secret::Secret;
use crate::problem::FieldError;
use crate::services::{FamilyTitle, Services};

/// The longest name of a panel, in characters: a line of a list.
const LONGEST_NAME: usize = 200;

/// A panel to be registered, with its first path.
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
    /// How closely it is watched: a class such as `SP5`, `off`, or a time such as `90s`. As the
    /// server's default says, if absent.
    #[schema(example = "SP5")]
    pub(crate) supervision: Option<String>,
}

impl PanelInput {
    /// Checks everything that can be known without asking the store, and whether the panel may be
    /// watched as closely as it says (R1, R10).
    pub(crate) fn admit(self, services: &Services) -> Result<NewPanel, Refused> {
        let panel = self.check(&services.families)?;
        match services.supervision.may_begin(&panel) {
            Ok(()) => Ok(panel),
            Err(error) => Err(Refused {
                code: error.code(),
                errors: vec![FieldError::new("supervision", error.to_string())],
            }),
        }
    }

    /// Checks everything that can be known without asking anybody.
    fn check(self, families: &[FamilyTitle]) -> Result<NewPanel, Refused> {
        let mut errors = Vec::new();
        let name = self.name.as_deref().map(checked_name).transpose();
        let name = noted(&mut errors, "name", name).flatten();
        let site = self.site.as_deref().map(SiteId::from_str).transpose();
        let site = noted(&mut errors, "site", site).flatten();
        let watch = self.supervision.as_deref().map(Watch::parse).transpose();
        let watch = noted(&mut errors, "supervision", watch).flatten();
        let path = PathInput {
            family: self.family,
            account: self.account,
            receiver: self.receiver,
            line: self.line,
            listener: self.listener,
            path_name: self.path_name,
            hub: self.hub,
            accept_skewed: self.accept_skewed,
            key: self.key,
            key_ascii: self.key_ascii,
        };
        let path = path.check_among(families, errors)?;
        Ok(NewPanel {
            name,
            site,
            family: path.family,
            account: path.account,
            receiver: path.receiver,
            line: path.line,
            listener: path.listener,
            path_name: path.path_name,
            policy: path.policy,
            key: path.key,
            watch,
        })
    }
}

pub(super) fn checked_name(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control)
    {
        return Err(format!(
            "a name has 1 to {LONGEST_NAME} characters, none of them a control character"
        ));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use model::FamilyName;

    use super::*;

    fn families() -> Vec<FamilyTitle> {
        vec![FamilyTitle {
            name: FamilyName::parse("dc09").unwrap(),
            title: "SIA DC-09".to_owned(),
            over_tls: false,
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
