//! How a connection ends.

use super::Subject;
use super::bench::{Asking, Bench};
use crate::CloseReason;

pub(super) fn draining(subject: &Subject<'_>) {
    let mut bench = Bench::new(subject);
    bench.feed_signals([1, 2]);
    bench.close(CloseReason::Draining);
    assert!(!bench.session.wants_read());
    assert!(bench.closes.is_empty(), "two are unanswered");
    bench.feed_signals([3]);
    assert_eq!(bench.signals.len(), 2, "nothing more is taken");
    bench.commit(0);
    assert!(bench.closes.is_empty());
    bench.commit(1);
    assert_eq!(bench.acknowledged(), [1, 2]);
    assert_eq!(bench.closes, [CloseReason::Draining]);
    bench.close(CloseReason::Draining);
    assert_eq!(bench.closes.len(), 1);
    // What was read before counts, also if its account is not known yet.
    let mut bench = Bench::new(subject);
    bench.asking = Asking::Leave;
    bench.feed_signals([1, 2]);
    bench.close(CloseReason::Draining);
    assert!(bench.closes.is_empty());
    bench.admit();
    bench.commit_all();
    assert_eq!(bench.acknowledged(), [1, 2]);
    assert_eq!(bench.closes, [CloseReason::Draining]);
}

pub(super) fn draining_at_rest(subject: &Subject<'_>) {
    let mut bench = Bench::new(subject);
    bench.feed_signals([1]);
    bench.commit(0);
    let frame = subject.fixture.signal(2);
    bench.feed(&frame[..frame.len() / 2]);
    bench.close(CloseReason::Draining);
    assert_eq!(bench.closes, [CloseReason::Draining]);
    assert_eq!(bench.session.poll_timeout(), None);
}

pub(super) fn peer_gone(subject: &Subject<'_>) {
    let mut bench = Bench::new(subject);
    bench.feed_signals([1, 2, 3]);
    let before = bench.counted.len();
    bench.close(CloseReason::Peer);
    bench.commit(0);
    bench.refuse(1);
    bench.commit(2);
    assert!(bench.transmitted.is_empty());
    assert!(!bench.session.wants_read());
    assert_eq!(bench.session.poll_timeout(), None);
    let refusals = bench.counted.len() - before;
    assert_eq!(refusals, 1, "proofs were awaited, and acknowledge nothing");
}
