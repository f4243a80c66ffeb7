//! What a fleet lives through: a mix of signals, phases, polls, a burst, faults; from a file or
//! built in. What the bench does with it is said there too, so that one file serves both the bench
//! and a fleet that is sent by hand.
//!
//! ```toml
//! about = "A working day"
//! family = "mqtt"           # what its panels speak; left out: either
//! panels = 50000            # how many it is meant for; `--panels` goes before
//! duration = "60s"          # from the first signal on; `--duration` goes before
//! begin_per_second = 2500   # how many panels begin in a second; `--begin-rate` goes before
//! resumption = true         # whether panels come back with their tickets
//! supervision = "SP5"       # how closely they are watched: what they are registered with
//! poll = "60s"              # supervision; left out: none
//! signal_every = "15min"    # of each panel; left out: no signals
//! rate = 5787               # or this: of the whole fleet a second, or "max"
//! [mix]                     # how often what, in proportion
//! arming = 60
//! alarm = 5
//! [[phase]]                 # over and over; left out: always the same
//! lasts = "20s"
//! factor = 1                # times the rate
//! [burst]                   # once: alarms on top of all else, one of each panel of a share
//! after = "20s"
//! lasts = "1s"
//! share = "20%"
//! [faults]                  # as the options of the same names
//! skew = "10%:-90s"
//! [server]                  # for the bench alone: `sim` leaves its receiver as it is
//! gateways = [1, 2]         # a run with each
//! restart_after = "20s"
//! restart_for = "2s"
//! ```
//!
//! All times but `begin_per_second`'s count from the first signal on, when all panels have had the
//! time to connect.

mod built_in;
mod burst;
mod mix;
mod rate;
mod server;

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use model::Watch;
use serde::{Deserialize, Serialize};

pub use built_in::BUILT_IN;
pub use burst::Burst;
pub use mix::Mix;
pub use rate::{BadRate, Rate};
pub use server::ServerPart;

use crate::faults::Faults;
use crate::terms::{BadTerm, Span, as_text};

/// What a fleet lives through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is, in a line.
    pub about: String,
    /// What its panels speak, if it is not for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
    /// For how many panels it is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panels: Option<u32>,
    /// For how long, from the first signal on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Span>,
    /// How many panels begin in a second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begin_per_second: Option<u32>,
    /// Whether panels come back with the tickets of their last connection; they do, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumption: Option<bool>,
    /// How closely its panels are watched: what they are registered with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervision: Option<Watched>,
    /// After how long a silence a panel says that it is there; never, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Span>,
    /// How often each panel reports, where there is no rate; never, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal_every: Option<Span>,
    /// How often the whole fleet reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// What it reports.
    #[serde(default)]
    pub mix: Mix,
    /// When it reports more or less; over and over.
    #[serde(default, rename = "phase")]
    pub phases: Vec<Phase>,
    /// Many alarms at once, on top of the rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<Burst>,
    /// What goes wrong.
    #[serde(default)]
    pub faults: Faults,
    /// What the bench does to the server.
    #[serde(default)]
    pub server: ServerPart,
}

/// What panels speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// ANSI/SIA DC-09.
    Dc09,
    /// The panel protocol: MQTT over TLS.
    Mqtt,
}

impl Family {
    /// Its name, in scenarios, tables and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dc09 => "dc09",
            Self::Mqtt => "mqtt",
        }
    }
}

/// How closely panels are watched: `SP5`, `off`, or a time such as `90s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Watched(pub Watch);

as_text!(Watched);

impl FromStr for Watched {
    type Err = BadTerm;

    fn from_str(text: &str) -> Result<Self, BadTerm> {
        const EXPECTED: &str =
            "a supervision: a class such as `SP5`, `off`, or a time such as `90s`";
        let watch = Watch::parse(text).map_err(|_| BadTerm::new(text, EXPECTED))?;
        Ok(Self(watch))
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A time in which more or less is reported.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// How long.
    pub lasts: Span,
    /// How many times the rate; 0 for nothing.
    pub factor: f64,
}

/// The greatest factor of a phase and the greatest weight of a mix.
const MOST: u32 = 1_000_000;

/// How many panels a fleet may have: a million is as far as anybody has tried.
pub const PANELS: RangeInclusive<u32> = 1..=1_000_000;

/// How many panels may begin in a second.
pub const BEGIN_PER_SECOND: RangeInclusive<u32> = 1..=100_000;

/// Why a text is no scenario.
#[derive(Debug, thiserror::Error)]
pub enum BadScenario {
    /// It is not in the form of one.
    #[error("{0}")]
    Form(#[from] toml::de::Error),
    /// It is, and makes no sense.
    #[error("{0}")]
    Sense(&'static str),
}

impl Scenario {
    /// From the text of a file.
    pub fn parse(text: &str) -> Result<Self, BadScenario> {
        let scenario: Self = toml::from_str(text)?;
        scenario.check().map_err(BadScenario::Sense)?;
        Ok(scenario)
    }

    /// The one with this name, if it is built in.
    ///
    /// # Panics
    ///
    /// Never: a test reads all of them.
    pub fn built_in(name: &str) -> Option<Self> {
        let (_, text) = BUILT_IN.into_iter().find(|(known, _)| *known == name)?;
        Some(Self::parse(text).expect("built-in scenarios are tested"))
    }

    /// Whether its panels report anything but that they are there, over and over.
    pub fn has_signals(&self) -> bool {
        !self.mix.is_empty()
    }

    fn check(&self) -> Result<(), &'static str> {
        let spans = [self.poll, self.signal_every, self.duration];
        if spans.into_iter().flatten().any(|span| span.0.is_zero()) {
            return Err(
                "`poll`, `signal_every` and `duration` are more than 0; leave out what never happens",
            );
        }
        self.check_fleet()?;
        if self.signal_every.is_some() && self.rate.is_some() {
            return Err("one of `signal_every` and `rate` says how often panels report, not both");
        }
        if (self.signal_every.is_some() || self.rate.is_some()) && self.mix.is_empty() {
            return Err(
                "`signal_every` and `rate` need a [mix] with a number above 0, such as `alarm = 1`",
            );
        }
        if !self.has_signals() && self.poll.is_none() && self.burst.is_none() {
            return Err("nothing happens in it: give `poll`, a [mix] or a [burst]");
        }
        if self.mix.weights().iter().any(|(_, weight)| *weight > MOST) {
            return Err("the numbers of [mix] are at most 1000000");
        }
        self.check_phases()?;
        if self.rate == Some(Rate::Most) && self.burst.is_some() {
            return Err("a [burst] has its time, and with `rate = \"max\"` nothing has");
        }
        if let Some(burst) = &self.burst {
            burst.check(self.duration)?;
        }
        self.server.check(self.duration)
    }

    fn check_fleet(&self) -> Result<(), &'static str> {
        if self.panels.is_some_and(|panels| !PANELS.contains(&panels)) {
            return Err("`panels` are 1 to 1000000");
        }
        let begin = self.begin_per_second;
        if begin.is_some_and(|begin| !BEGIN_PER_SECOND.contains(&begin)) {
            return Err("`begin_per_second` is 1 to 100000");
        }
        Ok(())
    }

    fn check_phases(&self) -> Result<(), &'static str> {
        let sane = |factor: f64| factor.is_finite() && (0.0..=f64::from(MOST)).contains(&factor);
        let phases = &self.phases;
        if !phases
            .iter()
            .all(|phase| sane(phase.factor) && !phase.lasts.0.is_zero())
        {
            return Err("a [[phase]] lasts more than 0, with a factor from 0 to 1000000");
        }
        if !phases.is_empty() && phases.iter().all(|phase| phase.factor == 0.0) {
            return Err("one [[phase]] at least has a factor above 0");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
