//! The configuration: one TOML file, the environment and flags, read once at the start.
//!
//! ```text
//!   defaults  <  file  <  WATCHFIRE__SECTION__KEY  <  flags         layer.rs
//!                     │ one value a key, with its origin
//!                     ▼
//!   Raw of each section (serde)  ─►  validated section  ─►  Config  data.rs, gateway.rs, …
//! ```
//!
//! Invariant: a key that nobody knows is refused, wherever it comes from, so that a spelling
//! mistake never leaves a default in force unnoticed.
//! Invariant: each default is written once, in the [`schema::Key`] table of its section; the
//! annotated default file is printed from these tables and is itself the lowest layer.
//!
//! What never happens here: reading the process's own environment or arguments (both are
//! handed in), writing anything, starting half-configured. All that is wrong is told at once.

mod api;
mod data;
mod gateway;
mod layer;
mod listener;
mod log;
mod problem;
mod retention;
mod schema;
mod supervision;
#[cfg(test)]
mod tests;
mod tls;
mod units;

use std::ffi::OsString;
use std::path::PathBuf;

pub use api::Api;
pub use data::{Data, Synchronous};
pub use gateway::Gateway;
pub use layer::{Setting, Settings};
pub use listener::{ClientCertificates, Listener};
pub use log::{Log, LogFormat};
pub use problem::{Origin, Problem, Problems};
pub use retention::Retention;
pub use schema::{default_file, keys, variable};
pub use supervision::Supervision;
pub use tls::Tls;

/// Where settings come from, besides the defaults.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The configuration file, from `--config` or `WATCHFIRE_CONFIG`.
    pub file: Option<PathBuf>,
    /// The environment; only names that begin with `WATCHFIRE__` are looked at.
    pub environment: Vec<(OsString, OsString)>,
    /// The data folder, from `--data`.
    pub data: Option<PathBuf>,
}

/// Everything that can be set, valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where everything is kept.
    pub data: Data,
    /// The processes that hold panels' connections.
    pub gateway: Gateway,
    /// Where panels connect to, by name; those that are enabled.
    pub listeners: Vec<Listener>,
    /// Certificates, for listeners with TLS.
    pub tls: Tls,
    /// Where the API is.
    pub api: Api,
    /// How closely panels are watched.
    pub supervision: Supervision,
    /// How long events are kept.
    pub retention: Retention,
    /// What is logged.
    pub log: Log,
}

impl Config {
    /// Reads all sources; tells everything that is wrong with them, not only the first thing.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        let report = check(sources);
        report.config.ok_or(report.problems)
    }
}

/// What is effective and what is wrong.
#[derive(Debug)]
pub struct Report {
    /// Every key that has a value, known keys only.
    pub settings: Settings,
    /// The configuration, if nothing is wrong.
    pub config: Option<Config>,
    /// What is wrong.
    pub problems: Problems,
}

/// Reads all sources and keeps what `config check` tells.
pub fn check(sources: &Sources) -> Report {
    let mut problems = Problems::default();
    let settings = Settings::gather(sources, &mut problems);
    let config = validated(&settings, &mut problems);
    Report {
        settings,
        config: config.filter(|_| problems.is_empty()),
        problems,
    }
}

fn validated(settings: &Settings, problems: &mut Problems) -> Option<Config> {
    // Each section is read before the first `?`, so that all of them tell what is wrong.
    let data = Data::read(settings, problems);
    let gateway = Gateway::read(settings, problems);
    let api = Api::read(settings, problems);
    let listeners = listener::read_all(settings, problems);
    let tls = Tls::read(settings, problems);
    let supervision = Supervision::read(settings, problems);
    let retention = Retention::read(settings, problems);
    let log = Log::read(settings, problems);
    Some(Config {
        data: data?,
        gateway: gateway?,
        listeners: listeners?,
        tls: tls?,
        api: api?,
        supervision: supervision?,
        retention: retention?,
        log: log?,
    })
}
