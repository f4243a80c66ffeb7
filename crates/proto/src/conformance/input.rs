//! Octets as the network brings them.

use super::Subject;
use super::bench::Bench;
use crate::CloseReason;

/// Two signals around a supervision message.
fn conversation(subject: &Subject<'_>) -> Vec<u8> {
    let fixture = subject.fixture;
    [fixture.signal(1), fixture.supervision(), fixture.signal(2)].concat()
}

fn outcome_of<'o>(
    subject: &Subject<'_>,
    parts: impl IntoIterator<Item = &'o [u8]>,
) -> (Vec<crate::Outgoing>, Vec<u8>, usize) {
    let mut bench = Bench::new(subject);
    for part in parts {
        bench.feed(part);
    }
    bench.commit_all();
    assert_eq!(bench.acknowledged().len(), bench.signals.len());
    bench.outcome()
}

pub(super) fn may_be_split_at_any_octet(subject: &Subject<'_>) {
    let octets = conversation(subject);
    let whole = outcome_of(subject, [octets.as_slice()]);
    assert_eq!(whole.0.len(), 2);
    for at in 0..=octets.len() {
        let (head, tail) = octets.split_at(at);
        assert_eq!(outcome_of(subject, [head, tail]), whole, "split at {at}");
    }
    assert_eq!(outcome_of(subject, octets.chunks(1)), whole);
}

pub(super) fn several_frames_in_one_read(subject: &Subject<'_>) {
    let numbers = 1..=10;
    let frames: Vec<_> = numbers.clone().map(|n| subject.fixture.signal(n)).collect();
    let mut bench = Bench::new(subject);
    bench.feed(&frames.concat());
    bench.commit_all();
    assert_eq!(bench.acknowledged(), numbers.collect::<Vec<_>>());
    let one_by_one = outcome_of(subject, frames.iter().map(Vec::as_slice));
    assert_eq!(bench.outcome(), one_by_one);
}

pub(super) fn garbage_changes_nothing(subject: &Subject<'_>) {
    let octets = conversation(subject);
    let expected = outcome_of(subject, [octets.as_slice()]);
    let runs = subject.fixture.garbage();
    assert!(!runs.is_empty());
    for garbage in runs {
        let mut bench = Bench::new(subject);
        bench.feed(&garbage);
        bench.feed(&octets);
        bench.feed(&garbage);
        assert!(bench.closes.is_empty());
        assert!(!bench.counted.is_empty(), "I4: it is counted");
        bench.commit_all();
        assert_eq!(bench.outcome(), expected, "{}", garbage.escape_ascii());
        let around = [garbage.clone(), octets.clone(), garbage].concat();
        assert_eq!(outcome_of(subject, around.chunks(3)), expected);
    }
}

fn half_a_frame(subject: &Subject<'_>) -> Vec<u8> {
    let mut frame = subject.fixture.signal(1);
    frame.truncate(frame.len() / 2);
    frame
}

pub(super) fn stops_short(subject: &Subject<'_>) {
    let mut bench = Bench::new(subject);
    bench.feed(&half_a_frame(subject));
    let due = bench.session.poll_timeout().expect("a frame was begun");
    bench.pass(due.0 - bench.now.mono.0 - 1);
    assert!(bench.closes.is_empty());
    bench.pass(1);
    assert_eq!(bench.closes, [CloseReason::Incomplete]);
    assert!(!bench.session.wants_read());
    assert_eq!(bench.session.poll_timeout(), None);
}

pub(super) fn trickles(subject: &Subject<'_>) {
    let mut bench = Bench::new(subject);
    let half = half_a_frame(subject);
    bench.feed(&half[..2]);
    let due = bench.session.poll_timeout();
    assert!(due.is_some());
    for octet in half[2..].chunks(1) {
        bench.pass(1_000_000);
        bench.feed(octet);
        assert_eq!(bench.session.poll_timeout(), due);
    }
    // The next frame has its own time.
    bench.feed(&subject.fixture.signal(1)[half.len()..]);
    bench.commit_all();
    bench.feed(&half);
    assert!(bench.session.poll_timeout() > due);
}

pub(super) fn nothing_is_timed_between_frames(subject: &Subject<'_>) {
    let mut bench = Bench::new(subject);
    assert_eq!(bench.session.poll_timeout(), None);
    bench.feed(&conversation(subject));
    // R28: where a panel sends again only on another connection, unanswered signals are timed.
    let is_timed = subject.fixture.greeting().is_some();
    assert_eq!(bench.session.poll_timeout().is_some(), is_timed);
    bench.commit_all();
    assert_eq!(bench.session.poll_timeout(), None);
    assert!(bench.session.wants_read());
}
