//! The first lines that a newcomer reads: what is where, and what to type next.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::plan::Plan;
use crate::config::Listener;

/// Where everything is, once everything works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// What is spoken at each listener, over what, and its address.
    pub(crate) listeners: Vec<(String, SocketAddr)>,
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
            let over = if listener.udp { "TCP and UDP" } else { "TCP" };
            format!("{title} over {over}")
        };
        Self {
            listeners: plan
                .listeners()
                .map(|(listener, at)| (spoken(listener), at))
                .collect(),
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
        write!(f, "Stop with Ctrl-C.")
    }
}
