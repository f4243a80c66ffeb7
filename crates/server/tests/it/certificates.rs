//! The files of TLS while the server runs: read again on order, and never in the way of what works.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
use rustix::process::Signal;

use crate::doors::{refused, text, watchfire};
use crate::support::processes::{House, send};
use crate::support::server::Server;
use crate::support::turn::turn;
use crate::support::wait;

/// How long a file may take to be read again, on a busy machine.
const READ: Duration = Duration::from_secs(30);

fn authority(path: &Path, name: &str) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
    fs::write(path, made.pem()).unwrap();
}

fn shown(data: &Path) -> String {
    let output = watchfire(&["tls", "show", "--data", text(data)], &[]);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_tls_are_read_again_on_sighup_and_wrong_ones_change_nothing() {
    let _turn = turn("other files of TLS while the server runs").await;
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("panels.pem"));
    authority(&file, "first panels");
    let trusted = format!("[\"{}\"]", file.display());
    let server = Server::start(&data, &[("WATCHFIRE__TLS__CLIENT_CA", &trusted)]).await;
    assert!(data.join("tls/ca.pem").exists());
    assert!(shown(&data).contains("CN=first panels"), "{}", shown(&data));

    authority(&file, "other panels");
    send(server.supervisor(), Signal::HUP);
    let taken = || shown(&data).contains("CN=other panels");
    wait::until("other panels are trusted", READ, taken).await;
    assert!(!shown(&data).contains("CN=first panels"));

    fs::write(&file, "nonsense").unwrap();
    send(server.supervisor(), Signal::HUP);
    let told = || {
        server
            .log()
            .contains("panels.pem: there is no certificate in it")
    };
    wait::until("what is wrong is told", READ, told).await;
    assert!(shown(&data).contains("CN=other panels"), "{}", shown(&data));
    let reload = watchfire(&["tls", "reload", "--data", text(&data)], &[]);
    assert!(refused(&reload).contains("panels.pem"), "{reload:?}");

    // Whoever watches the premises of others must not wait for this file: another engine serves, and
    // says what is wrong.
    let engine = server.engine().await;
    send(engine, Signal::KILL);
    let another = |child: &House| child.role == "engine" && child.pid != engine;
    let replaced = || server.children().iter().any(another);
    wait::until("another engine", READ, replaced).await;
    let add = ["panel", "add", "--account", "1234", "--data", text(&data)];
    let added = || watchfire(&add, &[]).status.success();
    wait::until("a panel is registered", READ, added).await;
    assert!(shown(&data).contains("panels.pem"), "{}", shown(&data));

    authority(&file, "third panels");
    send(server.supervisor(), Signal::HUP);
    server.until_ready().await;
    assert!(shown(&data).contains("CN=third panels"), "{}", shown(&data));
    server.stop().await;
}

#[test]
fn a_server_whose_files_of_tls_are_wrong_does_not_start_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("panels.pem");
    fs::write(&file, "nonsense").unwrap();
    let trusted = format!("[\"{}\"]", file.display());
    let settings = [
        ("WATCHFIRE__LISTENER__DC09__ADDRESS", "127.0.0.1:0"),
        ("WATCHFIRE__LISTENER__DC09_TLS__ADDRESS", "127.0.0.1:0"),
        ("WATCHFIRE__LISTENER__MQTT__ADDRESS", "127.0.0.1:0"),
        ("WATCHFIRE__API__ADDRESS", "127.0.0.1:0"),
        ("WATCHFIRE__TLS__CLIENT_CA", &trusted),
    ];
    let data = folder.path().join("data");
    let told = refused(&watchfire(&["serve", "--data", text(&data)], &settings));
    assert!(
        told.contains("panels.pem: there is no certificate in it"),
        "{told}"
    );
    assert!(told.contains("BEGIN CERTIFICATE"), "{told}");
}
