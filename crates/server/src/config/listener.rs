//! `[listener.NAME]`: where panels connect to, and which protocol is spoken there.

use std::net::SocketAddr;

use model::FamilyName;
use proto::Strangers;
use serde::Deserialize;

use super::Settings;
use super::problem::Problems;
use super::schema::{Instance, Key, Section};

pub(super) const SECTION: Section = Section {
    name: "listener",
    doc: "Where panels connect to. There can be several, each in a section [listener.NAME] of its own.",
    instances: &[
        Instance {
            name: "dc09",
            doc: "",
            set: &[],
        },
        Instance {
            name: "dc09_tls",
            doc: "SIA DC-09 over TLS. A panel with a certificate speaks only for its own accounts.",
            set: &[
                ("address", r#""0.0.0.0:9010""#),
                ("udp", "false"),
                ("tls", r#""on""#),
                ("client_certificates", r#""optional""#),
            ],
        },
        Instance {
            name: "mqtt",
            doc: "The panel protocol, MQTT over TLS. A panel shows a certificate, or its secret as the password.",
            set: &[
                ("family", r#""mqtt""#),
                ("address", r#""0.0.0.0:8883""#),
                ("udp", "false"),
                ("tls", r#""on""#),
                ("client_certificates", r#""optional""#),
            ],
        },
    ],
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
            allowed: r#""dc09" (SIA DC-09) or "mqtt" (the panel protocol over MQTT)"#,
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
            name: "tls",
            doc: "Whether connections are encrypted by TLS (1.2 or 1.3), with the certificate of section [tls]. The protocol\n\"mqtt\" is spoken without it on this machine only.",
            default: r#""off""#,
            allowed: r#""off" or "on""#,
            hidden: false,
        },
        Key {
            name: "client_certificates",
            doc: "Whether panels show a certificate, where there is TLS. Without one a panel proves by its secret, or by its\nframes, who it is. A listener with TLS that does not say so takes \"optional\".",
            default: r#""off""#,
            allowed: r#""required", "optional" or "off""#,
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
    udp: Option<bool>,
    #[serde(default)]
    tls: Switch,
    client_certificates: Option<ClientCertificates>,
    #[serde(default)]
    strangers: Manner,
}

/// Whether there is TLS, as it is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Switch {
    #[default]
    Off,
    On,
}

/// Whether panels show certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientCertificates {
    /// A handshake without one fails.
    Required,
    /// Those who have one do.
    Optional,
    /// None is asked for.
    Off,
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
    /// Whether connections are encrypted, and then whether panels show certificates.
    pub tls: Option<ClientCertificates>,
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
    let mut wrong = |key: &str, what: String| {
        problems.push(settings.problem(&format!("{section}.{key}"), what));
    };
    let known = families::FAMILIES.iter().map(|family| family.name());
    let family = known.into_iter().find(|name| name.as_str() == raw.family);
    if family.is_none() {
        wrong("family", format!("there is no family \"{}\"", raw.family));
    }
    let address = raw.address.parse().ok();
    if address.is_none() {
        wrong(
            "address",
            format!("\"{}\" is not an address and a port", raw.address),
        );
    }
    let (family, address) = (family?, address?);
    let contradiction = contradiction(&raw, family, address);
    if let Some((key, what)) = contradiction {
        wrong(key, what.to_owned());
        return None;
    }
    let with_tls = raw.tls == Switch::On;
    let certificates = raw
        .client_certificates
        .unwrap_or(ClientCertificates::Optional);
    let listener = Listener {
        name: name.to_owned(),
        family,
        address,
        udp: raw.udp.unwrap_or_else(|| !with_tls && !is_mqtt(family)),
        tls: with_tls.then_some(certificates),
        strangers: match raw.strangers {
            Manner::Decline => Strangers::Decline,
            Manner::Silence => Strangers::Silence,
            Manner::Acknowledge => Strangers::Acknowledge,
        },
    };
    Some((listener, raw.enabled))
}

fn is_mqtt(family: FamilyName) -> bool {
    family.as_str() == "mqtt"
}

/// Which key contradicts the others, and how.
fn contradiction(
    raw: &Raw,
    family: FamilyName,
    address: SocketAddr,
) -> Option<(&'static str, &'static str)> {
    let with_tls = raw.tls == Switch::On;
    let datagrams = raw.udp == Some(true);
    let asks = raw
        .client_certificates
        .is_some_and(|certificates| certificates != ClientCertificates::Off);
    match () {
        () if datagrams && is_mqtt(family) => Some(("udp", "mqtt is not spoken in datagrams")),
        () if datagrams && with_tls => Some((
            "udp",
            "TLS is for connections, and datagrams would go in clear: take them at a listener without TLS",
        )),
        () if asks && !with_tls => Some((
            "client_certificates",
            "without TLS there are no certificates: set `tls = \"on\"`",
        )),
        () if is_mqtt(family) && !with_tls && !address.ip().is_loopback() => Some((
            "tls",
            "mqtt without TLS is for a loopback address only: set `tls = \"on\"`",
        )),
        () => None,
    }
}
