//! The day of the fleet: its stages, when they begin, and what each panel says in them.

use std::time::Duration;

use model::{LinkKind, Mono, ReportedPartition, StatusReport, ZoneState};
use serde::{Deserialize, Serialize};
use sim::fleet::{Absence, Leaves};
use sim::machine::Saying;
use sim::mqtt::{Report, ZONES};
use sim::order::Accounts;
use sim::script::Script;

use super::{BEGIN, PANELS};

/// The account of the first panel.
const FIRST: &str = "100000";

/// Between the end of a stage and the beginning of the next.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// A part of the day, one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// Nobody is there yet.
    Empty,
    /// All come, by full handshakes.
    Come,
    /// All are there and say nothing.
    Idle,
    /// Each leaves its connection and is back at once, with its ticket.
    Return,
    /// Status reports, 1,000 a second; the first of each panel says how its zones are.
    Slow,
    /// Status reports, 5,000 a second.
    Fast,
    /// Events to be stored, 1,000 a second.
    Events,
}

impl Stage {
    /// All of them; the one that only we can live through last.
    pub(crate) const ALL: [Self; 7] = [
        Self::Empty,
        Self::Come,
        Self::Idle,
        Self::Return,
        Self::Slow,
        Self::Fast,
        Self::Events,
    ];

    pub(super) const fn lasts(self) -> Duration {
        let all = Duration::from_secs((PANELS / BEGIN) as u64);
        match self {
            Self::Empty => Duration::from_secs(1),
            Self::Come | Self::Return => all.saturating_add(Duration::from_secs(3)),
            Self::Idle => Duration::from_secs(2),
            Self::Slow | Self::Fast | Self::Events => Duration::from_secs(5),
        }
    }

    /// What all panels together say in a second.
    const fn rate(self) -> u32 {
        match self {
            Self::Slow | Self::Events => 1_000,
            Self::Fast => 5_000,
            Self::Empty | Self::Come | Self::Idle | Self::Return => 0,
        }
    }

    /// When it begins, after the beginning of the day.
    pub(super) fn begins(self) -> Duration {
        let before = Self::ALL.into_iter().take_while(|stage| *stage != self);
        before.map(|stage| stage.lasts() + PAUSE).sum()
    }
}

/// By what the panels are known.
pub(super) fn accounts() -> Accounts {
    Accounts::from_first(FIRST, PANELS).expect("six digits are enough for the panels")
}

/// The table for `panel import`.
pub(super) fn registered() -> String {
    let accounts = accounts();
    let rows = accounts.all().map(|account| format!("mqtt,{account}\n"));
    std::iter::once("family,account\n".to_owned())
        .chain(rows)
        .collect()
}

/// When the panel at a place leaves its connection. It counts from the coming of the fleet.
pub(super) fn absence(place: u32) -> Absence {
    let turn = Duration::from_secs(place.into()) / BEGIN;
    Absence {
        after: Stage::Return.begins().saturating_sub(Stage::Come.begins()) + turn,
        lasts: Duration::ZERO,
        again: None,
        leaves: Leaves::Closed,
    }
}

/// What one panel says in its day.
#[derive(Debug, Clone)]
pub(super) struct Day {
    began: Mono,
    place: u32,
    /// What it has said, and in which stage it is.
    stage: usize,
    said_in_stage: u32,
    said: u64,
}

impl Day {
    pub(super) fn new(began: Mono, place: u32) -> Self {
        let mut day = Self {
            began,
            place,
            stage: 0,
            said_in_stage: 0,
            said: 0,
        };
        day.settle();
        day
    }

    /// When the next is due within its stage; `None` where nothing is left to say in it.
    fn due_in_stage(&self) -> Option<Mono> {
        let stage = Stage::ALL.get(self.stage)?;
        let turns = u64::from(self.said_in_stage) * u64::from(PANELS) + u64::from(self.place);
        let after = Duration::from_micros(turns * 1_000_000 / u64::from(stage.rate()).max(1));
        let within = stage.rate() > 0 && after < stage.lasts();
        within.then(|| self.began.after(stage.begins() + after))
    }

    /// Goes on to the next stage in which there is something to say.
    fn settle(&mut self) {
        while self.stage < Stage::ALL.len() && self.due_in_stage().is_none() {
            self.stage += 1;
            self.said_in_stage = 0;
        }
    }

    fn advance(&mut self) {
        self.said_in_stage += 1;
        self.settle();
    }

    /// About a hundred octets; the first says how all zones are.
    fn status(&self) -> StatusReport {
        StatusReport {
            rssi: Some(-67),
            link: Some(LinkKind::FourG),
            battery: Some(100),
            mains: Some(true),
            partitions: [1, 2].map(|n| (n, ReportedPartition::Disarmed)).to_vec(),
            zones: match self.said {
                1 => (1..=ZONES).map(|n| (n, ZoneState::Closed)).collect(),
                _ => Vec::new(),
            },
            ..StatusReport::default()
        }
    }
}

impl Script<Report> for Day {
    fn due(&self, _: Mono) -> Option<Mono> {
        self.due_in_stage()
    }

    fn tell(&mut self, number: u64) -> Report {
        self.said += 1;
        let stage = Stage::ALL.get(self.stage).copied();
        let report = match stage {
            Some(Stage::Events) => Report::numbered(number),
            _ => Report::Status(Box::new(self.status())),
        };
        self.advance();
        report
    }

    fn skip(&mut self, until: Mono) {
        while self.due_in_stage().is_some_and(|due| due < until) {
            self.advance();
        }
    }

    fn owed(&self, until: Mono) -> u64 {
        let mut rest = self.clone();
        let mut owed = 0;
        while rest.due_in_stage().is_some_and(|due| due <= until) {
            rest.advance();
            owed += 1;
        }
        owed
    }
}
