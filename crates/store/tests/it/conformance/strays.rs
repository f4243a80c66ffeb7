//! What every keeper of strangers must do.

use std::collections::BTreeMap;
use std::net::IpAddr;

use engine::ports::{
    EntryNumber, KeptFrame, QuarantineError, Standing, StrayEntry, StrayIdentity, StraySeen,
    StrayUpdate, Strays,
};
use model::{Account, Actor, FamilyName, ListenerName, PathIndex, Wall, limits};

use crate::support::{NOON, SECOND, TestClock, panel};

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

fn identity(account: &str, line: Option<u32>, reason: &str) -> StrayIdentity {
    StrayIdentity {
        family: FamilyName::parse("dc09").unwrap(),
        account: Account::parse(account.as_bytes()).unwrap(),
        receiver: None,
        line,
        reason: reason.parse().unwrap(),
    }
}

fn unknown(account: &str) -> StrayIdentity {
    identity(account, None, "unknown_account")
}

/// `count` frames, the last of which came at `second` and is kept.
fn update(identity: StrayIdentity, second: i64, count: u64) -> StrayUpdate {
    let received = Wall(NOON.0 + second * SECOND);
    StrayUpdate {
        identity,
        seen: StraySeen {
            listener: ListenerName::parse("dc09").unwrap(),
            path: None,
            opened_by: address(1),
            sources: vec![address(2), address(1)],
            first: received,
            last: received,
            count,
            acknowledged: 1,
        },
        frames: vec![KeptFrame {
            received,
            source: address(2),
            format: "SIA-DCS".to_owned(),
            encrypted: false,
            acknowledged: true,
            raw: format!("frame of {second}").into_bytes(),
        }],
    }
}

async fn all(store: &dyn Strays) -> Vec<StrayEntry> {
    store.entries(true, None, 100).await.unwrap().entries
}

async fn only(store: &dyn Strays) -> (StrayEntry, Vec<KeptFrame>) {
    let entries = all(store).await;
    assert_eq!(entries.len(), 1);
    let shown = store.entry(entries[0].number).await.unwrap().unwrap();
    assert_eq!(shown.entry, entries[0]);
    (shown.entry, shown.frames)
}

async fn reject(store: &dyn Strays, number: EntryNumber, to: Standing) -> StrayEntry {
    let stood = store.stand(Actor::system(), NOON, number, to).await;
    stood.unwrap()
}

pub(crate) async fn a_stranger_is_kept_with_what_came(store: &dyn Strays, _: &TestClock) {
    let mut came = update(identity("1234", Some(7), "wrong_key"), 5, 2);
    came.seen.path = Some(PathIndex(9));
    store.keep(vec![came.clone()]).await.unwrap();
    let (entry, frames) = only(store).await;
    assert_eq!(entry.identity, came.identity);
    assert_eq!(entry.standing, Standing::Open);
    assert_eq!(entry.seen, came.seen);
    assert_eq!(frames, came.frames);
    assert_eq!(store.entry(EntryNumber(404)).await.unwrap(), None);
}

pub(crate) async fn what_comes_again_is_added_up(store: &dyn Strays, _: &TestClock) {
    store.keep(vec![update(unknown("1"), 5, 2)]).await.unwrap();
    let mut again = update(unknown("1"), 9, 3);
    again.seen.sources = vec![address(3), address(2)];
    again.seen.opened_by = address(3);
    store.keep(vec![again]).await.unwrap();
    let (entry, frames) = only(store).await;
    assert_eq!((entry.seen.count, entry.seen.acknowledged), (5, 2));
    assert_eq!(entry.seen.first, Wall(NOON.0 + 5 * SECOND));
    assert_eq!(entry.seen.last, Wall(NOON.0 + 9 * SECOND));
    assert_eq!(entry.seen.sources, [address(3), address(2)]);
    assert_eq!(entry.seen.opened_by, address(1), "who came first");
    assert_eq!(frames.len(), 2);
}

pub(crate) async fn receiver_line_and_reason_tell_strangers_apart(
    store: &dyn Strays,
    _: &TestClock,
) {
    let mut with_receiver = unknown("1");
    with_receiver.receiver = Some(0);
    let different = [
        unknown("1"),
        unknown("2"),
        identity("1", Some(0), "unknown_account"),
        identity("1", None, "no_key"),
        with_receiver,
    ];
    for _ in 0..2 {
        let batch = different.iter().map(|who| update(*who, 1, 1));
        store.keep(batch.collect()).await.unwrap();
    }
    let counts: Vec<_> = all(store).await.iter().map(|e| e.seen.count).collect();
    assert_eq!(counts, [2; 5]);
}

pub(crate) async fn only_the_last_few_frames_are_kept(store: &dyn Strays, _: &TestClock) {
    for second in 0..10 {
        store
            .keep(vec![update(unknown("1"), second, 1)])
            .await
            .unwrap();
    }
    let (entry, frames) = only(store).await;
    assert_eq!(entry.seen.count, 10);
    let seconds = frames
        .iter()
        .map(|frame| (frame.received.0 - NOON.0) / SECOND);
    let kept: Vec<i64> = seconds.collect();
    assert_eq!(kept, [7, 8, 9]);
    assert_eq!(kept.len(), limits::QUARANTINE_FRAMES);
}

pub(crate) async fn a_rejected_stranger_is_only_counted(store: &dyn Strays, _: &TestClock) {
    store.keep(vec![update(unknown("1"), 5, 2)]).await.unwrap();
    let number = all(store).await[0].number;
    let rejected = reject(store, number, Standing::Rejected).await;
    assert_eq!(rejected.standing, Standing::Rejected);
    let mut later = update(unknown("1"), 6, 40);
    later.seen.sources = vec![address(77)];
    store.keep(vec![later]).await.unwrap();
    let (entry, frames) = only(store).await;
    assert_eq!((entry.seen.count, entry.number), (42, number));
    assert!(!entry.seen.sources.contains(&address(77)));
    assert_eq!(frames, []);
    assert_eq!(store.entries(false, None, 9).await.unwrap().entries, []);
    reject(store, number, Standing::Open).await;
    store.keep(vec![update(unknown("1"), 7, 1)]).await.unwrap();
    assert_eq!(only(store).await.1.len(), 1);
    let gone = store
        .stand(Actor::system(), NOON, EntryNumber(404), Standing::Rejected)
        .await;
    let number = EntryNumber(404);
    assert_eq!(gone, Err(QuarantineError::Unknown { number }));
}

async fn adopt(store: &dyn Strays, number: EntryNumber, of: u32) -> Result<(), QuarantineError> {
    let actor = Actor {
        who: "ann".to_owned(),
        ..Actor::system()
    };
    let at = Wall(NOON.0 + 60 * SECOND);
    store.adopted(actor, at, number, panel(of)).await
}

pub(crate) async fn an_adoption_is_on_record_once_and_outlives_the_entry(
    store: &dyn Strays,
    _: &TestClock,
) {
    store.keep(vec![update(unknown("1"), 5, 2)]).await.unwrap();
    let number = all(store).await[0].number;
    adopt(store, number, 3).await.unwrap();
    let twice = adopt(store, number, 4).await;
    assert_eq!(twice, Err(QuarantineError::Adopted { number }));
    let rejected = store
        .stand(Actor::system(), NOON, number, Standing::Rejected)
        .await;
    assert_eq!(rejected, Err(QuarantineError::Adopted { number }));
    assert_eq!(store.entries(false, None, 9).await.unwrap().entries, []);
    assert_eq!(only(store).await.0.standing, Standing::Adopted);
    assert_eq!(store.forget(Wall(NOON.0 + 90 * SECOND)).await, Ok(1));
    let record = store.adoptions(panel(3)).await.unwrap();
    assert_eq!(record.len(), 1);
    assert_eq!((record[0].number, record[0].who.as_str()), (number, "ann"));
    assert_eq!(record[0].at, Wall(NOON.0 + 60 * SECOND));
    assert_eq!(
        (record[0].count, record[0].first),
        (2, Wall(NOON.0 + 5 * SECOND))
    );
    assert_eq!(store.adoptions(panel(4)).await.unwrap(), []);
    assert_eq!(
        adopt(store, number, 4).await,
        Err(QuarantineError::Adopted { number })
    );
}

pub(crate) async fn an_identity_that_was_adopted_may_come_again(store: &dyn Strays, _: &TestClock) {
    store.keep(vec![update(unknown("1"), 5, 2)]).await.unwrap();
    let first = all(store).await[0].number;
    adopt(store, first, 3).await.unwrap();
    store.keep(vec![update(unknown("1"), 9, 1)]).await.unwrap();
    let entries = all(store).await;
    assert_eq!(entries.len(), 2);
    assert_eq!((entries[0].seen.count, entries[1].seen.count), (1, 2));
    adopt(store, entries[0].number, 3).await.unwrap();
    assert_eq!(store.adoptions(panel(3)).await.unwrap().len(), 2);
}

pub(crate) async fn entries_come_in_pages_the_newest_first(store: &dyn Strays, _: &TestClock) {
    for number in 0..7 {
        let who = unknown(&number.to_string());
        store.keep(vec![update(who, number, 1)]).await.unwrap();
    }
    let mut accounts = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.entries(false, cursor, 3).await.unwrap();
        accounts.extend(page.entries.iter().map(|e| e.identity.account.to_string()));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(accounts.concat(), "6543210");
}

pub(crate) async fn the_idle_are_forgotten_and_their_numbers_never_given_again(
    store: &dyn Strays,
    _: &TestClock,
) {
    let batch = [("1", 5), ("2", 50)].map(|(who, at)| update(unknown(who), at, 1));
    store.keep(batch.to_vec()).await.unwrap();
    let newest = all(store).await[0].number;
    assert_eq!(store.forget(Wall(NOON.0 + 50 * SECOND)).await, Ok(1));
    assert_eq!(only(store).await.0.identity, unknown("2"));
    assert_eq!(store.forget(Wall(NOON.0 + 51 * SECOND)).await, Ok(1));
    store.keep(vec![update(unknown("1"), 99, 1)]).await.unwrap();
    assert!(only(store).await.0.number > newest);
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// The quarantine as a list.
#[derive(Default)]
struct Model {
    entries: BTreeMap<u64, (StrayEntry, Vec<KeptFrame>)>,
    given: u64,
}

impl Model {
    fn keep(&mut self, update: StrayUpdate) {
        let of = |entry: &StrayEntry| {
            entry.identity == update.identity && entry.standing != Standing::Adopted
        };
        let Some((entry, frames)) = self.entries.values_mut().find(|(entry, _)| of(entry)) else {
            self.given += 1;
            let entry = StrayEntry {
                number: EntryNumber(self.given),
                identity: update.identity,
                standing: Standing::Open,
                seen: update.seen,
            };
            self.entries.insert(self.given, (entry, update.frames));
            return;
        };
        let seen = &mut entry.seen;
        seen.count += update.seen.count;
        seen.acknowledged += update.seen.acknowledged;
        seen.first = seen.first.min(update.seen.first);
        seen.last = seen.last.max(update.seen.last);
        if entry.standing == Standing::Open {
            seen.sources = update.seen.sources;
            frames.extend(update.frames);
            let over = frames.len().saturating_sub(limits::QUARANTINE_FRAMES);
            frames.drain(..over);
        }
    }

    fn stand(&mut self, number: u64, standing: Standing) -> bool {
        match self.entries.get_mut(&number) {
            Some((entry, frames)) if entry.standing != Standing::Adopted => {
                entry.standing = standing;
                if standing == Standing::Rejected {
                    frames.clear();
                }
                true
            }
            _ => false,
        }
    }
}

pub(crate) async fn random_lives_come_to_the_same_as_in_memory(store: &dyn Strays, _: &TestClock) {
    let mut dice = Dice(7);
    let mut model = Model::default();
    for step in 0..300_i64 {
        let number = dice.below(model.given + 2);
        match dice.below(10) {
            0..6 => {
                let who = unknown(&dice.below(6).to_string());
                let mut came = update(who, step, 1 + dice.below(3));
                came.seen.sources = vec![address(u8::try_from(dice.below(200)).unwrap())];
                store.keep(vec![came.clone()]).await.unwrap();
                model.keep(came);
            }
            6 => {
                let adopted = adopt(store, EntryNumber(number), 3).await.is_ok();
                assert_eq!(adopted, model.stand(number, Standing::Adopted));
            }
            7 | 8 => {
                let to = [Standing::Open, Standing::Rejected][usize::from(dice.below(2) == 1)];
                let stood = store
                    .stand(Actor::system(), NOON, EntryNumber(number), to)
                    .await;
                assert_eq!(stood.is_ok(), model.stand(number, to));
            }
            _ => {
                let since = Wall(NOON.0 + (step - 40) * SECOND);
                let gone = store.forget(since).await.unwrap();
                let before = model.entries.len();
                model
                    .entries
                    .retain(|_, (entry, _)| entry.seen.last >= since);
                assert_eq!(gone, before - model.entries.len());
            }
        }
        let expected: Vec<_> = model
            .entries
            .values()
            .rev()
            .map(|(e, _)| e.clone())
            .collect();
        assert_eq!(all(store).await, expected, "step {step}");
        for (number, (_, frames)) in &model.entries {
            let shown = store.entry(EntryNumber(*number)).await.unwrap().unwrap();
            assert_eq!(&shown.frames, frames, "step {step}");
        }
    }
}
