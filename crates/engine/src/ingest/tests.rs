//! Ingest over a journal that can be held, filled up and broken by hand.

#![expect(
    clippy::cast_possible_truncation,
    reason = "small numbers, chosen here"
)]

mod numbered;
mod own;
mod skewed;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use arrayvec::ArrayString;
use model::{
    Account, Code, EventClass, EventFlags, EventSeq, FamilyName, Item, Learned, Mono, Now,
    OrganisationId, PanelId, PanelIndex, Path, PathId, PathIndex, PathPolicy, RepeatKey, Signal,
    SignalToken, SiteId, Wall,
};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::*;
use crate::ports::{
    self, AddError, Answer, AppendError, Appended, ChangeError, EventFilter, EventPage, NewMessage,
    NewPanel, NewPath, Origin, PanelDetail, PanelFilter, PanelPage, PathBinding, PathChange,
    ReadError, RepeatQuery, StoredMessage,
};

const START: Wall = Wall(1_700_000_000_000_000);
const PATH: PathIndex = PathIndex(7);
/// Another path of the same panel, told apart by its receiver number.
const OTHER_PATH: PathIndex = PathIndex(8);

/// A journal in memory. `gate` holds appends; `fault` breaks them.
#[derive(Default)]
struct FakeLog {
    rows: Mutex<Vec<model::NewEvent>>,
    fault: Mutex<Option<AppendError>>,
    gate: Option<Semaphore>,
    asked: Mutex<usize>,
}

impl FakeLog {
    fn rows(&self) -> Vec<model::NewEvent> {
        self.rows.lock().unwrap().clone()
    }

    fn break_with(&self, fault: Option<AppendError>) {
        *self.fault.lock().unwrap() = fault;
    }

    fn stored(&self) -> Vec<StoredMessage> {
        let rows = self.rows();
        let messages = rows.iter().enumerate().filter_map(|(at, row)| {
            Some(StoredMessage {
                path: row.path,
                key: row.message.as_ref()?.key,
                seq: EventSeq(at as u64 + 1),
                panel_time: row.panel_time,
                received: row.received,
            })
        });
        messages.collect()
    }
}

impl EventLog for FakeLog {
    fn append(&self, batch: Vec<NewMessage>) -> Answering<'_, Result<Appended, AppendError>> {
        Box::pin(async move {
            if let Some(gate) = &self.gate {
                gate.acquire().await.unwrap().forget();
            }
            if let Some(fault) = self.fault.lock().unwrap().clone() {
                return Err(fault);
            }
            let mut rows = self.rows.lock().unwrap();
            let mut first_seqs = Vec::new();
            for message in batch {
                first_seqs.push(EventSeq(rows.len() as u64 + 1));
                rows.extend(message.events);
            }
            Ok(Appended {
                first_seqs,
                head: EventSeq(rows.len() as u64),
            })
        })
    }

    fn probe(&self) -> Answering<'_, Result<(), AppendError>> {
        Box::pin(async move { self.fault.lock().unwrap().clone().map_or(Ok(()), Err) })
    }

    fn find_repeats(
        &self,
        queries: Vec<RepeatQuery>,
    ) -> Answering<'_, Result<Vec<Option<StoredMessage>>, ReadError>> {
        *self.asked.lock().unwrap() += queries.len();
        let stored = self.stored();
        let find = |query: &RepeatQuery| {
            if query.numbered {
                let of_number = stored
                    .iter()
                    .filter(|m| m.path == query.path && m.key.number() == query.key.number());
                return of_number
                    .max_by_key(|m| (m.key == query.key, m.seq))
                    .copied();
            }
            let mut same = stored
                .iter()
                .filter(|m| m.path == query.path && m.key == query.key);
            let newest = same.clone().next_back();
            same.rfind(|m| m.panel_time == query.panel_time)
                .or(newest)
                .copied()
        };
        let answers = queries.iter().map(find).collect();
        Box::pin(async move { Ok(answers) })
    }

    fn latest_by_path(&self, since: Wall) -> Answering<'_, Result<Vec<StoredMessage>, ReadError>> {
        let latest = self.stored().into_iter().rfind(|m| m.received >= since);
        Box::pin(async move { Ok(latest.into_iter().collect()) })
    }

    fn events(
        &self,
        _: EventFilter,
        _: Option<EventSeq>,
        _: bool,
        _: usize,
    ) -> Answering<'_, Result<EventPage, ReadError>> {
        unreachable!("ingest reads no pages")
    }

    fn event(&self, _: EventSeq) -> Answering<'_, Result<Option<model::Event>, ReadError>> {
        unreachable!("ingest reads no events")
    }

    fn head(&self) -> EventSeq {
        EventSeq(self.rows().len() as u64)
    }
}

/// A registry that holds one panel.
pub(crate) struct OnePanel;

fn binding() -> PathBinding {
    PathBinding {
        path: Path {
            id: PathId::from_bytes([1; 16]),
            index: PATH,
            family: FamilyName::parse("test").unwrap(),
            account: Account::parse(b"1234").unwrap(),
            receiver: None,
            line: None,
            listener: None,
            policy: PathPolicy::default(),
            cipher: None,
            path_name: None,
        },
        panel: PanelId::from_bytes([2; 16]),
        panel_index: PanelIndex(3),
        site: SiteId::from_bytes([4; 16]),
        organisation: OrganisationId::from_bytes([5; 16]),
        keys: Vec::new(),
        learned: Learned::default(),
        secret: None,
        disabled: false,
    }
}

impl ports::Registry for OnePanel {
    fn bindings(&self) -> Answering<'_, Result<Vec<PathBinding>, ReadError>> {
        let mut other = binding();
        other.path.index = OTHER_PATH;
        other.path.receiver = Some(2);
        Box::pin(async { Ok(vec![binding(), other]) })
    }

    fn add_panels(
        &self,
        _: model::Actor,
        _: Wall,
        _: Vec<NewPanel>,
    ) -> Answering<'_, Vec<Result<model::Panel, AddError>>> {
        unreachable!("ingest adds no panels")
    }

    fn add_path(
        &self,
        _: model::Actor,
        _: Wall,
        _: PanelId,
        _: NewPath,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        unreachable!("ingest adds no paths")
    }

    fn change_path(
        &self,
        _: model::Actor,
        _: Wall,
        _: PathId,
        _: PathChange,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        unreachable!("ingest changes no paths")
    }

    fn remove_path(
        &self,
        _: model::Actor,
        _: Wall,
        _: PathId,
    ) -> Answering<'_, Result<Path, ChangeError>> {
        unreachable!("ingest removes no paths")
    }

    fn relearn(
        &self,
        _: model::Actor,
        _: Wall,
        _: PathId,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        unreachable!("ingest forgets nothing")
    }

    fn learn(&self, _: Vec<(PathIndex, Learned)>) -> Answering<'_, Result<(), AddError>> {
        unreachable!("ingest learns nothing")
    }

    fn panels(
        &self,
        _: PanelFilter,
        _: Option<PanelIndex>,
        _: usize,
    ) -> Answering<'_, Result<PanelPage, ReadError>> {
        unreachable!("ingest lists no panels")
    }

    fn panel(&self, _: PanelId) -> Answering<'_, Result<Option<PanelDetail>, ReadError>> {
        unreachable!("ingest shows no panels")
    }

    fn organisations(&self) -> Answering<'_, Result<Vec<model::Organisation>, ReadError>> {
        unreachable!("ingest lists no organisations")
    }

    fn sites(&self) -> Answering<'_, Result<Vec<model::Site>, ReadError>> {
        Box::pin(async {
            Ok(vec![model::Site {
                id: SiteId::from_bytes([4; 16]),
                organisation: OrganisationId::from_bytes([5; 16]),
                name: "Default site".into(),
                time_zone: "UTC".into(),
            }])
        })
    }

    fn audit(
        &self,
        _: model::Actor,
        _: Wall,
        _: &'static str,
        _: String,
    ) -> Answering<'_, Result<(), AddError>> {
        unreachable!("ingest audits nothing")
    }
}

/// Advances with tokio's paused clock.
struct PausedClock(tokio::time::Instant);

impl Clock for PausedClock {
    fn now(&self) -> Now {
        let passed = self.0.elapsed();
        Now {
            mono: Mono::default().after(passed),
            wall: Wall(START.0 + passed.as_micros() as i64),
            suspect: false,
        }
    }
}

struct Bench {
    log: Arc<FakeLog>,
    ingest: Ingest,
    task: JoinHandle<Result<(), IngestError>>,
    answers: mpsc::Receiver<Answer>,
    sender: mpsc::Sender<Answer>,
    clock: Arc<PausedClock>,
    places: Places,
    next_token: u32,
}

impl Bench {
    async fn new(log: FakeLog) -> Self {
        Self::over(
            Arc::new(log),
            Arc::new(PausedClock(tokio::time::Instant::now())),
        )
        .await
    }

    async fn over(log: Arc<FakeLog>, clock: Arc<PausedClock>) -> Self {
        let registry = Registry::load(Arc::new(OnePanel), clock.clone())
            .await
            .unwrap();
        let places = Places::new(clock.clone());
        let (ingest, task, _bell) = ingest(log.clone(), registry, clock.clone(), places.clone());
        let (sender, answers) = mpsc::channel(64);
        Self {
            log,
            ingest,
            task: tokio::spawn(task.run()),
            answers,
            sender,
            clock,
            places,
            next_token: 0,
        }
    }

    /// The engine is killed and a new one opens the same journal.
    async fn restart(self) -> Self {
        self.task.abort();
        Self::over(self.log, self.clock).await
    }

    async fn submit(&mut self, content: u8, panel_time: Option<Wall>) -> SignalToken {
        self.submit_by(PATH, content, panel_time).await
    }

    async fn submit_by(&mut self, path: PathIndex, content: u8, time: Option<Wall>) -> SignalToken {
        let submission = self.submission(path, content, time);
        let token = submission.origin.token;
        self.ingest.submit(submission).await;
        token
    }

    fn submission(&mut self, path: PathIndex, content: u8, time: Option<Wall>) -> Submission {
        self.next_token += 1;
        let signal = signal(time);
        Submission {
            origin: Origin {
                connection: 1,
                token: SignalToken(self.next_token),
            },
            path,
            class: signal.class(),
            key: RepeatKey([content; 16]),
            received: self.clock.now().wall,
            read_at: self.clock.now().mono,
            skewed: false,
            numbered: false,
            signal,
            answers: self.sender.clone(),
        }
    }

    /// Submits and waits for the proof; the number it bears.
    async fn stored(&mut self, content: u8, panel_time: Option<Wall>) -> EventSeq {
        self.stored_by(PATH, content, panel_time).await
    }

    async fn stored_by(&mut self, path: PathIndex, content: u8, time: Option<Wall>) -> EventSeq {
        let token = self.submit_by(path, content, time).await;
        match self.answers.recv().await.unwrap() {
            Answer::Committed { proof, .. } => {
                assert_eq!(
                    (proof.token(), proof.key()),
                    (token, RepeatKey([content; 16]))
                );
                proof.seq()
            }
            refused @ Answer::Refused { .. } => panic!("{refused:?}"),
        }
    }

    fn flagged(&self, seq: EventSeq) -> bool {
        let row = &self.log.rows()[seq.0 as usize - 1];
        row.flags.contains(EventFlags::POSSIBLE_REPEAT)
    }

    fn wall(&self) -> Wall {
        self.clock.now().wall
    }
}

fn signal(panel_time: Option<Wall>) -> Signal {
    Signal {
        account: Account::parse(b"1234").unwrap(),
        format: ArrayString::from("ADM-CID").unwrap(),
        panel_sequence: Some(1),
        panel_time,
        occurred: None,
        flags: EventFlags::empty(),
        items: vec![Item {
            account: None,
            code: Code::contact_id(b"1130").unwrap(),
            partition: None,
            point: None,
            text: None,
            flags: EventFlags::empty(),
        }],
        extended: vec![],
        raw: b"raw".to_vec(),
    }
}

async fn pass(seconds: u64) {
    tokio::time::advance(Duration::from_secs(seconds)).await;
}

#[tokio::test(start_paused = true)]
async fn a_proof_comes_only_after_the_append() {
    let gate = Some(Semaphore::new(0));
    let mut bench = Bench::new(FakeLog {
        gate,
        ..FakeLog::default()
    })
    .await;
    bench.submit(1, None).await;
    let answer = tokio::time::timeout(Duration::from_secs(5), bench.answers.recv()).await;
    assert!(
        answer.is_err(),
        "I1: answered before the append: {answer:?}"
    );
    bench.log.gate.as_ref().unwrap().add_permits(1);
    assert!(matches!(
        bench.answers.recv().await,
        Some(Answer::Committed { .. })
    ));
}

/// R9: one event, whichever path of its panel it comes by, from memory and from the journal.
#[tokio::test(start_paused = true)]
async fn a_signal_that_comes_by_two_paths_of_its_panel_is_one_event() {
    let mut bench = Bench::new(FakeLog::default()).await;
    let time = Some(bench.wall());
    let first = bench.stored_by(PATH, 1, time).await;
    assert_eq!(bench.stored_by(OTHER_PATH, 1, time).await, first);
    // Other signals have come in between, and a new engine knows of neither by heart.
    pass(120).await;
    bench.stored_by(OTHER_PATH, 2, None).await;
    pass(120).await;
    let mut bench = bench.restart().await;
    let asked = *bench.log.asked.lock().unwrap();
    assert_eq!(bench.stored_by(OTHER_PATH, 1, time).await, first);
    assert_eq!(*bench.log.asked.lock().unwrap(), asked + 2, "of each path");
    assert_eq!(bench.stored_by(PATH, 1, time).await, first);
    assert_eq!(bench.log.rows().len(), 2);
    // R2: the same frame goes before what is merely newer.
    let again = bench.stored_by(OTHER_PATH, 1, None).await;
    assert!(again > first && bench.flagged(again));
    pass(120).await;
    let mut bench = bench.restart().await;
    assert_eq!(bench.stored_by(OTHER_PATH, 1, time).await, first);
}

#[tokio::test(start_paused = true)]
async fn the_same_signal_within_a_minute_is_acknowledged_and_stored_once() {
    let mut bench = Bench::new(FakeLog::default()).await;
    let first = bench.stored(1, None).await;
    pass(59).await;
    assert_eq!(bench.stored(1, None).await, first);
    assert_eq!(bench.log.rows().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_retry_with_a_fresh_timestamp_is_a_repeat_within_a_minute() {
    let mut bench = Bench::new(FakeLog::default()).await;
    let first = bench.stored(1, Some(bench.wall())).await;
    pass(5).await;
    assert_eq!(bench.stored(1, Some(bench.wall())).await, first);
}

#[tokio::test(start_paused = true)]
async fn a_signal_between_makes_the_same_content_new() {
    let mut bench = Bench::new(FakeLog::default()).await;
    bench.stored(1, None).await;
    bench.stored(2, None).await;
    let again = bench.stored(1, None).await;
    assert_eq!(again, EventSeq(3));
    assert!(bench.flagged(again));
}

#[tokio::test(start_paused = true)]
async fn without_a_timestamp_the_same_content_is_stored_and_flagged_after_a_minute() {
    let mut bench = Bench::new(FakeLog::default()).await;
    bench.stored(1, None).await;
    pass(61).await;
    let again = bench.stored(1, None).await;
    assert_eq!(again, EventSeq(2));
    assert!(bench.flagged(again));
}

#[tokio::test(start_paused = true)]
async fn a_replay_with_the_same_frame_timestamp_is_a_repeat_for_a_day() {
    let mut bench = Bench::new(FakeLog::default()).await;
    let sent = Some(bench.wall());
    let first = bench.stored(1, sent).await;
    for content in 2..20 {
        pass(60).await;
        bench.stored(content, Some(bench.wall())).await;
    }
    assert_eq!(bench.stored(1, sent).await, first);
    pass(24 * 3_600).await;
    let late = bench.stored(1, sent).await;
    assert_ne!(late, first);
    assert!(bench.flagged(late));
}

#[tokio::test(start_paused = true)]
async fn a_replay_is_recognised_after_a_restart() {
    let mut bench = Bench::new(FakeLog::default()).await;
    let sent = Some(bench.wall());
    let first = bench.stored(1, sent).await;
    let plain = bench.stored(2, None).await;
    let mut bench = bench.restart().await;
    assert_eq!(bench.stored(2, None).await, plain);
    assert_eq!(bench.stored(1, sent).await, first);
    pass(61).await;
    assert_eq!(bench.stored(1, sent).await, first);
    let flagged = bench.stored(2, None).await;
    assert!(bench.flagged(flagged));
}

#[tokio::test(start_paused = true)]
async fn a_repeat_of_what_is_not_yet_committed_waits_for_that_commit() {
    let gate = Some(Semaphore::new(0));
    let mut bench = Bench::new(FakeLog {
        gate,
        ..FakeLog::default()
    })
    .await;
    bench.submit(1, None).await;
    bench.submit(1, None).await;
    let early = tokio::time::timeout(Duration::from_secs(5), bench.answers.recv()).await;
    assert!(early.is_err(), "I2: {early:?}");
    bench.log.gate.as_ref().unwrap().add_permits(9);
    for _ in 0..2 {
        let Some(Answer::Committed { proof, .. }) = bench.answers.recv().await else {
            panic!()
        };
        assert_eq!(proof.seq(), EventSeq(1));
    }
    assert_eq!(bench.log.rows().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panel_that_sends_one_sequence_number_for_ever_loses_no_alarm() {
    let mut bench = Bench::new(FakeLog::default()).await;
    for day in 1..=30 {
        assert_eq!(bench.stored(1, Some(bench.wall())).await, EventSeq(day));
        pass(24 * 3_600).await;
    }
}

#[tokio::test(start_paused = true)]
async fn newer_timestamps_are_judged_without_the_disk() {
    let mut bench = Bench::new(FakeLog::default()).await;
    pass(120).await;
    for content in 1..50 {
        pass(1).await;
        bench.stored(content, Some(bench.wall())).await;
    }
    assert_eq!(*bench.log.asked.lock().unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn signals_wait_while_the_disk_is_full_and_are_stored_in_order_when_there_is_room() {
    let mut bench = Bench::new(FakeLog::default()).await;
    bench.stored(1, None).await;
    bench.log.break_with(Some(AppendError::Full {
        path: "disk".into(),
    }));
    let waiting = [bench.submit(2, None).await, bench.submit(3, None).await];
    let early = tokio::time::timeout(Duration::from_secs(12), bench.answers.recv()).await;
    assert!(early.is_err(), "I1: {early:?}");
    let mut state = bench.ingest.state();
    assert!(!state.borrow().promises(bench.clock.now().mono), "R4");
    bench.log.break_with(None);
    let clock = bench.clock.clone();
    state
        .wait_for(|state| state.promises(clock.now().mono))
        .await
        .unwrap();
    for (token, seq) in waiting.into_iter().zip([2, 3]) {
        let Some(Answer::Committed { proof, .. }) = bench.answers.recv().await else {
            panic!()
        };
        assert_eq!((proof.token(), proof.seq()), (token, EventSeq(seq)), "I5");
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_is_stopped_while_the_disk_is_full_leaves_the_signals_to_the_gateways() {
    let mut bench = Bench::new(FakeLog::default()).await;
    bench.stored(1, None).await;
    bench.log.break_with(Some(AppendError::Full {
        path: "disk".into(),
    }));
    bench.submit(2, None).await;
    // Virtual time passes only when all else is idle: the append was tried, and tried again.
    tokio::time::sleep_until(tokio::time::Instant::now() + Duration::from_secs(1)).await;
    drop(bench.ingest);
    assert!(bench.task.await.unwrap().is_ok());
    assert!(bench.answers.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_repeat_of_what_is_stored_is_acknowledged_even_when_the_disk_is_full() {
    let mut bench = Bench::new(FakeLog::default()).await;
    let first = bench.stored(1, None).await;
    bench.log.break_with(Some(AppendError::Full {
        path: "disk".into(),
    }));
    bench.submit(1, None).await;
    let Some(Answer::Committed { proof, .. }) = bench.answers.recv().await else {
        panic!()
    };
    assert_eq!(proof.seq(), first);
}

#[tokio::test(start_paused = true)]
async fn a_failed_append_answers_nobody_and_ends_the_task() {
    let mut bench = Bench::new(FakeLog::default()).await;
    bench.stored(1, None).await;
    bench.log.break_with(Some(AppendError::Failed {
        path: "db".into(),
        cause: "EIO".into(),
    }));
    bench.submit(2, None).await;
    assert!(matches!(
        bench.task.await.unwrap(),
        Err(IngestError::Append(_))
    ));
    // A refusal would let a later signal of the panel be stored before this one (I5).
    assert!(bench.answers.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_probe_fails_stays_up_with_intake_closed() {
    let log = FakeLog::default();
    log.break_with(Some(AppendError::Failed {
        path: "db".into(),
        cause: "EROFS".into(),
    }));
    let mut bench = Bench::new(log).await;
    bench.submit(1, None).await;
    let answer = tokio::time::timeout(Duration::from_secs(30), bench.answers.recv()).await;
    assert!(answer.is_err(), "{answer:?}");
    assert!(!bench.task.is_finished());
    assert!(!bench.ingest.checks()[0].ok);
}

#[tokio::test(start_paused = true)]
async fn an_idle_journal_is_probed_so_that_the_promise_stays_young() {
    let bench = Bench::new(FakeLog::default()).await;
    let mut state = bench.ingest.state();
    for _ in 0..5 {
        state.changed().await.unwrap();
        assert!(
            bench
                .clock
                .now()
                .mono
                .since(state.borrow().last_commit.unwrap())
                < limits::PROMISE
        );
    }
    assert!(bench.clock.0.elapsed() >= 4 * limits::PROBE_PERIOD);
}

#[tokio::test(start_paused = true)]
async fn a_signal_of_a_path_that_is_not_registered_is_refused() {
    let mut bench = Bench::new(FakeLog::default()).await;
    let token = bench.submit_by(PathIndex(99), 1, None).await;
    let refused = Answer::Refused {
        connection: 1,
        token,
        reason: model::Refusal::UnknownPath,
    };
    assert_eq!(bench.answers.recv().await, Some(refused));
}

#[tokio::test(start_paused = true)]
async fn a_doubt_about_our_clock_is_published_at_once_and_outlives_commits() {
    let mut bench = Bench::new(FakeLog::default()).await;
    bench.stored(1, None).await;
    let mut state = bench.ingest.state();
    state.mark_unchanged();
    bench.ingest.clock_doubt().set(true);
    assert!(state.has_changed().unwrap());
    bench.stored(2, None).await;
    assert!(state.borrow().clock_suspect);
    assert!(state.borrow().promises(bench.clock.now().mono), "R4");
    bench.ingest.clock_doubt().set(false);
    assert!(!state.borrow().clock_suspect);
}

#[tokio::test(start_paused = true)]
async fn how_long_a_signal_took_to_the_disk_is_counted_from_when_the_gateway_read_it_and_by_priority()
 {
    let mut bench = Bench::new(FakeLog::default()).await;
    tokio::time::advance(Duration::from_secs(9)).await;
    let mut submission = bench.submission(PATH, 1, None);
    submission.read_at = submission.read_at.before(Duration::from_secs(2));
    submission.class = EventClass::Fire; // Lent by an alarm behind it.
    bench.ingest.submit(submission).await;
    bench.answers.recv().await.unwrap();
    // A repeat was on disk before.
    bench.submit(1, None).await;
    bench.answers.recv().await.unwrap();
    let figures = bench.ingest.figures();
    let counts: Vec<u64> = figures
        .to_disk()
        .iter()
        .map(|times| times.read().count())
        .collect();
    assert_eq!(counts, [0, 0, 1, 0, 0, 0, 0, 0, 0]);
    let peak = figures.to_disk()[2].peak();
    assert!((2..3).contains(&peak.as_secs()), "{peak:?}");
    assert_eq!(
        (figures.commits().read().count(), figures.committed()),
        (1, 1)
    );
}
