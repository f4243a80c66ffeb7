//! Random lives of a journal, on SQLite and in memory, answer by answer.

use std::sync::Arc;
use std::time::Duration;

use engine::ports::{EventFilter, EventLog, NewMessage, RepeatQuery};
use model::{EventClass, EventFlags, EventSeq, PathIndex, RetentionClass, Wall};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use store::{Retention, Store, verify};

use crate::memory::MemoryLog;
use crate::support::{
    DAY, Folder, NOON, SECOND, account, coded, event, key, message, panel, timed,
};

/// Few paths, keys and times, so that they meet.
const PATHS: u32 = 4;
const KEYS: u32 = 5;

#[derive(Debug, Clone)]
struct Shape {
    path: u32,
    key: u32,
    time: Option<i64>,
    code: &'static str,
    of_account: u32,
    delay: i64,
    doubtful: bool,
    more: usize,
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<Shape>),
    Probe,
    Repeats(Vec<(u32, u32, Option<i64>)>),
    Latest(i64),
    Pages(Filter, bool, usize),
    Page(Filter, Option<u64>, bool, usize),
    One(u64),
    Sleep(i64),
    Retain([u8; 3]),
    Reopen,
    Die,
}

#[derive(Debug, Clone)]
struct Filter {
    panel: Option<u32>,
    account: Option<u32>,
    classes: Vec<EventClass>,
    doubtful: bool,
    from: Option<i64>,
    until: Option<i64>,
}

fn shape() -> impl Strategy<Value = Shape> {
    let codes = prop::sample::select(vec!["1130", "1110", "3401", "1602", "1301"]);
    let parts = (0..PATHS, 0..KEYS, option::of(0..4_i64), codes);
    let rest = (0..PATHS, 0..300_i64, prop::bool::weighted(0.2), 0..3_usize);
    (parts, rest).prop_map(|(parts, (of_account, delay, doubtful, more))| Shape {
        path: parts.0,
        key: parts.1,
        time: parts.2,
        code: parts.3,
        of_account,
        delay,
        doubtful,
        more,
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    let classes = vec![
        EventClass::Burglary,
        EventClass::Fire,
        EventClass::Arm,
        EventClass::Test,
    ];
    (
        option::weighted(0.3, 0..=PATHS),
        option::weighted(0.3, 0..=PATHS),
        prop::sample::subsequence(classes, 0..3),
        prop::bool::weighted(0.2),
        option::weighted(0.3, -1..12_i64),
        option::weighted(0.3, -1..12_i64),
    )
        .prop_map(|(panel, account, classes, doubtful, from, until)| Filter {
            panel,
            account,
            classes,
            doubtful,
            from,
            until,
        })
}

fn step() -> impl Strategy<Value = Step> {
    let limit = 1..7_usize;
    prop_oneof![
        8 => vec(shape(), 1..6).prop_map(Step::Append),
        1 => Just(Step::Probe),
        3 => vec((0..PATHS, 0..KEYS, option::of(0..4_i64)), 1..6).prop_map(Step::Repeats),
        1 => (0..3 * 86_400_i64).prop_map(Step::Latest),
        3 => (filter(), any::<bool>(), limit.clone()).prop_map(|(f, back, l)| Step::Pages(f, back, l)),
        2 => (filter(), option::of(0..60_u64), any::<bool>(), limit)
            .prop_map(|(f, cursor, back, l)| Step::Page(f, cursor, back, l)),
        2 => (0..60_u64).prop_map(Step::One),
        3 => (0..30_i64).prop_map(|hours| Step::Sleep(hours * 3_600)),
        1 => (0..6_u8, 0..6_u8, 0..6_u8).prop_map(|(a, o, r)| Step::Retain([a, o, r])),
        1 => Just(Step::Reopen),
        1 => Just(Step::Die),
    ]
}

fn time(number: i64) -> Wall {
    Wall(NOON.0 + number * SECOND)
}

fn build(shape: &Shape, now: Wall) -> NewMessage {
    let received = Wall(now.0 - shape.delay * SECOND);
    let mut message = message(shape.path, shape.key, received);
    message
        .events
        .extend((0..shape.more).map(|_| event(shape.path, received)));
    let mut message = coded(message, shape.code);
    message.events[0].account = account(shape.of_account);
    message.events[0]
        .flags
        .set(EventFlags::ODD_PADDING, shape.doubtful);
    match shape.time {
        Some(number) => timed(message, time(number)),
        None => message,
    }
}

fn wanted(filter: &Filter) -> EventFilter {
    let noon_of = |day: i64| Wall(NOON.0 + day * DAY);
    EventFilter {
        panel: filter.panel.map(panel),
        account: filter.account.map(account),
        classes: filter.classes.clone(),
        doubtful: filter.doubtful,
        from: filter.from.map(noon_of),
        until: filter.until.map(noon_of),
    }
}

/// Both stores, and the folder that one of them lives in.
struct Life {
    folder: Folder,
    store: Option<Store>,
    memory: MemoryLog,
}

impl Life {
    fn begin() -> Self {
        let folder = Folder::new();
        let store = folder.open();
        let memory = MemoryLog::new(Arc::clone(&folder.clock));
        memory.turn();
        Self {
            folder,
            store: Some(store),
            memory,
        }
    }

    fn store(&self) -> &Store {
        self.store.as_ref().expect("open between steps")
    }

    async fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match step {
            Step::Append(shapes) => {
                let now = self.folder.clock.wall();
                let batch: Vec<_> = shapes.iter().map(|shape| build(shape, now)).collect();
                let stored = self.store().append(batch.clone()).await;
                prop_assert_eq!(stored, self.memory.append(batch).await);
            }
            Step::Probe => {
                prop_assert_eq!(self.store().probe().await, self.memory.probe().await);
            }
            Step::Repeats(queries) => {
                let query = |(path, number, at): &(u32, u32, Option<i64>), numbered| RepeatQuery {
                    path: PathIndex(*path),
                    key: key(*number),
                    panel_time: at.map(time),
                    numbered,
                };
                let both = |one| [query(one, false), query(one, true)];
                let queries: Vec<_> = queries.iter().flat_map(both).collect();
                let found = self.store().find_repeats(queries.clone()).await;
                prop_assert_eq!(found, self.memory.find_repeats(queries).await);
            }
            Step::Latest(seconds) => {
                let since = Wall(self.folder.clock.wall().0 - seconds * SECOND);
                let latest = self.store().latest_by_path(since).await;
                prop_assert_eq!(latest, self.memory.latest_by_path(since).await);
            }
            Step::Pages(filter, back, limit) => self.pages(&wanted(filter), *back, *limit).await?,
            Step::Page(filter, cursor, back, limit) => {
                let (filter, cursor) = (wanted(filter), cursor.map(EventSeq));
                let page = self
                    .store()
                    .events(filter.clone(), cursor, *back, *limit)
                    .await;
                prop_assert_eq!(
                    page,
                    self.memory.events(filter, cursor, *back, *limit).await
                );
            }
            Step::One(seq) => {
                let seq = EventSeq(*seq);
                let one = self.store().event(seq).await;
                prop_assert_eq!(one, self.memory.event(seq).await);
            }
            Step::Sleep(seconds) => self.folder.clock.advance(seconds * SECOND),
            Step::Retain(periods) => self.retain(*periods).await?,
            Step::Reopen => {
                drop(self.store.take());
                self.revive();
            }
            Step::Die => {
                let mut dead = self.folder.as_if_killed();
                drop(self.store.take());
                dead.clock = Arc::clone(&self.folder.clock);
                self.folder = dead;
                self.revive();
            }
        }
        prop_assert_eq!(self.store().head(), self.memory.head());
        Ok(())
    }

    fn revive(&mut self) {
        self.store = Some(self.folder.open());
        self.memory.turn();
    }

    async fn pages(
        &self,
        filter: &EventFilter,
        back: bool,
        limit: usize,
    ) -> Result<(), TestCaseError> {
        let mut cursor = None;
        loop {
            let page = self
                .store()
                .events(filter.clone(), cursor, back, limit)
                .await
                .unwrap();
            let same = self
                .memory
                .events(filter.clone(), cursor, back, limit)
                .await
                .unwrap();
            prop_assert_eq!(&page, &same);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    }

    async fn retain(&self, periods: [u8; 3]) -> Result<(), TestCaseError> {
        let [alarm, operation, routine] =
            periods.map(|days| Duration::from_hours(24 * u64::from(days)));
        let retention = Retention {
            alarm,
            operation,
            routine,
        };
        let now = self.folder.clock.wall();
        self.store().retain(now, retention).await.unwrap();
        self.memory.retain(now, |class: RetentionClass| {
            i64::from(periods[class.index()])
        });
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        max_shrink_iters: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_answer_is_the_one_of_a_list_in_memory(steps in vec(step(), 1..50)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut life = Life::begin();
            for step in &steps {
                life.take(step).await?;
            }
            drop(life.store.take());
            let report = verify(&life.folder.path, &mut |_| {}).unwrap();
            prop_assert_eq!(report.findings, []);
            prop_assert_eq!(report.last.0 <= life.memory.head().0, true);
            Ok(())
        })?;
    }
}
