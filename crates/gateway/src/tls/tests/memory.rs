//! What a connection of a silent panel takes, whoever allocates it: rustls, the ciphers' library, or
//! we. It is counted by pages of a process of its own, since no allocator tells of all three.

use std::process::Command;

use rustls::version::{TLS12, TLS13};

use super::pki::client;
use super::records::{house, pair};
use crate::tls::Secured;

/// Set in the process that counts.
const ALONE: &str = "WATCHFIRE_TEST_ALONE";

/// Octets of anonymous memory of this process.
fn anonymous() -> usize {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = rollup.lines().find(|line| line.starts_with("Anonymous:"));
    let mut words = line.unwrap().split_whitespace();
    let kilobytes: usize = words.nth(1).unwrap().parse().unwrap();
    kilobytes * 1_024
}

/// Octets for each of many connections of panels with certificates.
fn octets_each(version: &'static rustls::SupportedProtocolVersion) -> usize {
    const WARM: usize = 300;
    const COUNTED: usize = 1_000;
    let (root, server) = house();
    let panel = root.issue("12AB");
    let connect = || -> Box<Secured> {
        let config = client(&root, Some(&panel), &[version]);
        let mut pair = pair(config, &server, 16_000);
        pair.shake_hands().unwrap();
        assert_eq!(pair.answer(b"ack"), b"ack");
        Box::new(pair.server)
    };
    // Memory that the first ones leave behind serves the others.
    let warm: Vec<_> = (0..WARM).map(|_| connect()).collect();
    let before = anonymous();
    let counted: Vec<_> = (0..COUNTED).map(|_| connect()).collect();
    let after = anonymous();
    drop((warm, counted));
    (after - before) / COUNTED
}

#[test]
fn a_silent_panel_takes_little_memory_for_its_secure_channel() {
    let versions = [("1.3", &TLS13), ("1.2", &TLS12)];
    if let Some(wanted) = std::env::var_os(ALONE) {
        let (_, version) = versions.iter().find(|(name, _)| wanted == *name).unwrap();
        println!("octets {}", octets_each(version));
        return;
    }
    let own = "tls::tests::memory::a_silent_panel_takes_little_memory_for_its_secure_channel";
    let [tls13, tls12] = versions.map(|(version, _)| -> usize {
        let mut alone = Command::new(std::env::current_exe().unwrap());
        alone.args(["--exact", own, "--nocapture"]);
        let said = alone.env(ALONE, version).output().unwrap().stdout;
        let said = String::from_utf8(said).unwrap();
        let octets = said.split("octets ").nth(1).expect("it says how many");
        octets.split_whitespace().next().unwrap().parse().unwrap()
    });
    println!("a secure channel has {tls13} octets, of TLS 1.2 {tls12}");
    // Of these, 1,136 are rustls' connection, 656 its places for handshake messages, 650 the panel's
    // certificate, 240 the key schedule.
    assert!(tls13 <= 3_200, "{tls13}");
    assert!(tls12 <= 4_200, "{tls12}");
}
