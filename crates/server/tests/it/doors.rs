//! How the server is entered and left: a second one, processes started by hand, the
//! demonstration.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::server::Server;
use crate::support::turn::turn;

pub(crate) fn watchfire(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_watchfire"))
        .args(arguments)
        .envs(settings.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub(crate) fn refused(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_a_folder_or_a_port_fails_with_a_clear_text_and_disturbs_nothing() {
    let _turn = turn("a second server on the same folder, and on the same port").await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data, &[]).await;

    let free = [
        ("WATCHFIRE__LISTENER__DC09__ADDRESS", "127.0.0.1:0"),
        ("WATCHFIRE__LISTENER__DC09_TLS__ADDRESS", "127.0.0.1:0"),
        ("WATCHFIRE__LISTENER__MQTT__ADDRESS", "127.0.0.1:0"),
        ("WATCHFIRE__API__ADDRESS", "127.0.0.1:0"),
    ];
    let told = refused(&watchfire(&["serve", "--data", text(&data)], &free));
    assert!(told.contains(text(&data)), "{told}");
    assert!(told.contains(&server.supervisor().to_string()), "{told}");
    assert!(told.contains("--data DIR"), "{told}");

    let other = folder.path().join("other");
    let taken = server.panels().to_string();
    let same = [
        ("WATCHFIRE__LISTENER__DC09__ADDRESS", taken.as_str()),
        ("WATCHFIRE__API__ADDRESS", "127.0.0.1:0"),
    ];
    let told = refused(&watchfire(&["serve", "--data", text(&other)], &same));
    assert!(told.contains(&taken), "{told}");
    assert!(told.contains("listener.dc09"), "{told}");

    server.until_ready().await;
    server.stop().await;
}

#[test]
fn the_processes_of_the_house_refuse_to_be_started_by_hand() {
    for role in ["engine", "gateway"] {
        let told = refused(&watchfire(&[role], &[]));
        assert!(told.contains("watchfire serve"), "{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demonstration_shows_events_ends_by_itself_and_leaves_nothing_behind() {
    let _turn = turn("the demonstration").await;
    let place = tempfile::tempdir().unwrap();
    let demo = ["demo", "--seconds", "4", "--tempo", "20"];
    let output = watchfire(&demo, &[("TMPDIR", text(place.path()))]);
    assert!(output.status.success(), "{output:?}");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("What to look at"), "{shown}");
    assert!(shown.contains("0A01"), "events are shown: {shown}");
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0);
}
