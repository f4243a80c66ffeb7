//! `[api]`: where the HTTP API is.

use std::net::SocketAddr;

use serde::Deserialize;

use super::Settings;
use super::problem::Problems;
use super::schema::{Key, Section};

pub(super) const SECTION: Section = Section {
    name: "api",
    doc: "The HTTP API, which the other commands of `watchfire` use as well.",
    instances: &[],
    keys: &[Key {
        name: "address",
        doc: "The address and the port; port 0 takes a free one. The API has no TLS yet and is therefore\nbound to this machine only.",
        default: r#""127.0.0.1:8080""#,
        allowed: "a loopback address and a port, such as 127.0.0.1:8080 or [::1]:8080",
        hidden: false,
    }],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    address: String,
}

/// Where the API is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    /// A loopback address; port 0 takes a free one.
    pub address: SocketAddr,
}

impl Api {
    pub(super) fn read(settings: &Settings, problems: &mut Problems) -> Option<Self> {
        let raw: Raw = settings.section("api", problems)?;
        let what = match raw.address.parse::<SocketAddr>() {
            Ok(address) if address.ip().is_loopback() => return Some(Self { address }),
            Ok(_) => "the API binds loopback only until it has TLS".to_owned(),
            Err(_) => format!("\"{}\" is not an address and a port", raw.address),
        };
        problems.push(settings.problem("api.address", what));
        None
    }
}
