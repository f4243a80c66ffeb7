//! `DATA/run/endpoints.json`: where the running server is, for the CLI, tests and people.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Where the running server is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Endpoints {
    /// The supervisor's process id.
    pub(crate) pid: u32,
    /// The address of the API.
    pub(crate) api: SocketAddr,
    /// The address of each listener, by name.
    pub(crate) listeners: BTreeMap<String, SocketAddr>,
    /// The names of those with TLS.
    #[serde(default)]
    pub(crate) tls: Vec<String>,
    /// The processes that are at work.
    pub(crate) children: Vec<ChildEntry>,
}

/// A process at work.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct ChildEntry {
    /// `engine` or `gateway`.
    pub(crate) role: String,
    /// Which of them, from 0.
    pub(crate) index: u16,
    /// Its process id.
    pub(crate) pid: u32,
}

impl Endpoints {
    /// Replaces the file in one step, so that nobody reads half of it.
    pub(crate) fn write(&self, run: &Path) -> std::io::Result<()> {
        let temporary = run.join("endpoints.json.new");
        let mut file = fs::File::create(&temporary)?;
        file.write_all(&serde_json::to_vec_pretty(self)?)?;
        fs::rename(temporary, run.join("endpoints.json"))
    }

    /// Takes the file away when the server ends in order.
    pub(crate) fn remove(run: &Path) {
        if let Err(error) = fs::remove_file(run.join("endpoints.json")) {
            tracing::debug!(%error, "endpoints.json was gone already");
        }
    }
}
