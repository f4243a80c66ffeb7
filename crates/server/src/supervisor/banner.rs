//! The first lines that a newcomer reads: what is where, and what to type next.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::plan::Plan;
use crate::config::{ClientCertificates, Listener};

/// Where everything is, once everything works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// What is spoken at each listener, over what, and its address.
    pub(crate) listeners: Vec<(String, SocketAddr)>,
    /// The file by which panels know the server, where there is TLS.
    pub(crate) known_by: Option<PathBuf>,
    /// Whether panels can speak MQTT.
    pub(crate) mqtt: bool,
    /// The address of the API.
    pub(crate) api: SocketAddr,
    /// The data folder.
    pub(crate) data: PathBuf,
    /// What the engine says of the store.
    pub(crate) note: String,
}

impl Greeting {
    pub(super) fn new(plan: &Plan, note: &str) -> Self {
        let spoken = |listener: &Listener| {
            let name = listener.family;
            let known = families::FAMILIES.iter().find(|known| known.name() == name);
            let title = known.map_or(name.as_str(), |known| known.title());
            let over = match (listener.tls, listener.udp) {
                (Some(ClientCertificates::Required), _) => "TLS, with certificates only,",
                (Some(_), _) => "TLS",
                (None, true) => "TCP and UDP",
                (None, false) => "TCP",
            };
            format!("{title} over {over}")
        };
        let with_tls = plan.listeners().any(|(listener, _)| listener.tls.is_some());
        let known_by = || match plan.certificate() {
            Some(certificate) => certificate.to_owned(),
            None => plan.data().join("tls").join("ca.pem"),
        };
        Self {
            listeners: plan
                .listeners()
                .map(|(listener, at)| (spoken(listener), at))
                .collect(),
            known_by: with_tls.then(known_by),
            mqtt: plan
                .listeners()
                .any(|(listener, _)| listener.family.as_str() == "mqtt"),
            api: plan.api(),
            data: plan.data().to_owned(),
            note: note.to_owned(),
        }
    }
}

impl fmt::Display for Greeting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = self.data.display();
        writeln!(f, "Watchfire {} is watching.\n", env!("CARGO_PKG_VERSION"))?;
        for (spoken, address) in &self.listeners {
            writeln!(f, "  panels  {spoken} on {address}")?;
        }
        if let Some(file) = &self.known_by {
            writeln!(f, "  TLS     panels know the server by {}", file.display())?;
        }
        writeln!(
            f,
            "  API     http://{}/api/v1 (token in {data}/admin.token)",
            self.api
        )?;
        writeln!(f, "  data    {data} ({})", self.note)?;
        let option = if self.data.ends_with("watchfire-data") {
            String::new()
        } else {
            format!(" --data {data}")
        };
        writeln!(f, "\nNext, in another terminal:")?;
        writeln!(f, "  watchfire panel add --account 1234{option}")?;
        writeln!(f, "  watchfire event tail{option}")?;
        if self.mqtt {
            writeln!(f, "For a panel that speaks MQTT, with a certificate:")?;
            writeln!(
                f,
                "  watchfire panel add --account 1235 --family mqtt{option}"
            )?;
            writeln!(f, "  watchfire panel enrol 1235 --out panel-1235{option}")?;
        }
        write!(f, "Stop with Ctrl-C.")
    }
}
