//! `watchfire sim` as it is typed, against the real server and against nobody.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

use crate::support::processes::{children_of, is_alive, send};
use crate::support::server::Server;
use crate::support::turn::turn;
use crate::support::wait;

const LIMIT: Duration = Duration::from_secs(30);

fn watchfire(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchfire"));
    command
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn sim(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = watchfire(folder, &["sim"]);
    command.args(arguments).output().unwrap()
}

fn told(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|octets| String::from_utf8_lossy(octets));
    format!("{out}{err}")
}

/// Writes the fleet's table, and registers it as a user would.
fn register(folder: &Path, fleet: &[&str]) {
    let written = sim(folder, &[fleet, &["--write-panels", "fleet.csv"]].concat());
    assert!(written.status.success(), "{}", told(&written));
    let arguments = ["panel", "import", "fleet.csv", "--data", "data"];
    let imported = watchfire(folder, &arguments).output().unwrap();
    assert!(imported.status.success(), "{}", told(&imported));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_in_three_processes_reports_to_the_server_and_tells_how_it_was_served() {
    let _turn = turn("a simulated fleet in three processes").await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &[]).await;
    let fleet = ["--panels", "90", "--first-account", "0A00"];
    register(folder.path(), &fleet);
    let target = server.panels().to_string();
    let load = [
        "--target",
        &target,
        "--scenario",
        "day",
        "--rate",
        "150",
        "--duration",
        "3s",
        "--processes",
        "3",
        "--split",
        "10%",
        "--repeats",
        "5%",
        "--fail-on-loss",
        "--json",
        "--report",
        "report.json",
    ];
    let ran = sim(folder.path(), &[&fleet[..], &load].concat());
    assert!(ran.status.success(), "{}", told(&ran));
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let file = std::fs::read(folder.path().join("report.json")).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&file).unwrap(), report);
    println!("{}", report["report"]["latency"]);
    let count = |name: &str| report["report"]["counters"][name].as_u64().unwrap();
    assert_eq!(report["run"]["processes"], 3);
    assert_eq!(report["report"]["panels"], 90);
    assert!((440..=455).contains(&count("sent")), "{report}");
    assert_eq!(count("acknowledged"), count("sent"));
    assert_eq!(report["report"]["latency"]["count"], count("sent"));
    let stored = server.events().await;
    server.stop().await;
    assert_eq!(stored.len() as u64, count("sent"), "each is stored once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fleet_that_is_not_registered_is_refused_and_that_is_told() {
    let _turn = turn("a simulated fleet of strangers").await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &[]).await;
    let target = server.panels().to_string();
    let ran = sim(
        folder.path(),
        &[
            "--target",
            &target,
            "--panels",
            "5",
            "--rate",
            "20",
            "--duration",
            "1s",
        ],
    );
    server.stop().await;
    assert!(ran.status.success(), "{}", told(&ran));
    assert!(told(&ran).contains("signals refused"), "{}", told(&ran));
}

fn start(folder: &Path, target: &str) -> Child {
    let load = [
        "sim",
        "--target",
        target,
        "--panels",
        "20",
        "--duration",
        "1h",
        "--processes",
        "2",
        "--rate",
        "10",
        "--json",
    ];
    let mut run = watchfire(folder, &load);
    run.process_group(0).spawn().unwrap()
}

async fn parts_of(parent: u32) -> Vec<u32> {
    let parts = || {
        let parts: Vec<_> = children_of(parent)
            .into_iter()
            .map(|child| child.pid)
            .collect();
        (parts.len() == 2).then_some(parts)
    };
    wait::find("two processes", LIMIT, parts).await
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_all_parts_in_order_and_still_brings_the_report() {
    let _turn = turn("Ctrl-C ends a simulated fleet").await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &[]).await;
    let run = start(folder.path(), &server.panels().to_string());
    parts_of(run.id()).await;
    // As a terminal does: to all of the group.
    kill_process_group(Pid::from_child(&run), Signal::INT).unwrap();
    let ended = tokio::task::spawn_blocking(move || run.wait_with_output().unwrap());
    let ended = ended.await.unwrap();
    server.stop().await;
    assert!(ended.status.success(), "{}", told(&ended));
    let report: Value = serde_json::from_slice(&ended.stdout).unwrap();
    assert_eq!(report["run"]["interrupted"], true);
    assert_eq!(report["report"]["panels"], 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_a_fleet_die_with_the_process_that_started_them() {
    let _turn = turn("the death of a simulated fleet's parent").await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &[]).await;
    let mut run = start(folder.path(), &server.panels().to_string());
    let parts = parts_of(run.id()).await;
    send(run.id(), Signal::KILL);
    run.wait().unwrap();
    let gone = || !parts.iter().any(|part| is_alive(*part));
    wait::until("the parts are gone", LIMIT, gone).await;
    server.stop().await;
}

#[test]
fn what_cannot_be_done_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let nobody = ["--target", "127.0.0.1:1"];
    for (typed, expected) in [
        (&[][..], "nobody can be reached at 127.0.0.1:1"),
        (
            &["--transport", "udp", "--duration", "1s", "--grace", "0s"][..],
            "answered a single",
        ),
        (&["--rate", "0"], "quiet"),
        (&["--panels", "0"], "1..=1000000"),
        (
            &["--first-account", "1000", "--panels", "9001"],
            "--first-account 00001000",
        ),
        (&["--key", "12"], "--key-ascii"),
        (&["--key-ascii", "short"], "16, 24 or 32"),
        (
            &["--scenario", "nihgt"],
            "quiet, day, alarms, thunderstorm, faults, rough-day, seed-day",
        ),
        (&["--scenario", "quiet", "--rate", "5"], "--poll"),
        (&["--transport", "udp", "--split", "5%"], "--transport tcp"),
        (&["--lost-answers", "5"], "`5%`"),
        (&["--duration", "60"], "`60s`"),
        (&["--panles", "5"], "--panels"),
        (&["--family", "mqtt"], "--ca DIR"),
        (&["--family", "mqtt", "--key-seed", "x"], "--key-seed"),
        (&["--two-paths", "5%"], "--family mqtt"),
    ] {
        let refused = sim(folder.path(), &[&nobody[..], typed].concat());
        let told = told(&refused);
        assert!(!refused.status.success(), "{typed:?}: {told}");
        assert!(told.contains(expected), "{typed:?}: {told}");
    }
    let elsewhere = sim(folder.path(), &["--target", "nowhere"]);
    assert!(
        told(&elsewhere).contains("HOST:PORT"),
        "{}",
        told(&elsewhere)
    );
    let listed = sim(folder.path(), &["--list"]);
    assert!(listed.status.success() && told(&listed).contains("thunderstorm"));
}
