//! The panel in Python of `examples/panel_python`, run as its page says.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::{House, OPTIONAL, line};
use crate::interop::packages;
use crate::support::tools;

/// How long the panel may take to connect, report and end.
const LIMIT: Duration = Duration::from_mins(1);

fn panel(house: &House, account: &str, arguments: &[&str]) -> Child {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/panel_python");
    let identity = house.enrol(account);
    let mut command = Command::new(tools::find("python3", "WATCHFIRE_PYTHON"));
    command
        .arg("-s")
        .arg(folder.join("panel.py"))
        .args(["--host", "localhost", "--once", "--account", account])
        .args(["--port", &house.mqtt().port().to_string(), "--ca"])
        .arg(house.authority())
        .arg("--cert")
        .arg(identity.certificate)
        .arg("--key")
        .arg(identity.key)
        .arg("--state")
        .arg(house.folder.path().join(format!("{account}.json")))
        .args(arguments)
        .env("PYTHONPATH", packages())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command.spawn().unwrap()
}

/// Types events and waits until the panel has had them all stored; what it said.
async fn types(mut panel: Child, events: &str) -> String {
    let mut input = panel.stdin.take().unwrap();
    input.write_all(events.as_bytes()).await.unwrap();
    drop(input);
    let output = timeout(LIMIT, panel.wait_with_output()).await;
    let output = output.expect("the panel ends in time").unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\n{complaints}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn the_panel_in_python_reports_what_is_typed_in_both_versions_and_without_a_clock() {
    let house = House::open(OPTIONAL).await;
    let events = "cid=1130 part=1 zone=15 text=\"Hall, window\"\ncid=3130 part=1 zone=15\n";
    for (account, arguments) in [
        ("1234", &[][..]),
        ("1235", &["--mqtt311"][..]),
        ("1236", &["--no-clock"][..]),
    ] {
        house.register(account);
        let said = types(panel(&house, account, arguments), events).await;
        assert_eq!(said.matches("stored ").count(), 2, "{said}");
    }
    let lines: Vec<_> = house.close().await.iter().map(line).collect();
    let expected: Vec<_> = ["1234", "1235", "1236"]
        .iter()
        .flat_map(|account| {
            [
                format!("{account} 1 CID 1130 partition 1 zone 15"),
                format!("{account} 2 CID 3130 partition 1 zone 15"),
            ]
        })
        .collect();
    assert_eq!(lines, expected);
}
