//! The server that is measured: the binary that was built along with this one, on a folder of its
//! own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};
use serde_json::Value;

use crate::api::Api;
use crate::processes;

/// A server at work; it is stopped when this is dropped.
#[derive(Debug)]
pub(crate) struct House {
    server: Child,
    data: PathBuf,
    endpoints: Value,
}

impl House {
    /// Starts a server on a folder, with these variables besides what goes without saying.
    pub(crate) fn start(data: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let server = serve(data, settings)?;
        let endpoints = std::fs::read(data.join("run/endpoints.json"))?;
        Ok(Self {
            server,
            data: data.to_owned(),
            endpoints: serde_json::from_slice(&endpoints)?,
        })
    }

    /// Registers panels: a table as `panel import` takes it.
    pub(crate) fn import(&self, table: &str) -> anyhow::Result<()> {
        let path = self.data.join("fleet.csv");
        std::fs::write(&path, table)?;
        let imported = Command::new(watchfire()?)
            .args(["panel", "import"])
            .arg(&path)
            .arg("--data")
            .arg(&self.data)
            .stdout(Stdio::null())
            .status()?;
        if imported.success() {
            Ok(())
        } else {
            bail!("the fleet could not be registered")
        }
    }

    /// Where a listener listens.
    pub(crate) fn listener(&self, name: &str) -> anyhow::Result<&str> {
        let address = self.endpoints["listeners"][name].as_str();
        address.context("no listener")
    }

    /// Its API.
    pub(crate) fn api(&self) -> anyhow::Result<Api> {
        let address = self.endpoints["api"].as_str().context("no API")?;
        let token = std::fs::read_to_string(self.data.join("admin.token"))?;
        Ok(Api::new(address, &token))
    }

    /// The process that watches over the others.
    pub(crate) fn supervisor(&self) -> u32 {
        self.server.id()
    }

    /// The processes of a role.
    pub(crate) fn of_role(&self, role: &str) -> Vec<u32> {
        let children = self.endpoints["children"].as_array();
        let of_role = children
            .into_iter()
            .flatten()
            .filter(|child| child["role"] == role);
        let pids = of_role.filter_map(|child| u32::try_from(child["pid"].as_u64()?).ok());
        pids.collect()
    }
}

impl Drop for House {
    fn drop(&mut self) {
        processes::end(&mut self.server);
    }
}

/// The binary.
pub(crate) fn watchfire() -> anyhow::Result<PathBuf> {
    let bench = std::env::current_exe()?;
    let target = bench.parent().context("no target folder")?;
    let binary = target.join("watchfire");
    if !binary.exists() {
        bail!("{} is not built: run `cargo xtask bench`", binary.display());
    }
    Ok(binary)
}

fn serve(data: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Child> {
    let mut server = Command::new(watchfire()?)
        .args(["serve", "--data"])
        .arg(data)
        .env("WATCHFIRE__LISTENER__DC09__ADDRESS", "127.0.0.1:0")
        .env("WATCHFIRE__LISTENER__DC09_TLS__ADDRESS", "127.0.0.1:0")
        .env("WATCHFIRE__LISTENER__MQTT__ADDRESS", "127.0.0.1:0")
        .env("WATCHFIRE__API__ADDRESS", "127.0.0.1:0")
        .env("WATCHFIRE__GATEWAY__COUNT", "2")
        .env("WATCHFIRE__LOG__FILTER", "warn")
        .envs(settings.iter().copied())
        .stdout(Stdio::piped())
        .spawn()?;
    let greeting = BufReader::new(server.stdout.take().context("no standard output")?);
    // The greeting ends when everything works.
    for line in greeting.lines() {
        if line?.starts_with("Stop with") {
            return Ok(server);
        }
    }
    bail!("the server ended before it was ready")
}
