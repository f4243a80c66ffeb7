//! R2 of signals that bear a number of the panel's own.

use model::{EventFlags, EventSeq, OwnCode, PathIndex, RepeatKey};

use super::{Bench, FakeLog, OTHER_PATH, PATH, pass};
use crate::ports::{Answer, Intake};

impl Bench {
    /// Submits a numbered signal and waits for its proof.
    async fn numbered(&mut self, path: PathIndex, number: u8, content: u8) -> EventSeq {
        let mut submission = self.submission(path, 0, None);
        submission.numbered = true;
        submission.key = RepeatKey::numbered([number; 8], [content; 8]);
        self.ingest.submit(submission).await;
        match self.answers.recv().await.unwrap() {
            Answer::Committed { proof, .. } => proof.seq(),
            refused @ Answer::Refused { .. } => panic!("{refused:?}"),
        }
    }

    fn regressed(&self, seq: EventSeq) -> bool {
        let row = &self.log.rows()[usize::try_from(seq.0).unwrap() - 1];
        row.flags.contains(EventFlags::SEQUENCE_REGRESSED)
    }

    fn own(&self, code: OwnCode) -> usize {
        let rows = self.log.rows();
        rows.iter()
            .filter(|row| row.code == model::Code::Own(code))
            .count()
    }
}

#[tokio::test(start_paused = true)]
async fn a_numbered_signal_is_a_repeat_however_old_and_whatever_came_between() {
    let mut bench = Bench::new(FakeLog::default()).await;
    let first = bench.numbered(PATH, 1, 1).await;
    for number in 2..40 {
        bench.numbered(PATH, number, 1).await;
    }
    pass(40 * 60 * 60).await;
    assert_eq!(bench.numbered(PATH, 1, 1).await, first, "by the journal");
    assert_eq!(bench.numbered(PATH, 1, 1).await, first);
    assert_eq!(
        bench.numbered(PATH, 39, 1).await,
        EventSeq(39),
        "by the ring"
    );
    assert_eq!(bench.log.rows().len(), 39);
}

#[tokio::test(start_paused = true)]
async fn a_number_that_comes_again_with_other_content_is_stored_flagged_and_told_once() {
    let mut bench = Bench::new(FakeLog::default()).await;
    let first = bench.numbered(PATH, 1, 1).await;
    let other = bench.numbered(PATH, 1, 2).await;
    assert_ne!(first, other);
    assert!(!bench.regressed(first) && bench.regressed(other));
    // Both are known from now on.
    assert_eq!(bench.numbered(PATH, 1, 1).await, first);
    assert_eq!(bench.numbered(PATH, 1, 2).await, other);
    let third = bench.numbered(PATH, 1, 3).await;
    assert!(bench.regressed(third));
    // Our own event is stored with a later commit.
    bench.numbered(PATH, 2, 1).await;
    bench.numbered(PATH, 3, 1).await;
    assert_eq!(bench.own(OwnCode::SequenceRegressed), 1);
}

#[tokio::test(start_paused = true)]
async fn numbers_that_jump_ahead_and_back_are_stored_without_doubt_if_they_are_new() {
    let mut bench = Bench::new(FakeLog::default()).await;
    for number in [9, 200, 3, 4, 199] {
        let seq = bench.numbered(PATH, number, 1).await;
        assert!(!bench.regressed(seq), "R2: no high-water mark");
    }
    assert_eq!(bench.log.rows().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn the_same_numbered_signal_over_two_paths_of_a_panel_is_one_event() {
    let mut bench = Bench::new(FakeLog::default()).await;
    let first = bench.numbered(PATH, 1, 1).await;
    assert_eq!(bench.numbered(OTHER_PATH, 1, 1).await, first, "R9");
    let mut bench = bench.restart().await;
    pass(120).await;
    assert_eq!(bench.numbered(OTHER_PATH, 1, 1).await, first);
}
