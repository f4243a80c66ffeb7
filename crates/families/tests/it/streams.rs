//! Streams of frames and garbage, cut anywhere: the same as one by one.

use std::sync::Arc;

use model::{AckMode, Committed, EventSeq, Mono, Now, PanelIndex, PathIndex, Wall};
use proptest::collection::vec;
use proptest::prelude::*;
use proto::conformance::Fixture;
use proto::{Admitted, Family, Identity, Outgoing, Session, SessionEvent};

use crate::dc09::Dc09Fixture;
use crate::driver::setting;

const NOW: Now = Now {
    mono: Mono(1),
    wall: Wall(1_790_000_000_000_000),
    suspect: false,
};

/// Everybody is registered, everything is stored at once.
fn converse(session: &mut dyn Session, octets: &[u8]) -> (Vec<Outgoing>, Vec<u8>) {
    let (mut signals, mut replies) = (Vec::new(), Vec::new());
    session.handle_bytes(NOW, octets);
    while let Some(event) = session.poll_event() {
        match event {
            SessionEvent::Identify(_) => {
                let mut admitted = Admitted::plain(PanelIndex(1), PathIndex(1));
                admitted.policy.hub = true;
                session.handle_identity(NOW, Identity::Admitted(Arc::new(admitted)));
            }
            SessionEvent::Signal(outgoing) => {
                let (token, key) = (outgoing.token, outgoing.key);
                let proof = Committed::attest(token, key, EventSeq(1), AckMode::Stored);
                session.handle_committed(NOW, proof);
                signals.push(*outgoing);
            }
            _ => {}
        }
    }
    session.poll_transmit(&mut replies);
    (signals, replies)
}

fn open() -> Box<dyn Session> {
    families::dc09::Dc09.open_stream(setting())
}

/// What pieces of a stream get, each on its own connection.
fn one_by_one(pieces: &[Vec<u8>]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let (mut raw, mut replies) = (Vec::new(), Vec::new());
    for piece in pieces {
        let (signals, reply) = converse(open().as_mut(), piece);
        raw.extend(signals.into_iter().map(|outgoing| outgoing.signal.raw));
        replies.extend(reply);
    }
    (raw, replies)
}

fn unknown_token() -> Vec<u8> {
    let mut octets = Vec::new();
    let covered = b"\"HELLO\"0001L0#1234[]";
    wire::dc09::enclose(wire::dc09::CrcForm::Text, covered, &mut octets).unwrap();
    octets
}

/// Frames of all kinds, good and damaged, and garbage that ends by itself.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let fixture = &Dc09Fixture;
    prop_oneof![
        4 => (1..500_u16).prop_map(|number| fixture.signal(number)),
        2 => (1..500_u16).prop_map(|number| fixture.signal_of_other_account(number)),
        2 => Just(fixture.supervision()),
        1 => Just(unknown_token()),
        2 => prop::sample::select(fixture.garbage()),
    ]
}

proptest! {
    #[test]
    fn a_stream_gets_what_its_pieces_get_one_by_one(
        pieces in vec(piece(), 0..30),
        cuts in vec(1..60_usize, 1..20),
    ) {
        let stream = pieces.concat();
        let mut session = open();
        let (mut raw, mut replies) = (Vec::new(), Vec::new());
        let mut rest = stream.as_slice();
        for cut in cuts.iter().cycle() {
            let (part, behind) = rest.split_at(rest.len().min(*cut));
            let (signals, reply) = converse(session.as_mut(), part);
            raw.extend(signals.into_iter().map(|outgoing| outgoing.signal.raw));
            replies.extend(reply);
            rest = behind;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!((raw, replies), one_by_one(&pieces));
    }

    #[test]
    fn every_read_of_one_stream_gives_the_same_events(
        pieces in vec(piece(), 0..12),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in 1..50_usize,
    ) {
        let mut stream = pieces.concat();
        for (at, octet) in damage {
            if !stream.is_empty() {
                let at = at.index(stream.len());
                stream[at] = octet;
            }
        }
        let whole = converse(open().as_mut(), &stream);
        let mut session = open();
        let (mut signals, mut replies) = (Vec::new(), Vec::new());
        for part in stream.chunks(cut) {
            let (more, reply) = converse(session.as_mut(), part);
            signals.extend(more);
            replies.extend(reply);
        }
        prop_assert_eq!((signals, replies), whole);
    }
}
