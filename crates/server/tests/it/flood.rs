//! One address sends 50,000 frames a second; everybody else must not notice (R7).

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream, UdpSocket};
use wire::dc09::{CrcForm, Message};

use crate::support::server::Server;
use crate::support::turn::turn;
use crate::support::wait::pass;

/// 500 frames every 10 ms.
const CHUNK: u16 = 500;
const PAUSE: Duration = Duration::from_millis(10);

const BY_UDP: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 98);
const BY_TCP: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 99);

/// Alarms of an account that nobody registered, each another one.
fn frames() -> Vec<Vec<u8>> {
    let frame = |number| {
        let mut octets = Vec::new();
        let message = Message::sia_dcs("EEEE", number, "Nri1/BA001");
        message.encode(CrcForm::Text, &mut octets).unwrap();
        octets
    };
    (1..=CHUNK).map(frame).collect()
}

/// Sends datagrams until it is dropped. What the kernel does not take is lost, as in any flood.
async fn by_datagrams(target: SocketAddr) {
    let socket = UdpSocket::bind((BY_UDP, 0)).await.unwrap();
    let frames = frames();
    loop {
        for frame in &frames {
            socket.try_send_to(frame, target).ok();
        }
        pass(PAUSE).await;
    }
}

async fn dial(target: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((BY_TCP, 0).into())?;
    socket.connect(target).await
}

/// Sends over connections until it is dropped; one that the server closes is made anew at once.
async fn by_connections(target: SocketAddr) {
    let chunk = frames().concat();
    loop {
        if let Ok(mut stream) = dial(target).await {
            while stream.write_all(&chunk).await.is_ok() {
                pass(PAUSE).await;
            }
        }
        pass(PAUSE).await;
    }
}

/// A fleet of 100 panels, and what it printed.
async fn fleet(folder: &Path, transport: &str, others: &[&str]) -> Vec<u8> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchfire"));
    command
        .current_dir(folder)
        .args(["sim", "--panels", "100", "--first-account", "0A00"])
        .args([
            "--transport",
            transport,
            "--rate",
            "150",
            "--duration",
            "5s",
        ])
        .args(["--scenario", "alarms", "--sources", "20", "--json"])
        .args(others)
        .stdin(Stdio::null());
    let ran = tokio::task::spawn_blocking(move || command.output().unwrap());
    let ran = ran.await.unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "over {transport}: {said}");
    ran.stdout
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_from_two_addresses_are_told_once_each_and_every_panels_signals_get_through() {
    let _turn = turn("floods over UDP and TCP").await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &[]).await;
    fleet(folder.path(), "tcp", &["--write-panels", "fleet.csv"]).await;
    let table = folder.path().join("fleet.csv");
    server.command(&["panel", "import", table.to_str().unwrap()]);

    let target = server.panels();
    let floods = [
        tokio::spawn(by_datagrams(target)),
        tokio::spawn(by_connections(target)),
    ];
    let target = target.to_string();
    for transport in ["tcp", "udp"] {
        let load = ["--target", &target, "--fail-on-loss"];
        let told = fleet(folder.path(), transport, &load).await;
        let told: Value = serde_json::from_slice(&told).unwrap();
        let counters = &told["report"]["counters"];
        let count = |name: &str| counters[name].as_u64().unwrap();
        assert!(count("sent") > 700, "{counters}");
        assert_eq!(count("acknowledged"), count("sent"), "{counters}");
    }
    for flood in floods {
        flood.abort();
    }

    let mut told = 0;
    for event in server.events().await {
        if event.code.code == "flood" {
            told += 1;
        } else {
            assert_ne!(event.account, "EEEE", "a stranger's signal was stored");
        }
    }
    assert_eq!(told, 2, "one for each address, whoever tells of it");
    server.stop().await;
}
