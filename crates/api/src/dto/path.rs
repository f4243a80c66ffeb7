//! Paths as JSON.
//!
//! Invariant: of a key only its length and when it was set are told (I10).

use engine::ports::PathStanding;
use model::Forgery;
use serde::Serialize;
use utoipa::ToSchema;

use super::link::PathLink;
use super::supervision::{Known, PathStatus};
use super::time;

/// One way by which a panel reaches us, and the identity that it shows there.
#[derive(Debug, Serialize, ToSchema)]
#[expect(
    clippy::struct_field_names,
    reason = "`name` alone would be taken for the panel's"
)]
pub(crate) struct Path {
    id: String,
    /// The protocol that is spoken on it.
    #[schema(example = "dc09")]
    family: String,
    /// The account shown.
    account: String,
    /// The receiver number that must be shown, in hexadecimal digits; `null` means any.
    receiver: Option<String>,
    /// The line number that must be shown, in hexadecimal digits; `null` means any.
    line: Option<String>,
    /// The listener by which it must come; `null` means any.
    listener: Option<String>,
    /// What the panel must call it, in families that name paths; `null` means any name, or none.
    path_name: Option<String>,
    /// Whether it may report for accounts other than its own.
    hub: bool,
    /// Whether an alarm whose clock stays wrong is acknowledged once it is stored.
    accept_skewed: bool,
    /// By what it is encrypted: `none`, with a key of the panel `aes128`, `aes192` or `aes256`, or `tls`
    /// where its family is spoken over TLS only. The key itself is never told.
    #[schema(example = "aes128")]
    encrypted: &'static str,
    /// When the key was set; `null` without one.
    #[schema(format = DateTime)]
    key_set: Option<String>,
    /// When something valid last came by it since the server started.
    #[schema(format = DateTime)]
    last_heard: Option<String>,
    /// Whether it is reachable.
    supervision: PathStatus,
    /// How it stands. Only where one panel is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    standing: Option<Standing>,
    /// How its link is. Only where one panel is asked for, and something is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<PathLink>,
}

/// How a path stands beyond what was registered of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Standing {
    /// Whether a correctly encrypted signal ever came by it: from then on a plain one is doubtful.
    once_encrypted: bool,
    /// Whether an altered signal would be noticed: `unknown` as long as too little was heard,
    /// `visible`, `invisible`.
    #[schema(example = "visible")]
    forgery: &'static str,
    /// The highest supervision class (EN 50136) that it can have; `null` where nothing that was
    /// learned limits it.
    #[schema(example = "SP2")]
    highest_class: Option<&'static str>,
    /// Whether its key opens no more, because it was sealed under another `seal.key`.
    key_is_lost: bool,
    /// Whether it has a secret, which the panel can show in place of a certificate.
    has_secret: bool,
    /// What a person must know of the above, a sentence each.
    warnings: Vec<&'static str>,
}

/// R1: said on the page of a panel whose signals could be forged unnoticed.
const FORGEABLE: &str = "An altered signal of this path would not be noticed: its encryption does \
    not authenticate, and its padding may be any octet. Its supervision class cannot be above SP2; \
    TLS is the remedy.";

const KEY_LOST: &str = "The key of this path was sealed under another keys/seal.key and opens no \
    more: its encrypted signals are refused. Restore that file, or set the key again.";

/// A receiver or line number as frames show it.
pub(super) fn digits(number: u32) -> String {
    format!("{number:X}")
}

impl Path {
    pub(crate) fn new(path: &model::Path, known: Known<'_>) -> Self {
        let last_heard = known.last_heard(path.index);
        Self {
            id: path.id.to_string(),
            family: path.family.to_string(),
            account: path.account.to_string(),
            receiver: path.receiver.map(digits),
            line: path.line.map(digits),
            listener: path.listener.map(|name| name.to_string()),
            path_name: path.path_name.map(|name| name.to_string()),
            hub: path.policy.hub,
            accept_skewed: path.policy.accept_skewed,
            encrypted: known.encryption(path),
            key_set: path.cipher.map(|cipher| time::to_rfc3339(cipher.set)),
            last_heard: last_heard.map(time::to_rfc3339),
            supervision: PathStatus::from(known.supervision.status(path.index)),
            standing: None,
            link: None,
        }
    }

    /// Tells how its link is.
    pub(crate) fn links(&mut self, link: Option<PathLink>) {
        self.link = link;
    }

    /// Tells how it stands.
    pub(crate) fn stands(&mut self, standing: &PathStanding) {
        self.standing = Some(Standing::from(standing));
    }
}

impl From<&PathStanding> for Standing {
    fn from(standing: &PathStanding) -> Self {
        let forgery = standing.learned.forgery;
        let forgeable = forgery == Forgery::Invisible;
        let warnings = [
            standing.key_is_lost.then_some(KEY_LOST),
            forgeable.then_some(FORGEABLE),
        ];
        Self {
            once_encrypted: standing.learned.once_encrypted,
            forgery: forgery.as_str(),
            highest_class: forgeable.then_some("SP2"),
            key_is_lost: standing.key_is_lost,
            has_secret: standing.has_secret,
            warnings: warnings.into_iter().flatten().collect(),
        }
    }
}
