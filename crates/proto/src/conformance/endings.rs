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
    // What was read before counts, also if its account is not known yet; not behind a greeting,
    // which is answered as the end that it is.
    let mut bench = Bench::greeting(subject, Asking::Leave);
    bench.feed_signals([1, 2]);
    bench.close(CloseReason::Draining);
    if subject.fixture.greeting().is_some() {
        assert_eq!(bench.closes, [CloseReason::Draining]);
        return;
    }
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

/// One octet string, one `handle_bytes`: whatever the family needs to ask and to have stored
/// before it answers, it closes behind the answer and not before.
pub(super) fn datagram(subject: &Subject<'_>) {
    let fixture = subject.fixture;
    for frame in [fixture.signal(1), fixture.supervision()] {
        let Some(mut bench) = Bench::datagram(subject) else {
            return;
        };
        bench.asking = Asking::Leave;
        bench.feed(&frame);
        assert!(bench.transmitted.is_empty() && bench.closes.is_empty());
        bench.admit();
        let is_signal = !bench.signals.is_empty();
        assert_eq!(bench.transmitted.is_empty(), is_signal, "I1");
        assert_eq!(bench.closes.is_empty(), is_signal, "not before the answer");
        bench.commit_all();
        let answers = bench.answers();
        assert_eq!(answers.len(), 1);
        assert!(fixture.acknowledges(&answers[0], &frame));
        assert_eq!(bench.closes, [CloseReason::Answered]);
        assert_eq!(bench.session.poll_timeout(), None);
    }
}

pub(super) fn datagram_stops_short(subject: &Subject<'_>) {
    let frame = subject.fixture.signal(1);
    for end in 0..frame.len() {
        let Some(mut bench) = Bench::datagram(subject) else {
            return;
        };
        bench.feed(&frame[..end]);
        assert!(bench.signals.is_empty() && bench.transmitted.is_empty());
        assert_eq!(bench.closes, [CloseReason::Answered], "{end} octets");
        assert_eq!(bench.session.poll_timeout(), None);
        // A line feed alone begins no frame, as on a stream.
        assert_eq!(bench.counted.is_empty(), end < 2, "I4: {end} octets");
        // It is this one datagram's session.
        bench.feed(&frame[end..]);
        assert!(bench.signals.is_empty() && bench.questions.is_empty());
    }
}
