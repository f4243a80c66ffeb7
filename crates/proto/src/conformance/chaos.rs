//! Inputs in any order, sensible or not.

use std::collections::BTreeMap;

use model::{RepeatKey, SignalToken};

use super::Subject;
use super::bench::{Asking, Bench, Dice};
use crate::{CloseReason, SessionBounds};

const ROUNDS: usize = 400;
const STEPS: usize = 60;
const NUMBERS: u16 = 6;

/// Nothing panics, and no signal is acknowledged more often than it was proven (I1).
pub(super) fn any_order_of_inputs(subject: &Subject<'_>) {
    let mut dice = Dice::new(0x5EED_0002);
    let keys = keys(subject);
    for _ in 0..ROUNDS {
        let bounds = SessionBounds {
            pipeline: dice.below(5),
            ..SessionBounds::default()
        };
        let mut bench = Bench::with_bounds(subject, bounds);
        let mut proofs = BTreeMap::new();
        for _ in 0..STEPS {
            step(&mut bench, &mut dice, &mut proofs);
        }
        check_proofs(&bench, &keys, &proofs);
        assert!(bench.closes.len() <= 1);
    }
}

/// No signal is acknowledged more often than it was proven. Where an acknowledgement names a number
/// that is in no key, a damaged signal may have been stored under it: then all are counted together.
fn check_proofs(bench: &Bench<'_>, keys: &[RepeatKey], proofs: &BTreeMap<RepeatKey, u32>) {
    let names_keys = bench.subject.fixture.greeting().is_none();
    let mut acknowledged: BTreeMap<Option<RepeatKey>, u32> = BTreeMap::new();
    for number in bench.acknowledged() {
        let key = keys[usize::from(number) - 1];
        *acknowledged.entry(names_keys.then_some(key)).or_default() += 1;
    }
    for (key, count) in acknowledged {
        let proven = match key {
            Some(key) => proofs.get(&key).copied().unwrap_or(0),
            None => proofs.values().sum(),
        };
        assert!(
            count <= proven,
            "I1: {count} acknowledgements, {proven} proofs"
        );
    }
}

/// The key of each signal, learned from a session of its own.
fn keys(subject: &Subject<'_>) -> Vec<RepeatKey> {
    let mut bench = Bench::new(subject);
    bench.feed_signals(1..=NUMBERS);
    bench.signals.iter().map(|signal| signal.key).collect()
}

fn step(bench: &mut Bench<'_>, dice: &mut Dice, proofs: &mut BTreeMap<RepeatKey, u32>) {
    match dice.below(24) {
        0..=11 => {
            let octets = some_octets(bench, dice);
            bench.feed(&octets);
        }
        12..=16 => {
            if let Some(place) = some_place(bench, dice) {
                *proofs.entry(bench.signals[place].key).or_default() += 1;
                bench.commit(place);
            }
        }
        17 => {
            if let Some(place) = some_place(bench, dice) {
                bench.refuse(place);
            }
        }
        18 => {
            let token = u32::try_from(dice.below(9)).unwrap_or(0);
            bench.attest(SignalToken(token), RepeatKey([0xEE; 16]));
        }
        19 => bench.admit(),
        20 => {
            let asking = [Asking::Admit, Asking::Refuse, Asking::Leave];
            bench.asking = asking[dice.below(3)];
        }
        21 => bench.pass(15_000_000_000),
        22 => {
            bench.session.handle_timeout(bench.now);
            bench.poll();
        }
        _ if dice.below(12) == 0 => {
            let reasons = [
                CloseReason::Peer,
                CloseReason::Draining,
                CloseReason::Incomplete,
            ];
            bench.close(reasons[dice.below(3)]);
        }
        _ => {}
    }
}

fn some_place(bench: &Bench<'_>, dice: &mut Dice) -> Option<usize> {
    let count = bench.signals.len();
    (count > 0).then(|| dice.below(count))
}

/// Frames, parts of frames, damaged frames, garbage.
fn some_octets(bench: &Bench<'_>, dice: &mut Dice) -> Vec<u8> {
    let fixture = bench.subject.fixture;
    let number = u16::try_from(dice.below(usize::from(NUMBERS))).unwrap_or(0) + 1;
    let mut octets = match dice.below(10) {
        0..=5 => fixture.signal(number),
        6 => fixture.signal_of_other_account(number),
        7 => fixture.supervision(),
        8 => {
            let mut runs = fixture.garbage();
            runs.swap_remove(dice.below(runs.len()))
        }
        _ => (0..dice.below(30))
            .map(|_| u8::try_from(dice.below(256)).unwrap_or(0))
            .collect(),
    };
    let length = octets.len().max(1);
    match dice.below(8) {
        0 => octets.truncate(dice.below(length)),
        1 if !octets.is_empty() => octets[dice.below(length)] ^= 1 << dice.below(8),
        2 => octets.extend(fixture.signal(number)),
        _ => {}
    }
    octets
}
