use std::io::{Read, Write};
use std::sync::Arc;

use model::limits;
use proto::Counted;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection};

use super::configured;
use super::pki::{Authority, client, material};
use crate::tls::{ClientCertificates, Configurations, Secured};

const VERSIONS: [&rustls::SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

pub(super) struct Pair {
    client: ClientConnection,
    pub(super) server: Secured,
    /// What the session heard.
    heard: Vec<u8>,
    /// What the client heard.
    answered: Vec<u8>,
    /// Octets that come at once.
    piece: usize,
}

pub(super) fn house() -> (Authority, Configurations) {
    let root = Authority::new("house");
    let configured = configured(&material(1, &root.issue("server"), &[&root], &[1]));
    (root, configured)
}

pub(super) fn pair(config: Arc<ClientConfig>, server: &Configurations, piece: usize) -> Pair {
    Pair {
        client: ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap(),
        server: Secured::new(server.of(ClientCertificates::Required)).unwrap(),
        heard: Vec::new(),
        answered: Vec::new(),
        piece,
    }
}

impl Pair {
    /// Feeds the server, piece by piece; what it has to say goes to the client.
    fn feed(&mut self, octets: &[u8]) -> Result<Option<Counted>, Counted> {
        let mut shaken = None;
        let mut out = Vec::new();
        let mut buffer = vec![0; limits::TLS_PARTIAL + self.piece];
        for piece in octets.chunks(self.piece) {
            let kept = self.server.put_back(&mut buffer);
            buffer[kept..kept + piece.len()].copy_from_slice(piece);
            let at_hand = &mut buffer[..kept + piece.len()];
            let most = limits::TLS_PARTIAL;
            let taken = self.server.take(at_hand, most, &mut self.heard, &mut out);
            self.hear(&out);
            out.clear();
            shaken = shaken.or(taken?.shaken);
        }
        Ok(shaken)
    }

    fn hear(&mut self, mut octets: &[u8]) {
        while !octets.is_empty() {
            self.client.read_tls(&mut octets).unwrap();
            // What it does not like it says next.
            let Ok(state) = self.client.process_new_packets() else {
                return;
            };
            let start = self.answered.len();
            self.answered
                .resize(start + state.plaintext_bytes_to_read(), 0);
            let mut reader = self.client.reader();
            reader.read_exact(&mut self.answered[start..]).unwrap();
        }
    }

    /// Everything that the client has to say.
    fn said(&mut self) -> Vec<u8> {
        let mut said = Vec::new();
        while self.client.wants_write() {
            self.client.write_tls(&mut said).unwrap();
        }
        said
    }

    pub(super) fn shake_hands(&mut self) -> Result<Option<Counted>, Counted> {
        let mut shaken = None;
        loop {
            let said = self.said();
            if said.is_empty() {
                return Ok(shaken);
            }
            shaken = shaken.or(self.feed(&said)?);
        }
    }

    pub(super) fn answer(&mut self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        self.server.seal(text, &mut out);
        self.hear(&out);
        std::mem::take(&mut self.answered)
    }
}

#[test]
fn both_versions_shake_hands_and_carry_octets_however_they_are_split() {
    let (root, server) = house();
    let panel = root.issue("12AB");
    for version in VERSIONS {
        for piece in [1, 2, 7, 100, 16_000] {
            let config = client(&root, Some(&panel), &[version]);
            let mut pair = pair(config, &server, piece);
            assert_eq!(pair.shake_hands(), Ok(Some(Counted::HandshakeFull)));
            assert_eq!(
                pair.server.certificates().unwrap()[0].as_ref(),
                panel.chain[0]
            );
            pair.client.writer().write_all(&vec![7; 40_000]).unwrap();
            let said = pair.said();
            assert_eq!(pair.feed(&said), Ok(None));
            assert_eq!(pair.heard, vec![7; 40_000]);
            assert_eq!(pair.answer(&vec![9; 40_000]), vec![9; 40_000]);
            assert!(
                !pair.server.holds_octets(),
                "{version:?} in pieces of {piece}"
            );
        }
    }
}

#[test]
fn a_connection_holds_octets_only_while_a_record_is_not_complete() {
    let (root, server) = house();
    let mut pair = pair(
        client(&root, Some(&root.issue("1")), &VERSIONS),
        &server,
        100,
    );
    assert!(!pair.server.holds_octets());
    let hello = pair.said();
    pair.feed(&hello[..hello.len() / 2]).unwrap();
    assert!(pair.server.holds_octets());
    pair.feed(&hello[hello.len() / 2..]).unwrap();
    pair.shake_hands().unwrap();
    assert!(!pair.server.holds_octets());
    pair.client.writer().write_all(b"half a record").unwrap();
    let record = pair.said();
    pair.feed(&record[..record.len() - 1]).unwrap();
    assert!(pair.server.holds_octets());
    assert_eq!(pair.answer(b"meanwhile"), b"meanwhile");
    pair.feed(&record[record.len() - 1..]).unwrap();
    assert!(!pair.server.holds_octets());
    assert_eq!(pair.heard, b"half a record");
}

#[test]
fn what_is_not_complete_is_held_up_to_a_bound() {
    let (_, server) = house();
    let mut secured = Secured::new(server.of(ClientCertificates::Off)).unwrap();
    // A record of a handshake that is never complete.
    let mut incoming = vec![0; 2_000];
    incoming[..5].copy_from_slice(&[22, 3, 1, 0x40, 0]);
    let (mut plain, mut out) = (Vec::new(), Vec::new());
    let taken = secured.take(&mut incoming, 1_999, &mut plain, &mut out);
    assert_eq!(taken.map(|_| ()), Err(Counted::TlsBadRecord));
}

#[test]
fn the_end_is_said_once_and_nothing_after_it() {
    let (root, server) = house();
    for version in VERSIONS {
        let config = client(&root, Some(&root.issue("1")), &[version]);
        let mut pair = pair(config, &server, 1_000);
        pair.shake_hands().unwrap();
        let mut out = Vec::new();
        pair.server.finish(&mut out);
        let farewell = out.len();
        assert!(farewell > 0);
        pair.server.finish(&mut out);
        pair.server.seal(b"too late", &mut out);
        assert_eq!(out.len(), farewell);
        pair.hear(&out);
        assert_eq!(
            pair.client.reader().read(&mut [0; 9]).unwrap(),
            0,
            "in order"
        );
    }
}

#[test]
fn the_other_sides_end_is_noticed_behind_what_it_sent() {
    let (root, server) = house();
    let mut pair = pair(
        client(&root, Some(&root.issue("1")), &VERSIONS),
        &server,
        9_999,
    );
    pair.shake_hands().unwrap();
    pair.client.writer().write_all(b"last words").unwrap();
    pair.client.send_close_notify();
    let mut said = pair.said();
    let mut out = Vec::new();
    let taken = pair.server.take(&mut said, 0, &mut pair.heard, &mut out);
    assert!(taken.unwrap().ended);
    assert_eq!(pair.heard, b"last words");
    assert_eq!(pair.answer(b"still answered"), b"still answered");
}

#[test]
fn nothing_is_sealed_before_the_handshake_is_done() {
    let (_, server) = house();
    let mut secured = Secured::new(server.of(ClientCertificates::Off)).unwrap();
    let mut out = Vec::new();
    secured.seal(b"hello", &mut out);
    secured.finish(&mut out);
    assert_eq!(out, b"");
}

#[test]
fn a_changed_record_is_refused_with_an_alert_and_counted() {
    let (root, server) = house();
    let mut pair = pair(
        client(&root, Some(&root.issue("1")), &VERSIONS),
        &server,
        9_999,
    );
    pair.shake_hands().unwrap();
    pair.client.writer().write_all(b"1 1 burglary").unwrap();
    let mut record = pair.said();
    *record.last_mut().unwrap() ^= 1;
    assert_eq!(pair.feed(&record), Err(Counted::TlsBadRecord));
    assert_eq!(pair.heard, b"");
    let alert = pair.client.process_new_packets();
    assert!(
        matches!(alert, Err(rustls::Error::AlertReceived(_))),
        "{alert:?}"
    );
}

#[test]
fn a_connection_is_small() {
    // Most of it is rustls' own; what it allocates beside is measured by the benchmark.
    assert!(size_of::<Secured>() <= 1_152, "{}", size_of::<Secured>());
}
