//! The engine's ports in memory.

mod condition;
mod journal;
mod performance;
mod quarantine;
mod register;
mod samples;
mod trust;
mod verdicts;
mod watcher;

use std::sync::{Arc, Mutex};

use api::{FamilyTitle, Services, TokenDigests, token_digest};
use axum::Router;
use engine::ports::{
    Check, EventLog, Health, Measured, Measurement, NewMessage, NewPanel, PanelAdmin, Presence,
    TokenRow,
};
use model::{Account, Actor, Clock, EventSeq, Mono, Now, PathIndex, TokenId, Wall};
use tokio::sync::watch;

use condition::Condition;
use engine::verdicts::Judge;
use journal::Journal;
use quarantine::Quarantine;
use register::Register;
pub(crate) use samples::{burglary, disarm, flood, panel_id, path_id, site_id, test_report};
use samples::{family, two_in_one};
pub(crate) use trust::{KEY, SECRET, Trust};
use verdicts::Verdicts;
use watcher::Watcher;

pub(crate) const TOKEN: &str = "wft_sesame";

/// 2026-11-22T20:15:00Z.
pub(crate) const NOW: Wall = Wall(1_795_378_500_000_000);

pub(crate) struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> Now {
        Now {
            mono: Mono(1),
            wall: NOW,
            suspect: false,
        }
    }
}

struct Heard;

impl Presence for Heard {
    fn last_heard(&self, path: PathIndex) -> Option<Wall> {
        (path == PathIndex(1)).then_some(Wall(NOW.0 - 60_000_000))
    }
}

/// A part of the house whose checks and figures a test sets.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) checks: Mutex<Vec<Check>>,
    pub(crate) figures: Mutex<Vec<Measurement>>,
}

impl Health for Part {
    fn checks(&self) -> Vec<Check> {
        self.checks.lock().unwrap().clone()
    }
}

impl Measured for Part {
    fn measure(&self, out: &mut Vec<Measurement>) {
        out.extend(self.figures.lock().unwrap().iter().cloned());
    }
}

/// The API and everything under it.
pub(crate) struct House {
    pub(crate) router: Router,
    pub(crate) journal: Arc<Journal>,
    pub(crate) register: Arc<Register>,
    pub(crate) quarantine: Arc<Quarantine>,
    pub(crate) part: Arc<Part>,
    pub(crate) watcher: Arc<Watcher>,
    pub(crate) trust: Arc<Trust>,
    bell: watch::Sender<EventSeq>,
}

impl House {
    pub(crate) fn new() -> Self {
        let journal = Arc::new(Journal::default());
        let register = Arc::new(Register::default());
        let part = Arc::new(Part::default());
        let watcher = Arc::new(Watcher::default());
        let trust = Arc::new(Trust::new(register.clone()));
        let (bell, heard) = watch::channel(EventSeq(0));
        let key = b"key file".to_vec();
        let row = TokenRow {
            id: TokenId::from_bytes([9; 16]),
            name: "admin".to_owned(),
            digest: token_digest(&key, TOKEN),
            created: NOW,
        };
        let verdicts = Arc::new(Verdicts::default());
        let quarantine = Arc::new(Quarantine::default());
        let clock: Arc<dyn Clock> = Arc::new(FixedClock);
        let judge = Judge::new(
            journal.clone(),
            verdicts.clone(),
            Vec::new(),
            Arc::clone(&clock),
        );
        let services = Services {
            events: journal.clone(),
            verdicts: verdicts.clone(),
            judge: Arc::new(judge),
            strays: quarantine.clone(),
            quarantine: quarantine.clone(),
            registry: register.clone(),
            panel_admin: register.clone(),
            supervision: watcher.clone(),
            sessions: Arc::new(Condition),
            condition: Arc::new(Condition),
            trust: trust.clone(),
            presence: Some(Arc::new(Heard)),
            bell: heard,
            health: vec![part.clone()],
            measured: vec![part.clone()],
            performance: Arc::new(performance::Steady),
            families: vec![FamilyTitle {
                name: family(),
                title: "SIA DC-09".to_owned(),
                over_tls: false,
            }],
            authenticate: Arc::new(TokenDigests::new(key, vec![row])),
            clock,
            build: "test".to_owned(),
        };
        Self {
            router: api::router(services),
            journal,
            register,
            quarantine,
            part,
            watcher,
            trust,
            bell,
        }
    }

    /// The id of the first panel's path.
    #[expect(clippy::unused_self, reason = "a house has one")]
    pub(crate) fn path_id(&self) -> model::PathId {
        model::PathId::from_bytes(samples::octets(2, 1))
    }

    /// Commits messages, then rings, as the engine does.
    pub(crate) async fn commit(&self, messages: Vec<NewMessage>) {
        let appended = self.journal.append(messages).await.unwrap();
        self.bell.send_replace(appended.head);
    }

    /// Commits messages, and rings, while the next page is on its way to its reader.
    pub(crate) fn commit_while_a_page_is_read(&self, messages: Vec<NewMessage>) {
        let (journal, bell) = (Arc::clone(&self.journal), self.bell.clone());
        let commit = move || {
            bell.send_replace(journal.store(messages).head);
        };
        *self.journal.meanwhile.lock().unwrap() = Some(Box::new(commit));
    }

    /// A house with the panel of the samples and the events of the samples.
    pub(crate) async fn with_samples() -> Self {
        let house = Self::new();
        house.add("1234").await;
        house.commit(vec![burglary(), disarm(), two_in_one()]).await;
        house
    }

    pub(crate) async fn add(&self, account: &str) {
        let panel = NewPanel {
            name: Some(format!("Bakery {account}")),
            site: None,
            family: family(),
            account: Account::parse(account.as_bytes()).unwrap(),
            receiver: None,
            line: None,
            listener: None,
            policy: model::PathPolicy::default(),
            key: None,
            path_name: None,
            watch: None,
        };
        let actor = Actor {
            who: "admin".to_owned(),
            ..Actor::system()
        };
        let added = PanelAdmin::add_panels(&*self.register, actor, vec![panel]).await;
        assert!(added.iter().all(Result::is_ok));
    }
}
