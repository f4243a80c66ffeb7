//! Who stands for which account.

use std::net::{IpAddr, Ipv4Addr, TcpListener};

use model::{Committed, Mono, Now, Refusal, SignalToken};
use proto::{CloseReason, Identity, Session, SessionEvent};

use super::*;
use crate::worker::channel::Channel;
use crate::worker::connection::Connection;

fn speaker(account: &str) -> Speaker {
    let family = FamilyName::parse("line").unwrap();
    (family, Account::parse(account.as_bytes()).unwrap())
}

/// A session that says and wants nothing.
#[derive(Debug)]
struct Silent;

impl Session for Silent {
    fn handle_bytes(&mut self, _: Now, _: &[u8]) {}
    fn handle_identity(&mut self, _: Now, _: Identity) {}
    fn handle_committed(&mut self, _: Now, _: Committed) {}
    fn handle_refused(&mut self, _: Now, _: SignalToken, _: Refusal) {}
    fn handle_close(&mut self, _: Now, _: CloseReason) {}
    fn handle_timeout(&mut self, _: Now) {}

    fn poll_transmit(&mut self, _: &mut Vec<u8>) -> bool {
        false
    }

    fn poll_event(&mut self) -> Option<SessionEvent> {
        None
    }

    fn poll_timeout(&self) -> Option<Mono> {
        None
    }

    fn wants_read(&self) -> bool {
        true
    }
}

struct World {
    listener: TcpListener,
    connections: Connections,
    speakers: Speakers,
}

impl World {
    fn new() -> Self {
        Self {
            listener: TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap(),
            connections: Connections::default(),
            speakers: Speakers::default(),
        }
    }

    fn join(&mut self, account: &str) -> usize {
        let address = self.listener.local_addr().unwrap();
        let socket = mio::net::TcpStream::connect(address).unwrap();
        let session = Box::new(Silent);
        let source = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let place = self.connections.insert(|number| Connection {
            speaker: Some(speaker(account)),
            ..Connection::new(number, Channel::Plain(socket), session, source, Mono(0))
        });
        self.speakers
            .join(speaker(account), place, &self.connections);
        place
    }

    fn leave(&mut self, place: usize) {
        let gone = self.connections.remove(place).unwrap();
        self.speakers.leave(gone.speaker.unwrap(), place);
    }

    fn of(&self, account: &str) -> Vec<usize> {
        let mut places = self.speakers.of(speaker(account), &self.connections);
        places.sort_unstable();
        places
    }
}

#[test]
fn a_connection_stands_for_its_account_until_it_leaves() {
    let mut world = World::new();
    let [first, second, third] = ["A", "A", "A"].map(|account| world.join(account));
    let other = world.join("B");
    world.leave(first);
    assert_eq!(world.of("A"), [second, third]);
    world.leave(second);
    world.leave(third);
    assert!(world.of("A").is_empty());
    assert_eq!(world.of("B"), [other]);
    assert_eq!(world.speakers.places.len(), 1);
}

#[test]
fn a_place_that_is_used_again_stands_for_whom_it_is_used_by_now() {
    let mut world = World::new();
    let place = world.join("A");
    world.leave(place);
    assert_eq!(world.join("B"), place);
    assert!(world.of("A").is_empty());
    assert_eq!(world.of("B"), [place]);
}

#[test]
fn all_are_found_again_when_the_table_has_grown() {
    let mut world = World::new();
    let places: Vec<usize> = (0..100).map(|n| world.join(&n.to_string())).collect();
    for (n, place) in places.into_iter().enumerate() {
        assert_eq!(world.of(&n.to_string()), [place]);
    }
}
