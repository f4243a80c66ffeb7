//! What one path of a simulated panel is made from.

use std::fmt;
use std::sync::Arc;

use model::{Account, Mono, Now, PathName, Wall};
use serde::{Deserialize, Serialize};
use wire::mqtt::Level;

use super::{Habit, Panel};
use crate::dice::Dice;
use crate::fleet::{Absence, Dialling};
use crate::machine::{Blueprint, Line};
use crate::terms::Share;
use crate::tls::Trust;

/// The secret of a panel without a certificate: never printed (I10).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// What time it was at one moment of the machine's monotonic clock. All paths of a panel, in
/// whatever process, tell the time by it, so that one event has one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    mono: u64,
    wall: i64,
}

impl Timeline {
    /// What it is now.
    pub const fn of(now: Now) -> Self {
        Self {
            mono: now.mono.0,
            wall: now.wall.0,
        }
    }

    /// That of a clock that is ahead by so many microseconds.
    #[must_use]
    pub const fn ahead(self, micros: i64) -> Self {
        Self {
            wall: self.wall.saturating_add(micros),
            ..self
        }
    }

    /// What a panel says that it is at a moment; not before 1970, and to the millisecond.
    pub(super) fn at(self, moment: Mono) -> Wall {
        let since = i128::from(moment.0) - i128::from(self.mono);
        let micros = i128::from(self.wall) + since / 1_000;
        let micros = i64::try_from(micros).unwrap_or(i64::MAX).max(0);
        Wall(micros - micros % 1_000)
    }

    /// The number of a panel's boots that a fleet which begins now shows: later fleets have
    /// later ones, and their events are never taken for repeats of earlier ones.
    pub fn boot(self) -> u32 {
        u32::try_from(self.wall / 1_000_000).unwrap_or(0)
    }
}

/// By what a path is known, and what it asks for.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub(super) account: Account,
    pub(super) path: Option<PathName>,
    pub(super) level: Level,
    pub(super) boot: u32,
    pub(super) keep_alive: u16,
    pub(super) secret: Option<Secret>,
    pub(super) time: Timeline,
}

impl Identity {
    pub(super) fn client_id(&self) -> String {
        match self.path {
            Some(path) => format!("{}/{path}", self.account),
            None => self.account.to_string(),
        }
    }

    pub(super) fn topic(&self, last: &str) -> String {
        ["ap/v1/", self.account.as_str(), "/", last].concat()
    }
}

/// One path of a panel of a fleet.
#[derive(Debug, Clone)]
pub struct Member {
    /// By what its panel is known.
    pub account: Account,
    /// What the path is called, if the panel has several.
    pub path: Option<PathName>,
    /// What it speaks.
    pub level: Level,
    /// How often its panel has started.
    pub boot: u32,
    /// Within how many seconds it promises to send something; 0: it promises nothing.
    pub keep_alive: u16,
    /// Its secret, if it has no certificate.
    pub secret: Option<Secret>,
    /// By what it tells the time.
    pub time: Timeline,
    /// How it goes about it.
    pub habit: Habit,
    /// What its TLS is made from; it speaks in clear, if not given.
    pub trust: Option<Arc<Trust>>,
    /// Its place in the whole fleet, if that is not the one in the plan.
    pub place: Option<u64>,
    /// When it leaves its connection.
    pub absences: Vec<Absence>,
    /// The share of its writes that go out in pieces.
    pub split: Share,
    /// Whether its events are entered into the journal. Those of a clone are not: they are not
    /// the panel's.
    pub journalled: bool,
    /// How many events its panel reported before.
    pub reported_before: u64,
}

impl Member {
    /// A panel of one path that speaks MQTT 5 and promises to send something every minute.
    pub const fn of(account: Account, time: Timeline, boot: u32) -> Self {
        Self {
            account,
            path: None,
            level: Level::V5,
            boot,
            keep_alive: 60,
            secret: None,
            time,
            habit: Habit::plain(),
            trust: None,
            place: None,
            absences: Vec::new(),
            split: Share::NONE,
            journalled: true,
            reported_before: 0,
        }
    }
}

impl Blueprint for Member {
    type Machine = Panel;

    fn account(&self) -> Account {
        self.account
    }

    fn place(&self, nth: u64) -> u64 {
        self.place.unwrap_or(nth)
    }

    fn line(&self) -> Line {
        Line {
            dialling: Dialling::Permanent,
            supervision: None,
            stays: true,
            patience: self.habit.patience,
            split: self.split,
            absences: self.absences.clone(),
            reads: self.habit.reads,
            journalled: self.journalled,
            reported_before: self.reported_before,
        }
    }

    fn trust(&self) -> Option<&Arc<Trust>> {
        self.trust.as_ref()
    }

    fn build(&self, dice: Dice) -> Panel {
        let identity = Identity {
            account: self.account,
            path: self.path,
            level: self.level,
            boot: self.boot,
            keep_alive: self.keep_alive,
            secret: self.secret.clone(),
            time: self.time,
        };
        Panel::new(identity, self.habit, dice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_has_one_time_however_it_is_looked_at() {
        let now = Now {
            mono: Mono(5_000_000_000),
            wall: Wall(1_750_000_000_000_999),
            suspect: false,
        };
        let time = Timeline::of(now);
        assert_eq!(time.at(now.mono), Wall(1_750_000_000_000_000));
        assert_eq!(time.at(Mono(4_998_000_000)), Wall(1_749_999_999_998_000));
        assert_eq!(time.at(Mono(6_500_000_000)), Wall(1_750_000_001_500_000));
        assert_eq!(
            time.ahead(-90_000_000).at(now.mono),
            Wall(1_749_999_910_000_000)
        );
        assert_eq!(time.ahead(i64::MIN).at(now.mono), Wall(0));
        assert_eq!(time.boot(), 1_750_000_000);
    }
}
