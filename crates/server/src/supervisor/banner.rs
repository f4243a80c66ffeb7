//! The first lines that a newcomer reads: what is where, and what to type next.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use super::plan::Plan;

/// Where everything is, once everything works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// Family's title and address of each listener.
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
        let title = |family: &str| {
            let known = families::FAMILIES
                .iter()
                .find(|known| known.name().as_str() == family);
            known.map_or(family, |known| known.title()).to_owned()
        };
        Self {
            listeners: plan
                .listeners()
                .map(|(_, family, at)| (title(family), at))
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
        for (title, address) in &self.listeners {
            writeln!(f, "  panels  {title} over TCP on {address}")?;
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
