//! `[listener.NAME]`: where panels connect to, and which protocol is spoken there.

use std::net::SocketAddr;

use model::FamilyName;
use proto::Strangers;
use serde::Deserialize;

use super::Settings;
use super::problem::Problems;
use super::schema::{Key, Section};

pub(super) const SECTION: Section = Section {
    name: "listener",
    doc: "Where panels connect to. There can be several, each in a section [listener.NAME] of its own.",
    instance: Some("dc09"),
    keys: &[
        Key {
            name: "enabled",
            doc: "Whether it is opened.",
            default: "true",
            allowed: "true or false",
            hidden: false,
        },
        Key {
            name: "family",
            doc: "The protocol that panels speak there.",
            default: r#""dc09""#,
            allowed: r#""dc09" (SIA DC-09)"#,
            hidden: false,
        },
        Key {
            name: "address",
            doc: "The address and the port. 0.0.0.0 is every IPv4 address of this machine, [::] every address;\nport 0 takes a free one, which DATA/run/endpoints.json then names.",
            default: r#""0.0.0.0:9009""#,
            allowed: "an address and a port, such as 0.0.0.0:9009 or [::1]:9009",
            hidden: false,
        },
        Key {
            name: "udp",
            doc: "Whether panels may send datagrams (UDP) to the same port, too. They are answered from the address\nthat they were sent to.",
            default: "true",
            allowed: "true or false",
            hidden: false,
        },
        Key {
            name: "strangers",
            doc: "How a frame of an account that nobody registered, or that its key does not open, is answered:\n\"decline\" says that it cannot be processed, \"silence\" says nothing. \"acknowledge\" stores what an unknown\naccount sends in plain as an event of its own, and acknowledges it; all else is declined.",
            default: r#""decline""#,
            allowed: r#""decline", "silence" or "acknowledge""#,
            hidden: false,
        },
    ],
};

pub(super) const NAME_ALLOWED: &str =
    "1 to 32 lower-case letters, digits and single underscores, a letter first";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    #[serde(default = "enabled")]
    enabled: bool,
    family: String,
    address: String,
    #[serde(default = "enabled")]
    udp: bool,
    #[serde(default)]
    strangers: Manner,
}

/// How strangers are answered, as it is written.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Manner {
    #[default]
    Decline,
    Silence,
    Acknowledge,
}

/// A listener that nobody switched off is on; the default layer says so of the default one only.
const fn enabled() -> bool {
    true
}

/// Where panels connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its name, as in `[listener.NAME]`.
    pub name: String,
    /// The protocol that is spoken there.
    pub family: FamilyName,
    /// Where it is; port 0 takes a free one.
    pub address: SocketAddr,
    /// Whether datagrams are taken on the same port.
    pub udp: bool,
    /// How strangers are answered (R6).
    pub strangers: Strangers,
}

/// Whether a listener can be called so. Two underscores would part keys in the environment.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=32).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(plain)
        && !name.contains("__")
        && !name.ends_with('_')
}

/// All listeners that are enabled, by name.
pub(super) fn read_all(settings: &Settings, problems: &mut Problems) -> Option<Vec<Listener>> {
    let mut listeners: Vec<Listener> = Vec::new();
    let mut well = true;
    for name in settings.listeners() {
        match read(&name, settings, problems) {
            None => well = false,
            Some((_, false)) => {}
            Some((listener, true)) => {
                let same = listeners.iter().find(|other| {
                    listener.address.port() != 0 && other.address == listener.address
                });
                if let Some(other) = same {
                    let what = format!("listener `{}` has this address already", other.name);
                    let key = format!("listener.{name}.address");
                    problems.push(settings.problem(&key, what));
                    well = false;
                }
                listeners.push(listener);
            }
        }
    }
    well.then_some(listeners)
}

fn read(name: &str, settings: &Settings, problems: &mut Problems) -> Option<(Listener, bool)> {
    let section = format!("listener.{name}");
    let raw: Raw = settings.section(&section, problems)?;
    let known = families::FAMILIES.iter().map(|family| family.name());
    let family = known.into_iter().find(|name| name.as_str() == raw.family);
    if family.is_none() {
        let what = format!("there is no family \"{}\"", raw.family);
        problems.push(settings.problem(&format!("{section}.family"), what));
    }
    let address = raw.address.parse().ok();
    if address.is_none() {
        let what = format!("\"{}\" is not an address and a port", raw.address);
        problems.push(settings.problem(&format!("{section}.address"), what));
    }
    let listener = Listener {
        name: name.to_owned(),
        family: family?,
        address: address?,
        udp: raw.udp,
        strangers: match raw.strangers {
            Manner::Decline => Strangers::Decline,
            Manner::Silence => Strangers::Silence,
            Manner::Acknowledge => Strangers::Acknowledge,
        },
    };
    Some((listener, raw.enabled))
}
