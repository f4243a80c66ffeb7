//! Families that encrypt without authenticating: who is believed, and who is told our time.
//!
//! Behaviours here say nothing of families that have no [`super::Encrypts`].

use model::Refusal;

use super::bench::Bench;
use super::{Encrypts, Subject};
use crate::StrayReason;

fn bench<'a>(subject: &Subject<'a>) -> Option<(Bench<'a>, &'a dyn Encrypts)> {
    let encrypts = subject.fixture.encrypts()?;
    Some((Bench::new(subject), encrypts))
}

pub(super) fn plain_again(subject: &Subject<'_>) {
    let Some((mut bench, encrypts)) = bench(subject) else {
        return;
    };
    // Before it ever encrypted, nothing is wrong with it.
    bench.feed(&encrypts.plain_supervision());
    assert_eq!(bench.alive, 1);
    bench.feed(&subject.fixture.supervision());
    assert_eq!(bench.alive, 2);
    assert!(bench.learned.last().is_some_and(|l| l.once_encrypted));
    bench.feed(&encrypts.plain_supervision());
    assert_eq!(bench.alive, 2, "R1: no sign of life");
    assert_eq!(bench.answers().len(), 3, "but it is answered");
    bench.feed(&encrypts.plain_signal(1));
    bench.commit_all();
    assert!(bench.signals[0].signal.flags.is_doubtful(), "R1");
    assert_eq!(bench.answers().len(), 4, "stored and acknowledged");
}

pub(super) fn told_our_time(subject: &Subject<'_>) {
    let Some((mut bench, encrypts)) = bench(subject) else {
        return;
    };
    for octets in [encrypts.late_supervision(), encrypts.late_calming_signal()] {
        bench.feed(&octets);
    }
    assert!(bench.signals.is_empty() && bench.learned.is_empty());
    assert_eq!((bench.alive, bench.skewed), (0, 2));
    let answers = bench.answers();
    assert_eq!(answers.len(), 2);
    assert!(answers.iter().all(|answer| encrypts.tells_time(answer)));
}

pub(super) fn late_alarms(subject: &Subject<'_>) {
    for accept_skewed in [false, true] {
        let Some((mut bench, encrypts)) = bench(subject) else {
            return;
        };
        bench.set_policy(|policy| policy.accept_skewed = accept_skewed);
        let alarm = encrypts.late_alarm();
        for _ in 0..3 {
            bench.feed(&alarm);
        }
        assert!(bench.signals.iter().all(|outgoing| outgoing.skewed));
        assert_eq!((bench.signals.len(), bench.skewed), (3, 3));
        assert!(bench.transmitted.is_empty(), "ingest decides (R3)");
        bench.refuse_for(0, Refusal::OutsideWindow);
        bench.refuse_for(1, Refusal::UnknownPath);
        bench.commit(2);
        let [refused, stored] = &bench.answers()[..] else {
            panic!("{} answers", bench.answers().len());
        };
        assert!(encrypts.tells_time(refused));
        assert_eq!(encrypts.tells_time(stored), !accept_skewed);
        let acknowledged = subject.fixture.acknowledges(stored, &alarm);
        assert_eq!(acknowledged, accept_skewed, "I1, R3");
    }
}

pub(super) fn refused_in_time_is_silent(subject: &Subject<'_>) {
    let Some((mut bench, _)) = bench(subject) else {
        return;
    };
    bench.feed_signals([1]);
    bench.refuse_for(0, Refusal::OutsideWindow);
    assert!(bench.transmitted.is_empty(), "its time was right");
}

pub(super) fn the_wrong_key(subject: &Subject<'_>) {
    let Some((mut bench, encrypts)) = bench(subject) else {
        return;
    };
    for octets in encrypts.of_another_key() {
        bench.feed(&octets);
    }
    assert!(bench.signals.is_empty() && bench.learned.is_empty());
    assert_eq!((bench.alive, bench.skewed), (0, 0));
    let strays = bench.strays.len();
    assert!(strays > 1, "on time and late");
    assert!(
        bench
            .strays
            .iter()
            .all(|s| s.reason == StrayReason::WrongKey)
    );
    let answers = bench.answers();
    assert!(answers.len() <= strays);
    for answer in answers {
        assert!(!encrypts.tells_time(&answer), "the key comes first");
        let acknowledges = |octets| subject.fixture.acknowledges(&answer, octets);
        assert!(!encrypts.of_another_key().iter().any(|o| acknowledges(o)));
    }
}

pub(super) fn while_our_clock_is_suspected(subject: &Subject<'_>) {
    let Some((mut bench, encrypts)) = bench(subject) else {
        return;
    };
    bench.now.suspect = true;
    bench.feed(&encrypts.late_supervision());
    assert_eq!((bench.alive, bench.skewed), (1, 1), "R3");
    bench.feed(&encrypts.late_alarm());
    bench.feed(&encrypts.late_calming_signal());
    bench.commit_all();
    assert_eq!(bench.signals.len(), 2);
    for outgoing in &bench.signals {
        assert!(!outgoing.skewed);
        assert!(outgoing.signal.flags.is_doubtful(), "R1");
    }
    let answers = bench.answers();
    assert_eq!(answers.len(), 3);
    assert!(!answers.iter().any(|answer| encrypts.tells_time(answer)));
}
