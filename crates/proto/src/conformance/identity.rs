//! Who speaks: asked once, waited for, respected.

use super::Subject;
use super::bench::{Asking, Bench};
use crate::CloseReason;

pub(super) fn is_waited_for(subject: &Subject<'_>) {
    let mut bench = Bench::greeting(subject, Asking::Leave);
    bench.feed_signals([1, 2]);
    bench.feed(&subject.fixture.supervision());
    assert_eq!(bench.questions.len(), 1, "at most one question is open");
    assert!(bench.signals.is_empty() && bench.transmitted.is_empty());
    assert_eq!(bench.alive, 0);
    assert!(!bench.session.wants_read(), "I7");
    bench.admit();
    assert_eq!(bench.signals.len(), 2);
    bench.commit_all();
    assert_eq!(bench.acknowledged(), [1, 2]);
    let greetings = usize::from(subject.fixture.greeting().is_some());
    assert_eq!(bench.alive, 1 + greetings);
    assert!(bench.session.wants_read());
}

pub(super) fn is_asked_for_once(subject: &Subject<'_>) {
    let mut bench = Bench::new(subject);
    bench.feed_signals(1..=3);
    bench.feed(&subject.fixture.supervision());
    assert_eq!(bench.questions.len(), 1);
    assert_eq!(bench.questions[0].family, subject.family.name());
    assert!(bench.signals.iter().all(|s| s.path == super::bench::PATH));
}

pub(super) fn of_another_account(subject: &Subject<'_>) {
    let mut bench = Bench::new(subject);
    bench.feed_signals([1]);
    bench.feed(&subject.fixture.signal_of_other_account(2));
    if subject.fixture.greeting().is_some() {
        // A connection is one account's: nobody else is asked for, and nothing of theirs is taken.
        assert_eq!((bench.questions.len(), bench.signals.len()), (1, 1));
        return;
    }
    bench.feed_signals([3]);
    let accounts: Vec<_> = bench.questions.iter().map(|key| key.account).collect();
    assert_eq!(accounts.len(), 3);
    assert_eq!(accounts[0], accounts[2]);
    assert_ne!(accounts[0], accounts[1]);
    let senders: Vec<_> = bench.signals.iter().map(|s| s.signal.account).collect();
    assert_eq!(senders, accounts);
}

pub(super) fn refused(subject: &Subject<'_>) {
    let mut bench = Bench::greeting(subject, Asking::Refuse);
    bench.feed_signals([1]);
    bench.feed(&subject.fixture.supervision());
    assert!(bench.signals.is_empty());
    assert_eq!(bench.alive, 0);
    assert!(bench.acknowledged().is_empty());
    if subject.fixture.greeting().is_some() {
        assert_eq!(bench.closes, [CloseReason::NotAdmitted]);
        return;
    }
    assert!(bench.closes.is_empty() && bench.session.wants_read());
    assert_eq!(bench.questions.len(), 2, "it may be registered by now");
    bench.asking = Asking::Admit;
    bench.feed_signals([2]);
    bench.commit_all();
    assert_eq!(bench.acknowledged(), [2]);
}

pub(super) fn supervision(subject: &Subject<'_>) {
    let fixture = subject.fixture;
    let request = fixture.supervision();
    let mut bench = Bench::new(subject);
    bench.feed(&request);
    let replies = fixture.replies(&bench.transmitted);
    assert_eq!(replies.len(), 1);
    assert!(fixture.acknowledges(&replies[0], &request));
    assert_eq!((bench.alive, bench.signals.len()), (1, 0));
    // Behind a signal that is not stored yet, it waits for its turn (I5).
    bench.feed_signals([1]);
    bench.feed(&request);
    assert_eq!(fixture.replies(&bench.transmitted).len(), 1);
    assert_eq!(bench.alive, 2, "but we know that the path lives");
    bench.commit(0);
    let replies = fixture.replies(&bench.transmitted);
    assert_eq!(replies.len(), 3);
    assert!(fixture.acknowledges(&replies[1], &fixture.signal(1)));
    assert!(fixture.acknowledges(&replies[2], &request));
}
