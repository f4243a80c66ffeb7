//! The real binary, `watchfire serve`, on a folder of its own.
//!
//! Its ports are free ones at the first start, and the same at every later one, so that panels
//! find it again. What it logs goes to a file beside the folder, on the same disk, whose end is
//! printed if the test fails.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde::Deserialize;
use sim::fleet::Member;

use super::api::{Api, Stored};
use super::processes::{House, children_of, is_alive, is_stopped, send};
use super::{tools, wait};

/// How long a start may take, its recovery included.
const START: Duration = Duration::from_secs(30);

/// How long a stop in order may take: five seconds, and the machine is busy.
const STOP: Duration = Duration::from_secs(10);

/// How long children may outlive their supervisor.
const ORPHANS: Duration = Duration::from_secs(5);

/// Lines of the log that are printed if the test fails.
const LAST_LINES: usize = 60;

/// What `run/endpoints.json` says, as far as it is used here.
#[derive(Debug, Clone, Deserialize)]
struct Endpoints {
    pid: u32,
    api: SocketAddr,
    listeners: BTreeMap<String, SocketAddr>,
}

/// A server that this test started.
#[derive(Debug)]
pub(crate) struct Server {
    data: PathBuf,
    settings: Vec<(String, String)>,
    log: PathBuf,
    process: Child,
    endpoints: Endpoints,
}

impl Server {
    /// Starts a server with two gateways on `data`, with more settings where given.
    pub(crate) async fn start(data: &Path, settings: &[(&str, &str)]) -> Self {
        let mut all: Vec<_> = [
            ("WATCHFIRE__LISTENER__DC09__ADDRESS", "127.0.0.1:0"),
            ("WATCHFIRE__LISTENER__DC09_TLS__ADDRESS", "127.0.0.1:0"),
            ("WATCHFIRE__LISTENER__MQTT__ADDRESS", "127.0.0.1:0"),
            ("WATCHFIRE__API__ADDRESS", "127.0.0.1:0"),
            ("WATCHFIRE__GATEWAY__COUNT", "2"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        for (key, value) in settings {
            all.retain(|(known, _)| known != key);
            all.push(((*key).to_owned(), (*value).to_owned()));
        }
        let log = data.with_extension("log");
        let mut process = spawn(data, &all, &log);
        let endpoints = ready(data, &log, &mut process).await;
        Self {
            data: data.to_owned(),
            settings: all,
            log,
            process,
            endpoints,
        }
    }

    /// Starts again on the same folder and ports, after the supervisor ended.
    pub(crate) async fn start_again(&mut self) {
        let listeners = self.endpoints.listeners.iter().map(|(name, address)| {
            let key = format!("WATCHFIRE__LISTENER__{}__ADDRESS", name.to_uppercase());
            (key, *address)
        });
        let api = ("WATCHFIRE__API__ADDRESS".to_owned(), self.endpoints.api);
        for (key, address) in listeners.chain([api]) {
            self.settings.retain(|(known, _)| *known != key);
            self.settings.push((key, address.to_string()));
        }
        self.process = spawn(&self.data, &self.settings, &self.log);
        self.endpoints = ready(&self.data, &self.log, &mut self.process).await;
    }

    /// Where panels connect to.
    pub(crate) fn panels(&self) -> SocketAddr {
        self.endpoints.listeners["dc09"]
    }

    /// Where a listener is.
    pub(crate) fn listener(&self, name: &str) -> SocketAddr {
        self.endpoints.listeners[name]
    }

    /// What the server logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    /// The supervisor.
    pub(crate) fn supervisor(&self) -> u32 {
        self.process.id()
    }

    /// The engine and the gateways, as they are now.
    pub(crate) fn children(&self) -> Vec<House> {
        children_of(self.supervisor())
    }

    /// The engine, as soon as there is one.
    pub(crate) async fn engine(&self) -> u32 {
        let engine = || {
            let mut children = self.children().into_iter();
            children
                .find(|child| child.role == "engine")
                .map(|child| child.pid)
        };
        wait::find("an engine", START, engine).await
    }

    /// The API, with the administrator's token.
    pub(crate) fn api(&self) -> Api {
        let token = fs::read_to_string(self.data.join("admin.token")).unwrap();
        Api::new(self.endpoints.api, &token)
    }

    /// Registers the panels of a fleet.
    pub(crate) async fn register(&self, members: &[Member]) {
        self.api().register(members).await;
    }

    /// Runs another subcommand of the binary against this server, and panics if it fails.
    pub(crate) fn command(&self, arguments: &[&str]) {
        let mut command = binary();
        command.args(arguments).arg("--data").arg(&self.data);
        tools::run(command.stdin(Stdio::null()));
    }

    /// Runs another subcommand of the binary against this server; what it printed. Panics if it fails.
    pub(crate) fn output(&self, arguments: &[&str]) -> String {
        let mut command = binary();
        command.args(arguments).arg("--data").arg(&self.data);
        tools::run(command.stdin(Stdio::null()))
    }

    /// Everything that is stored, once the server is ready to tell.
    pub(crate) async fn events(&self) -> Vec<Stored> {
        self.until_ready().await;
        self.api().events().await
    }

    /// Waits until the server says that it is ready.
    pub(crate) async fn until_ready(&self) {
        self.until_it_says(true).await;
    }

    /// Waits until the server says that it is not ready.
    pub(crate) async fn until_not_ready(&self) {
        self.until_it_says(false).await;
    }

    async fn until_it_says(&self, ready: bool) {
        let api = self.api();
        let said = async {
            while api.is_ready().await != ready {
                wait::pass(Duration::from_millis(50)).await;
            }
        };
        let in_time = tokio::time::timeout(START, said).await;
        assert!(
            in_time.is_ok(),
            "/readyz says ready={ready}: not within {START:?}"
        );
    }

    /// Kills the supervisor; its children must die with it, and leave folder and ports.
    pub(crate) async fn kill_supervisor(&mut self) {
        let children = self.children();
        send(self.supervisor(), Signal::KILL);
        self.process.wait().unwrap();
        let gone = || !children.iter().any(|child| is_alive(child.pid));
        wait::until("children die with their supervisor", ORPHANS, gone).await;
    }

    /// Stops every process, as a power cut would: nobody gets to finish anything.
    pub(crate) async fn freeze(&self) {
        let supervisor = self.supervisor();
        send(supervisor, Signal::STOP);
        wait::until("the supervisor stands still", START, || {
            is_stopped(supervisor)
        })
        .await;
        for child in self.children() {
            send(child.pid, Signal::STOP);
            wait::until("a child stands still", START, || is_stopped(child.pid)).await;
        }
    }

    /// Stops in order, as Ctrl-C does; the log must tell of no panic.
    pub(crate) async fn stop(mut self) {
        send(self.supervisor(), Signal::TERM);
        let ended = || self.process.try_wait().unwrap();
        let status = wait::find("a stop in order", STOP, ended).await;
        assert!(status.success(), "the supervisor ended with {status}");
        let log = fs::read_to_string(&self.log).unwrap();
        let panic = log.lines().find(|line| line.contains("panicked at"));
        assert_eq!(panic, None, "a process of the house panicked");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After a stop in order there is nobody left to kill, and nothing to wait for.
        let gone = self.process.kill().and_then(|()| self.process.wait());
        if std::thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let last = &lines[lines.len().saturating_sub(LAST_LINES)..];
            println!(
                "the end of the server's log ({gone:?}):\n{}",
                last.join("\n")
            );
        }
    }
}

fn spawn(data: &Path, settings: &[(String, String)], log: &Path) -> Child {
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .unwrap();
    let also = File::try_clone(&log).unwrap();
    let mut command = binary();
    command.arg("serve").arg("--data").arg(data);
    command.envs(settings.iter().map(|(key, value)| (key, value)));
    command.stdin(Stdio::null()).stdout(log).stderr(also);
    command.spawn().unwrap()
}

fn binary() -> Command {
    Command::new(env!("CARGO_BIN_EXE_watchfire"))
}

/// Waits until the file of endpoints is that of this very process.
async fn ready(data: &Path, log: &Path, process: &mut Child) -> Endpoints {
    let path = data.join("run/endpoints.json");
    let pid = process.id();
    let written = || {
        if let Some(status) = process.try_wait().unwrap() {
            let log = fs::read_to_string(log).unwrap_or_default();
            panic!("the server ended with {status} instead of serving:\n{log}");
        }
        let text = fs::read_to_string(&path).ok()?;
        let endpoints: Endpoints = serde_json::from_str(&text).ok()?;
        (endpoints.pid == pid).then_some(endpoints)
    };
    wait::find("endpoints.json", START, written).await
}

/// `watchfire verify` on a folder; panics if it finds anything or does not say what it looked at.
pub(crate) async fn verify(data: &Path) -> String {
    let mut command = binary();
    command
        .arg("verify")
        .arg("--data")
        .arg(data)
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "watchfire verify:\n{said}{complaint}"
    );
    assert!(
        !said.trim().is_empty(),
        "watchfire verify says what it looked at"
    );
    said
}
