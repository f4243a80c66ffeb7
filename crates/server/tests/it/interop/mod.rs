//! Panels and a station that other people wrote, from `PyPI`, against the real server and against
//! our simulated panels.
//!
//! Invariant: a message counts as acknowledged only if the other's own code took it for that, and
//! as stored only if the API shows it; the scripts in `tests/interop` carry octets and judge
//! nothing.
//!
//! Each scenario says which habits of its panel it is about. What the packages are is in
//! `tests/interop/requirements.txt`; `cargo xtask tools` fetches them.

mod siadc09;
mod spt;
mod station;

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

use crate::support::api::Stored;
use crate::support::server::Server;
use crate::support::tools;

/// How long a script may take; its own waits are shorter.
const LIMIT: Duration = Duration::from_mins(2);

/// A server of two gateways on a folder of its own.
struct House {
    server: Server,
    _folder: tempfile::TempDir,
}

impl House {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(&folder.path().join("data"), &[]).await;
        Self {
            server,
            _folder: folder,
        }
    }

    /// Registers a panel as an administrator does.
    fn register(&self, arguments: &[&str]) {
        self.server
            .command(&[&["panel", "add"], arguments].concat());
    }

    /// Everything that is stored, a line for each event; then the server is stopped.
    async fn close(self) -> Vec<Stored> {
        let stored = self.server.events().await;
        self.server.stop().await;
        stored
    }
}

/// An event on one line: account, sequence, format, code, where, flags.
fn line(event: &Stored) -> String {
    let shown =
        |word: &str, value: &Option<String>| value.as_ref().map(|value| format!("{word} {value}"));
    let sequence = event.panel_sequence;
    let place = [
        Some(event.account.clone()),
        sequence.map(|sequence| format!("{sequence:04}")),
        Some(format!("{} {}", event.code.set, event.code.code)),
        shown("partition", &event.partition),
        shown("zone", &event.zone),
        shown("user", &event.user),
    ];
    let mut line = place.into_iter().flatten().collect::<Vec<_>>().join(" ");
    for flag in &event.flags {
        line.push_str(" +");
        line.push_str(flag);
    }
    line
}

fn lines(stored: &[Stored]) -> Vec<String> {
    stored.iter().map(line).collect()
}

/// Runs a script on a scenario to its end, and takes its report.
pub(crate) async fn play<T: DeserializeOwned>(script: &str, scenario: &Value) -> T {
    let mut child = python(script).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input
        .write_all(scenario.to_string().as_bytes())
        .await
        .unwrap();
    drop(input);
    let ended = timeout(LIMIT, child.wait_with_output()).await;
    let output = ended.unwrap_or_else(|late| panic!("{script}: not within {LIMIT:?} ({late})"));
    report(script, &output.unwrap())
}

/// A script that says how far it has come, a line for each word on its standard error.
pub(crate) struct Script {
    name: &'static str,
    child: Child,
    words: Lines<BufReader<ChildStderr>>,
}

impl Script {
    /// Starts a script on a scenario.
    pub(crate) async fn start(name: &'static str, scenario: &Value) -> Self {
        let mut child = python(name).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let scenario = scenario.to_string();
        input.write_all(scenario.as_bytes()).await.unwrap();
        let words = BufReader::new(child.stderr.take().unwrap()).lines();
        Self { name, child, words }
    }

    /// Waits until it says this word; anything else is a complaint.
    pub(crate) async fn said(&mut self, word: &str) {
        let line = timeout(LIMIT, self.words.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("{}: silent", self.name));
        assert_eq!(line.unwrap().as_deref(), Some(word), "{}", self.name);
    }

    /// Waits for its end, and takes its report.
    pub(crate) async fn report<T: DeserializeOwned>(mut self) -> T {
        let mut complaints = String::new();
        while let Some(line) = timeout(LIMIT, self.words.next_line())
            .await
            .unwrap()
            .unwrap()
        {
            complaints.push_str(&line);
            complaints.push('\n');
        }
        let mut output = timeout(LIMIT, self.child.wait_with_output())
            .await
            .unwrap()
            .unwrap();
        output.stderr = complaints.into_bytes();
        report(self.name, &output)
    }
}

/// What a script that ended has to say; its complaints are shown if it has failed.
fn report<T: DeserializeOwned>(script: &str, output: &Output) -> T {
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{script}: {}\n{complaints}",
        output.status
    );
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{script}: {error}\n{complaints}"))
}

/// Python with the packages and a script of `tests/interop`. It dies with its handle.
fn python(script: &str) -> Command {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop");
    let mut command = Command::new(tools::find("python3", "WATCHFIRE_PYTHON"));
    command
        .arg("-s")
        .arg(scripts.join(script))
        .env("PYTHONPATH", packages())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Where the packages are. A scenario without them has proved nothing, so their absence is a
/// failure.
pub(crate) fn packages() -> PathBuf {
    let usual = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/panels");
    let folder = std::env::var_os("WATCHFIRE_PANELS").map_or_else(usual, PathBuf::from);
    assert!(
        folder.join("requirements.txt").is_file(),
        "the real panels are not in {}: run `cargo xtask tools`",
        folder.display()
    );
    folder
}
