//! Alarms whose clock stays wrong (R3).

use model::{EventFlags, Refusal};
use proptest::prelude::*;

use super::*;
use crate::ingest::machine::{Candidate, Machine, Verdict};

/// An hour behind.
const LAG: i64 = 3_600_000_000;

impl Bench {
    /// Sends an alarm whose frame is an hour late; the number of the event, or `None` if it was
    /// refused for its time.
    async fn skewed(&mut self, content: u8) -> Option<EventSeq> {
        let time = Some(Wall(self.wall().0 - LAG));
        let submission = Submission {
            skewed: true,
            numbered: false,
            ..self.submission(PATH, content, time)
        };
        let sent = submission.origin.token;
        self.ingest.submit(submission).await;
        match self.answers.recv().await.unwrap() {
            Answer::Committed { proof, .. } => {
                assert_eq!(proof.token(), sent);
                Some(proof.seq())
            }
            Answer::Refused { token, reason, .. } => {
                assert_eq!((token, reason), (sent, Refusal::OutsideWindow));
                None
            }
        }
    }

    fn flags(&self, seq: EventSeq) -> EventFlags {
        self.log.rows()[seq.0 as usize - 1].flags
    }
}

const UNTRUSTED: EventFlags = EventFlags::CLOCK_UNTRUSTED.union(EventFlags::CLOCK_OUTSIDE_WINDOW);

#[tokio::test(start_paused = true)]
async fn an_alarm_with_a_wrong_clock_is_refused_twice_and_then_stored_with_the_doubt_named() {
    let mut bench = Bench::new(FakeLog::default()).await;
    assert_eq!(bench.skewed(1).await, None);
    pass(5).await;
    assert_eq!(bench.skewed(1).await, None);
    assert!(bench.log.rows().is_empty());
    pass(5).await;
    assert_eq!(bench.skewed(1).await, Some(EventSeq(1)));
    assert_eq!(bench.flags(EventSeq(1)), UNTRUSTED);
}

#[tokio::test(start_paused = true)]
async fn a_panel_that_goes_on_trying_what_was_stored_makes_no_second_event() {
    let mut bench = Bench::new(FakeLog::default()).await;
    bench.skewed(1).await;
    bench.skewed(1).await;
    let stored = bench.skewed(1).await;
    for _ in 0..100 {
        pass(30).await;
        assert_eq!(bench.skewed(1).await, stored);
    }
    assert_eq!(bench.log.rows().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_same_alarm_after_a_silence_is_stored_again_since_it_may_be_a_second_one() {
    let mut bench = Bench::new(FakeLog::default()).await;
    bench.skewed(1).await;
    bench.skewed(1).await;
    bench.skewed(1).await.unwrap();
    pass(90).await;
    let again = bench.skewed(1).await;
    assert_eq!(again, Some(EventSeq(2)), "R2");
    let expected = UNTRUSTED | EventFlags::POSSIBLE_REPEAT;
    assert_eq!(bench.flags(EventSeq(2)), expected);
}

#[tokio::test(start_paused = true)]
async fn each_signal_is_counted_by_itself() {
    let mut bench = Bench::new(FakeLog::default()).await;
    for content in [1, 2, 1, 2] {
        assert_eq!(bench.skewed(content).await, None);
    }
    assert!(bench.skewed(2).await.is_some());
    assert!(bench.skewed(1).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn refusals_are_forgotten_after_ten_minutes_without_a_try() {
    let mut bench = Bench::new(FakeLog::default()).await;
    bench.skewed(1).await;
    bench.skewed(1).await;
    pass(601).await;
    assert_eq!(bench.skewed(1).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_panel_that_sets_its_clock_by_our_answer_is_stored_without_doubt() {
    let mut bench = Bench::new(FakeLog::default()).await;
    bench.skewed(1).await;
    let stored = bench.stored(1, Some(bench.wall())).await;
    assert_eq!(bench.flags(stored), EventFlags::empty());
}

#[tokio::test(start_paused = true)]
async fn tries_that_come_at_once_are_counted_one_by_one() {
    let gate = Some(Semaphore::new(0));
    let mut bench = Bench::new(FakeLog {
        gate,
        ..FakeLog::default()
    })
    .await;
    // Holds the commit, so that all tries are of one batch.
    bench.submit(9, None).await;
    let time = Some(Wall(bench.wall().0 - LAG));
    tokio::task::yield_now().await;
    for _ in 0..4 {
        let submission = Submission {
            skewed: true,
            numbered: false,
            ..bench.submission(PATH, 1, time)
        };
        bench.ingest.submit(submission).await;
    }
    bench.log.gate.as_ref().unwrap().add_permits(9);
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(match bench.answers.recv().await.unwrap() {
            Answer::Committed { proof, .. } => Some(proof.seq().0),
            Answer::Refused { .. } => None,
        });
    }
    assert_eq!(answers, [Some(1), None, None, Some(2), Some(2)], "I5");
}

#[test]
fn while_too_many_are_wrong_to_be_counted_an_alarm_is_believed_at_once() {
    let mut machine = Machine::new(START);
    let candidate = |number: usize| Candidate {
        scope: (PanelIndex(number as u32), Account::parse(b"1").unwrap()),
        key: RepeatKey([1; 16]),
        panel_time: None,
        received: START,
        skewed: true,
        numbered: false,
    };
    for number in 0..limits::SKEWED_SIGNALS {
        machine.refused(&candidate(number), Mono(1));
    }
    let one_more = Some(candidate(limits::SKEWED_SIGNALS));
    let stored = Verdict::Store(UNTRUSTED);
    assert_eq!(
        machine.judge(&[one_more], &[None], Mono(1)),
        [stored],
        "I12"
    );
    let later = Mono(1).after(limits::SKEWED_MEMORY + Duration::from_secs(1));
    assert_eq!(
        machine.judge(&[one_more], &[None], later),
        [Verdict::Refuse]
    );
}

proptest! {
    /// Whatever is sent when, no alarm is kept out for more than two tries in a row.
    #[test]
    fn nothing_is_refused_three_times_within_ten_minutes(
        tries in prop::collection::vec((0u8..3, 0u64..400, any::<bool>()), 1..80)
    ) {
        let mut machine = Machine::new(START);
        let mut now = Mono(1);
        let mut received = START;
        let mut refused = std::collections::HashMap::<u8, Vec<Mono>>::new();
        for (number, (content, pause, skewed)) in tries.into_iter().enumerate() {
            let pause = Duration::from_secs(pause);
            now = now.after(pause);
            received = Wall(received.0 + pause.as_micros() as i64);
            let candidate = Candidate {
                scope: (PanelIndex(1), Account::parse(b"1").unwrap()),
                key: RepeatKey([content; 16]),
                panel_time: None,
                received,
                skewed,
                numbered: false,
            };
            match machine.judge(&[Some(candidate)], &[None], now)[0] {
                Verdict::Refuse => {
                    prop_assert!(skewed);
                    machine.refused(&candidate, now);
                    let before = refused.entry(content).or_default();
                    before.retain(|at| now.since(*at) <= limits::SKEWED_MEMORY);
                    before.push(now);
                    prop_assert!(before.len() <= 2, "R3: {before:?}");
                }
                Verdict::Store(seen) => {
                    machine.remember(&candidate, EventSeq(number as u64));
                    if seen.contains(UNTRUSTED) {
                        machine.believed(&candidate, EventSeq(number as u64), now);
                    }
                }
                Verdict::Repeat(_) => machine.repeated(&candidate, now),
            }
        }
    }
}
