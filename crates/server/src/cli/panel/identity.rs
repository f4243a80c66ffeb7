//! What a path shows of itself, and what it may do: the options that `panel add` and
//! `panel path add` share.

use clap::Args;
use serde_json::{Map, Value};

use super::key::KeyOptions;
use crate::cli::Failure;

/// A path to be registered.
#[derive(Debug, Args)]
pub(super) struct Identity {
    /// The protocol that it speaks.
    #[arg(long, default_value = "dc09")]
    family: String,
    /// The account that it shows: 1 to 16 letters or digits.
    #[arg(long)]
    account: String,
    /// The receiver number that it must show, in hexadecimal digits; any, if not given.
    #[arg(long)]
    receiver: Option<String>,
    /// The line number that it must show, in hexadecimal digits; any, if not given.
    #[arg(long)]
    line: Option<String>,
    /// What the panel calls this way of reaching the server, where its protocol has such names, such as
    /// `lan` or `cell`: 1 to 8 lower-case letters or digits; any, or none, if not given.
    #[arg(long, value_name = "NAME")]
    path_name: Option<String>,
    /// The listener by which it must come, as the configuration names it; any, if not given.
    #[arg(long, value_name = "NAME")]
    listener: Option<String>,
    /// It may report for accounts other than its own.
    #[arg(long)]
    hub: bool,
    /// Acknowledge its alarms once they are stored, though its clock stays wrong.
    #[arg(long)]
    accept_skewed: bool,
    #[command(flatten)]
    key: KeyOptions,
}

impl Identity {
    /// As the API expects it.
    pub(super) fn document(self) -> Result<Map<String, Value>, Failure> {
        let texts = [
            ("family", Some(self.family)),
            ("account", Some(self.account)),
            ("receiver", self.receiver),
            ("line", self.line),
            ("listener", self.listener),
            ("path_name", self.path_name),
        ];
        let mut document = Map::new();
        for (name, text) in texts {
            document.extend(text.map(|text| (name.to_owned(), Value::String(text))));
        }
        for (name, set) in [("hub", self.hub), ("accept_skewed", self.accept_skewed)] {
            document.extend(set.then(|| (name.to_owned(), Value::Bool(true))));
        }
        self.key.put_into(&mut document)?;
        Ok(document)
    }
}
