//! The quarantine as JSON.
//!
//! Invariant: the bytes of frames are personal data (R31): they are part of a stranger only by
//! [`ShownStranger`], which is for reads that were audited.

use data_encoding::BASE64;
use engine::ports::{Adoption, AdoptionRow, KeptFrame, ShownEntry, StrayEntry};
use model::{ErrorCode, PathPolicy, SiteId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::event::{frame_content, printable};
use super::panel_input::checked_name;
use super::path::digits;
use super::path_input::{Refused, listener, noted};
use super::secret::{self, Secret};
use super::time;

/// Somebody who sends frames and whom we do not know.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stranger {
    /// The number of the entry.
    number: u64,
    /// The protocol that it speaks.
    #[schema(example = "dc09")]
    family: String,
    /// The account that it shows.
    #[schema(example = "1234")]
    account: String,
    /// The receiver number that it shows, in hexadecimal digits; `null` if none.
    receiver: Option<String>,
    /// The line number that it shows, in hexadecimal digits; `null` if none.
    line: Option<String>,
    /// `unknown_account`; or `wrong_key`, `no_key`: the account is registered, and its key does
    /// not open the frames, or it has none.
    #[schema(example = "unknown_account")]
    reason: String,
    /// `open`; `rejected`: what comes is only counted; `adopted`: a panel became of it.
    #[schema(example = "open")]
    standing: &'static str,
    /// The listener that its last frame came by.
    listener: String,
    /// Whether the account is registered.
    registered: bool,
    /// The last few addresses that it came from, the newest first.
    sources: Vec<String>,
    /// When its first frame came.
    #[schema(format = DateTime)]
    first: String,
    /// When its last frame came.
    #[schema(format = DateTime)]
    last: String,
    /// How many frames came.
    count: u64,
    /// How many of these were acknowledged all the same, because the operator wants so.
    acknowledged: u64,
}

/// One page of the quarantine.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StrangerPage {
    /// The strangers, the newest number first.
    pub(crate) strangers: Vec<Stranger>,
    /// Where to go on; `null` at the end.
    pub(crate) next_cursor: Option<String>,
}

/// A stranger with the frames kept of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ShownStranger {
    #[serde(flatten)]
    stranger: Stranger,
    /// The last few frames, the oldest first.
    frames: Vec<Frame>,
}

/// A frame of a stranger.
#[derive(Debug, Serialize, ToSchema)]
struct Frame {
    /// When it was received.
    #[schema(format = DateTime)]
    received: String,
    /// The address that it came from.
    source: String,
    /// The protocol's name for the format.
    #[schema(example = "SIA-DCS")]
    format: String,
    /// Whether it came encrypted.
    encrypted: bool,
    /// Whether it was acknowledged all the same.
    acknowledged: bool,
    /// The frame as received, secrets redacted, its beginning only if it is long, in base64.
    raw: String,
    /// The same as text, where it is one.
    raw_text: Option<String>,
}

/// That a panel was a stranger before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Adopted {
    /// The number that it had in the quarantine.
    number: u64,
    /// When it was adopted.
    #[schema(format = DateTime)]
    at: String,
    /// By whom: the name of a token.
    by: String,
    /// When its first frame came.
    #[schema(format = DateTime)]
    first: String,
    /// When the last frame before the adoption came.
    #[schema(format = DateTime)]
    last: String,
    /// How many came before.
    count: u64,
}

/// What is registered of a stranger beside what it showed itself.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Adoption)]
pub(crate) struct AdoptionInput {
    /// What people will call the panel; the account, if absent.
    name: Option<String>,
    /// Where it stands; the default site, if absent.
    site: Option<String>,
    /// The listener by which it must come, as the configuration names it. Any, if absent.
    listener: Option<String>,
    /// Whether it may report for accounts other than its own.
    hub: Option<bool>,
    /// Whether an alarm whose clock stays wrong is acknowledged once it is stored.
    accept_skewed: Option<bool>,
    /// The AES key that it encrypts with, as 32, 48 or 64 hexadecimal digits. Never answered.
    #[schema(value_type = Option<String>, write_only)]
    key: Option<Secret>,
    /// The same as 16, 24 or 32 characters of ASCII. Never answered.
    #[schema(value_type = Option<String>, write_only)]
    key_ascii: Option<Secret>,
}

impl AdoptionInput {
    /// Checks everything that can be known without asking the store.
    pub(crate) fn check(self) -> Result<Adoption, Refused> {
        let mut errors = Vec::new();
        let name = self.name.as_deref().map(checked_name).transpose();
        let name = noted(&mut errors, "name", name).flatten();
        let site = self.site.as_deref().map(str::parse::<SiteId>).transpose();
        let site = noted(&mut errors, "site", site).flatten();
        let listener = self.listener.as_deref().map(listener).transpose();
        let listener = noted(&mut errors, "listener", listener).flatten();
        let field = if self.key_ascii.is_some() {
            "key_ascii"
        } else {
            "key"
        };
        let key = secret::key(self.key.as_ref(), self.key_ascii.as_ref());
        let key = noted(&mut errors, field, key).flatten();
        if !errors.is_empty() {
            let code = ErrorCode::RequestInvalid;
            return Err(Refused { code, errors });
        }
        Ok(Adoption {
            name,
            site,
            listener,
            policy: PathPolicy {
                hub: self.hub.unwrap_or_default(),
                accept_skewed: self.accept_skewed.unwrap_or_default(),
            },
            key,
        })
    }
}

impl From<&StrayEntry> for Stranger {
    fn from(entry: &StrayEntry) -> Self {
        let (identity, seen) = (&entry.identity, &entry.seen);
        Self {
            number: entry.number.0,
            family: identity.family.to_string(),
            account: identity.account.to_string(),
            receiver: identity.receiver.map(digits),
            line: identity.line.map(digits),
            reason: identity.reason.to_string(),
            standing: entry.standing.as_str(),
            listener: seen.listener.to_string(),
            registered: seen.path.is_some(),
            sources: seen.sources.iter().map(ToString::to_string).collect(),
            first: time::to_rfc3339(seen.first),
            last: time::to_rfc3339(seen.last),
            count: seen.count,
            acknowledged: seen.acknowledged,
        }
    }
}

impl From<&ShownEntry> for ShownStranger {
    fn from(shown: &ShownEntry) -> Self {
        Self {
            stranger: Stranger::from(&shown.entry),
            frames: shown.frames.iter().map(Frame::from).collect(),
        }
    }
}

impl From<&KeptFrame> for Frame {
    fn from(frame: &KeptFrame) -> Self {
        Self {
            received: time::to_rfc3339(frame.received),
            source: frame.source.to_string(),
            format: frame.format.clone(),
            encrypted: frame.encrypted,
            acknowledged: frame.acknowledged,
            raw: BASE64.encode(&frame.raw),
            raw_text: printable(frame_content(&frame.raw)),
        }
    }
}

impl From<&AdoptionRow> for Adopted {
    fn from(row: &AdoptionRow) -> Self {
        Self {
            number: row.number.0,
            at: time::to_rfc3339(row.at),
            by: row.who.clone(),
            first: time::to_rfc3339(row.first),
            last: time::to_rfc3339(row.last),
            count: row.count,
        }
    }
}
