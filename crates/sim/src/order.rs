//! What a fleet is ordered to do, whole or a part of it: the seam between those who ask and those
//! who simulate, which may be in another process.
//!
//! Invariant: a panel is the same in every part: what it is called, what it suffers and when it
//! speaks depends on the order and its place in the whole fleet, not on who simulates it.

mod accounts;
mod keys;

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use model::{Clock, Mono};
use serde::{Deserialize, Serialize};

pub use accounts::{Accounts, TooFewDigits};
pub use keys::{Keys, PanelKey};

use crate::dice::Dice;
use crate::fleet::{Dialling, FleetPlan, Member, Pace, Sources, Transport};
use crate::mixed::{Hurried, Mixed, Mute};
use crate::panel::{Habit, Identity};
use crate::scenario::Scenario;
use crate::schedule::Schedule;
use crate::script::Script;
use crate::terms::Span;
use crate::wait::passed;

/// For what chance is thrown when a fleet is made.
const OF_FAULTS: u64 = 11;
const OF_LIFE: u64 = 12;

/// How often signals are sent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rate {
    /// Each panel as often as the scenario says (open loop).
    Scenario,
    /// So many a second by the whole fleet, whatever becomes of them (open loop).
    PerSecond(f64),
    /// By each panel as soon as it has its answer (closed loop): what the receiver can take.
    Most,
}

/// What a whole fleet is ordered to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// Where the receiver listens.
    pub target: SocketAddr,
    /// Over what the panels report.
    pub transport: Transport,
    /// How they connect.
    pub dialling: Dialling,
    /// By what they are known.
    pub accounts: Accounts,
    /// The receiver number that they show, if any.
    pub receiver: Option<u32>,
    /// The line number that they show; 0 means unused.
    pub line: u32,
    /// Under which keys they encrypt.
    pub keys: Keys,
    /// Of what their pads are made.
    pub pads: Pads,
    /// What they live through, options of the command line included.
    pub scenario: Scenario,
    /// How often they report.
    pub rate: Rate,
    /// For how long, from the first signal on.
    pub duration: Span,
    /// How long unanswered signals are waited for at the end.
    pub grace: Span,
    /// How many panels begin in a second.
    pub begin_per_second: u32,
    /// From which addresses they come.
    pub sources: Sources,
    /// Whence chance comes: the same seed gives the same fleet.
    pub seed: u64,
}

/// Of what the pads of encrypted frames are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pads {
    /// Any octets, as DC-09-2026 has it.
    Binary,
    /// Characters that can be seen.
    Printable,
    /// Digits.
    Digits,
}

/// A part of a fleet: the panels from one place in it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The place of the first.
    pub first: u32,
    /// How many.
    pub count: u32,
    /// Into how many parts the fleet is cut.
    pub parts: u32,
    /// When the whole fleet begins, on the machine's monotonic clock, in nanoseconds.
    pub begins: u64,
}

impl Part {
    /// The whole fleet of `count` panels in at least `least` parts of at most `most` panels each,
    /// all of which begin at the same time.
    pub fn all(count: u32, least: u32, most: u32, begins: Mono) -> Vec<Self> {
        let parts = count
            .div_ceil(most.max(1))
            .max(least)
            .clamp(1, count.max(1));
        let first = |part: u32| {
            let first = u64::from(count) * u64::from(part) / u64::from(parts);
            u32::try_from(first).unwrap_or(count)
        };
        let part = |part| Self {
            first: first(part),
            count: first(part + 1) - first(part),
            parts,
            begins: begins.0,
        };
        (0..parts).map(part).collect()
    }
}

impl Order {
    /// When signals begin after the fleet: all panels have had the time to connect.
    pub fn signals_after(&self) -> Duration {
        Duration::from_secs(self.accounts.count().into()) / self.begin_per_second.max(1)
    }

    /// How long the whole takes, without the grace.
    pub fn lasts(&self) -> Duration {
        self.signals_after() + self.duration.0
    }

    /// The plan of a part, and the script of each of its panels.
    pub(crate) fn plan(&self, part: &Part, clock: &dyn Clock) -> (FleetPlan, Vec<Box<dyn Script>>) {
        let places = part.first..part.first + part.count;
        let late = passed(clock, Mono(part.begins));
        let members: Vec<_> = places
            .clone()
            .map(|place| self.member(place, late))
            .collect();
        let scripts = places.zip(&members).map(|(place, member)| {
            let begins = Mono(part.begins).after(self.signals_after());
            self.script(place, member.habit.window, begins)
        });
        let scripts = scripts.collect();
        let plan = FleetPlan {
            transport: self.transport,
            pace: Pace::FullSpeed,
            sources: self.sources,
            begin_per_second: (self.begin_per_second / part.parts).max(1),
            journal_room: None,
            seed: self.seed,
            first_place: part.first as usize,
            ..FleetPlan::full_speed(self.target, members)
        };
        (plan, scripts)
    }

    /// The panel at a place, in a part that begins so late.
    fn member(&self, place: u32, late: Duration) -> Member {
        let account = self.accounts.at(place);
        let habit = match self.transport {
            Transport::Tcp => Habit::plain(),
            Transport::Udp => Habit::over_udp(),
        };
        let mut member = Member {
            identity: Identity {
                account,
                receiver: self.receiver,
                line: self.line,
            },
            habit: Habit {
                pads: self.pads.into(),
                ..habit
            },
            dialling: self.dialling,
            supervision: self.scenario.poll.map(|poll| poll.0),
            key: self.keys.of(account).map(|key| key.key),
            ..Member::of(account)
        };
        let mut dice = Dice::new(self.seed, place.into(), OF_FAULTS);
        let begins = self.signals_after().saturating_sub(late);
        self.scenario
            .faults
            .befall(&mut member, &mut dice, self.transport, begins);
        member
    }

    fn script(&self, place: u32, window: usize, begins: Mono) -> Box<dyn Script> {
        if !self.scenario.has_signals() {
            return Box::new(Mute);
        }
        let panels = f64::from(self.accounts.count());
        let period = match self.rate {
            Rate::PerSecond(rate) => Some(panels / rate),
            Rate::Scenario => self
                .scenario
                .signal_every
                .map(|every| every.0.as_secs_f64()),
            Rate::Most => Some(1.0),
        };
        let Some(period) = period else {
            return Box::new(Mute);
        };
        let period = Duration::try_from_secs_f64(period).unwrap_or(Duration::MAX);
        let offset = f64::from(place) / panels;
        let phases = &self.scenario.phases;
        let schedule = Schedule::new(begins, period, offset, phases, window);
        let dice = Dice::new(self.seed, place.into(), OF_LIFE);
        let mixed = Mixed::new(schedule, self.scenario.mix, dice);
        match self.rate {
            Rate::Most => Box::new(Hurried(mixed)),
            Rate::PerSecond(_) | Rate::Scenario => Box::new(mixed),
        }
    }
}

impl From<Pads> for wire::dc09::PadKind {
    fn from(pads: Pads) -> Self {
        match pads {
            Pads::Binary => Self::Binary,
            Pads::Printable => Self::Printable,
            Pads::Digits => Self::Digits,
        }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scenario => f.write_str("as the scenario says"),
            Self::PerSecond(rate) => write!(f, "{rate} signals a second"),
            Self::Most => f.write_str("as fast as they are answered"),
        }
    }
}

#[cfg(test)]
mod tests;
