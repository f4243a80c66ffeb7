//! Acknowledgements: only with proof, in order, within bounds (I1, I5, I7).

use model::{RepeatKey, SignalToken};

use super::Subject;
use super::bench::{Bench, Dice};
use crate::{CloseReason, SessionBounds};

pub(super) fn repeats_have_the_same_key(subject: &Subject<'_>) {
    let mut bench = Bench::new(subject);
    bench.feed_signals([1, 1, 2]);
    let mut later = Bench::new(subject);
    later.pass(3_600_000_000_000);
    later.feed_signals([1]);
    let [first, again, other] = &bench.signals[..] else {
        panic!("three signals were sent, {} handed on", bench.signals.len());
    };
    assert_eq!(first.key, again.key);
    assert_ne!(first.key, other.key);
    assert_eq!(first.key, later.signals[0].key);
    let tokens: Vec<_> = bench.signals.iter().map(|signal| signal.token.0).collect();
    assert_eq!(tokens, [1, 2, 3]);
}

pub(super) fn a_repeat_waits_for_its_own_proof(subject: &Subject<'_>) {
    let mut bench = Bench::new(subject);
    bench.feed_signals([1, 1]);
    bench.commit(0);
    assert_eq!(bench.acknowledged(), [1]);
    bench.commit(0);
    assert_eq!(bench.acknowledged(), [1], "one proof, one acknowledgement");
    bench.commit(1);
    assert_eq!(bench.acknowledged(), [1, 1]);
}

pub(super) fn only_the_right_proof(subject: &Subject<'_>) {
    let mut bench = Bench::new(subject);
    bench.feed_signals([1, 2]);
    let (token, key) = (bench.signals[0].token, bench.signals[0].key);
    let (next_token, next_key) = (bench.signals[1].token, bench.signals[1].key);
    let before = bench.counted.len();
    bench.attest(token, next_key);
    bench.attest(next_token, key);
    bench.attest(token, RepeatKey([0; 16]));
    bench.attest(SignalToken(0), key);
    bench.attest(SignalToken(3), key);
    bench.attest(SignalToken(u32::MAX), next_key);
    assert!(bench.transmitted.is_empty(), "I1");
    assert!(bench.counted.len() >= before + 6, "I4");
    bench.attest(token, key);
    assert_eq!(bench.acknowledged(), [1]);
    bench.attest(next_token, next_key);
    assert_eq!(bench.acknowledged(), [1, 2]);
}

/// Every signal is answered in some order, a third of them by a refusal where that does not end the
/// connection.
pub(super) fn leave_in_order(subject: &Subject<'_>) {
    let mut dice = Dice::new(0x5EED_0001);
    for _ in 0..200 {
        let mut bench = Bench::new(subject);
        bench.feed_signals(1..=8);
        let mut places: Vec<usize> = (0..8).collect();
        let mut expected: Vec<u16> = (1..=8).collect();
        while !places.is_empty() {
            let place = places.remove(dice.below(places.len()));
            let refuses = subject.fixture.greeting().is_none();
            if refuses && dice.below(3) == 0 {
                bench.refuse(place);
                expected.retain(|number| usize::from(*number) != place + 1);
            } else {
                bench.commit(place);
            }
            let so_far = bench.acknowledged();
            assert_eq!(so_far, expected[..so_far.len()]);
        }
        assert_eq!(bench.acknowledged(), expected);
    }
}

pub(super) fn refused_is_not_acknowledged(subject: &Subject<'_>) {
    let mut bench = Bench::new(subject);
    bench.feed_signals([1, 2]);
    bench.refuse(0);
    if subject.fixture.greeting().is_some() {
        // The panel tries again on another connection (R28).
        bench.commit(1);
        assert!(bench.acknowledged().is_empty());
        assert_eq!(bench.closes, [CloseReason::NotAdmitted]);
        return;
    }
    assert!(bench.transmitted.is_empty());
    bench.commit(0);
    assert!(bench.transmitted.is_empty(), "a refusal is final");
    bench.commit(1);
    assert_eq!(bench.acknowledged(), [2]);
    assert!(bench.closes.is_empty());
    bench.feed_signals([1]);
    bench.commit(2);
    assert_eq!(bench.acknowledged(), [2, 1], "the panel tries again");
}

pub(super) fn the_pipeline_is_bounded(subject: &Subject<'_>) {
    let bounds = SessionBounds {
        pipeline: 4,
        ..SessionBounds::default()
    };
    let mut bench = Bench::with_bounds(subject, bounds);
    let frames: Vec<_> = (1..=50).map(|n| subject.fixture.signal(n)).collect();
    if subject.fixture.announces_bound() {
        bench.feed(&frames[..4].concat());
        assert!(bench.session.wants_read() && bench.closes.is_empty());
        bench.feed(&frames[4]);
        assert_eq!(bench.signals.len(), 4);
        assert_eq!(bench.closes, [CloseReason::Protocol]);
        return;
    }
    bench.feed(&frames.concat());
    assert_eq!(bench.signals.len(), 4);
    for place in 0..50 {
        assert_eq!(bench.session.wants_read(), place > 46, "{place}");
        assert!(bench.signals.len() <= place + 4, "I7");
        bench.commit(place);
    }
    assert!(bench.session.wants_read());
    assert_eq!(bench.acknowledged(), (1..=50).collect::<Vec<_>>());
}
