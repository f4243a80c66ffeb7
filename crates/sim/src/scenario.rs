//! What a fleet lives through: a mix of signals, phases, polls, faults; from a file or built in.
//!
//! ```toml
//! about = "A working day"
//! poll = "60s"              # supervision; left out: none
//! signal_every = "15min"    # of each panel, where no rate is given; left out: no signals
//! [mix]                     # how often what, in proportion
//! arming = 60
//! alarm = 5
//! [[phase]]                 # over and over; left out: always the same
//! lasts = "20s"
//! factor = 1                # times the rate
//! [faults]                  # as the options of the same names
//! skew = "10%:-90s"
//! ```

use serde::{Deserialize, Serialize};

use crate::dice::Dice;
use crate::faults::Faults;
use crate::kind::Kind;
use crate::terms::Span;

/// Those that are built in, by their names.
pub const BUILT_IN: [(&str, &str); 7] = [
    ("quiet", include_str!("../../../bench/scenarios/quiet.toml")),
    ("day", include_str!("../../../bench/scenarios/day.toml")),
    (
        "alarms",
        include_str!("../../../bench/scenarios/alarms.toml"),
    ),
    ("storm", include_str!("../../../bench/scenarios/storm.toml")),
    (
        "faults",
        include_str!("../../../bench/scenarios/faults.toml"),
    ),
    (
        "seed-day",
        include_str!("../../../bench/scenarios/seed-day.toml"),
    ),
    (
        "rough-day",
        include_str!("../../../bench/scenarios/rough-day.toml"),
    ),
];

/// What a fleet lives through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is, in a line.
    pub about: String,
    /// After how long a silence a panel says that it is there; never, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Span>,
    /// How often each panel reports, where nobody gives a rate; never, if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal_every: Option<Span>,
    /// What it reports.
    #[serde(default)]
    pub mix: Mix,
    /// When it reports more or less; over and over.
    #[serde(default, rename = "phase")]
    pub phases: Vec<Phase>,
    /// What goes wrong.
    #[serde(default)]
    pub faults: Faults,
}

/// How often what is reported, in proportion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mix {
    /// Burglary, fire, tamper, water.
    pub alarm: u32,
    /// What was wrong is well again.
    pub restore: u32,
    /// Armed, and disarmed.
    pub arming: u32,
    /// Test signals.
    pub test: u32,
    /// Mains and batteries.
    pub trouble: u32,
    /// Status reports; panels of the panel protocol only.
    pub status: u32,
    /// Zones that open and close, and nobody need look; likewise.
    pub zone: u32,
}

impl Mix {
    fn weights(self) -> [(Kind, u32); 7] {
        [
            (Kind::Alarm, self.alarm),
            (Kind::Restore, self.restore),
            (Kind::Arming, self.arming),
            (Kind::Test, self.test),
            (Kind::Trouble, self.trouble),
            (Kind::Status, self.status),
            (Kind::Zone, self.zone),
        ]
    }

    /// Whether nothing is ever reported.
    pub fn is_empty(self) -> bool {
        self.weights().iter().all(|(_, weight)| *weight == 0)
    }

    /// What happens next; a test, where the mix is empty.
    pub(crate) fn throw(self, dice: &mut Dice) -> Kind {
        let weights = self.weights();
        let all = weights
            .iter()
            .fold(0, |sum: u32, (_, w)| sum.saturating_add(*w));
        let mut thrown = dice.below(all);
        for (kind, weight) in weights {
            if thrown < weight {
                return kind;
            }
            thrown -= weight;
        }
        Kind::Test
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

    /// Whether its panels report anything but that they are there.
    pub fn has_signals(&self) -> bool {
        !self.mix.is_empty()
    }

    fn check(&self) -> Result<(), &'static str> {
        let moments = |span: Option<Span>| span.is_some_and(|span| span.0.is_zero());
        if moments(self.poll) || moments(self.signal_every) {
            return Err("`poll` and `signal_every` are more than 0; leave out what never happens");
        }
        if self.signal_every.is_some() && self.mix.is_empty() {
            return Err("`signal_every` needs a [mix] with a number above 0, such as `alarm = 1`");
        }
        if !self.has_signals() && self.poll.is_none() {
            return Err("nothing happens in it: give `poll`, or a [mix]");
        }
        if self.mix.weights().iter().any(|(_, weight)| *weight > MOST) {
            return Err("the numbers of [mix] are at most 1000000");
        }
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
mod tests {
    use super::*;

    #[test]
    fn every_built_in_scenario_reads_and_goes_to_another_process_unchanged() {
        for (name, _) in BUILT_IN {
            let scenario = Scenario::built_in(name).unwrap();
            let json = serde_json::to_string(&scenario).unwrap();
            assert_eq!(serde_json::from_str::<Scenario>(&json).unwrap(), scenario);
        }
        assert!(Scenario::built_in("nothing").is_none());
        assert!(!Scenario::built_in("quiet").unwrap().has_signals());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_to_write() {
        for (text, told) in [
            ("about = 'x'", "give `poll`"),
            ("about = 'x'\npoll = '0s'", "more than 0"),
            ("about = 'x'\nsignal_every = '1s'", "[mix]"),
            ("about = 'x'\npol = '1s'", "poll"),
            ("about = 'x'\npoll = '1'", "60s"),
            ("about = 'x'\n[mix]\nalarms = 1", "alarm"),
            (
                "about = 'x'\n[mix]\nalarm = 1\n[[phase]]\nlasts = '1s'\nfactor = 0",
                "above 0",
            ),
            (
                "about = 'x'\n[mix]\nalarm = 1\n[[phase]]\nlasts = '1s'\nfactor = nan",
                "factor",
            ),
            (
                "about = 'x'\n[mix]\nalarm = 1\n[faults]\nskew = '1%'",
                "10%:+90s",
            ),
        ] {
            let refused = Scenario::parse(text).unwrap_err().to_string();
            assert!(refused.contains(told), "{told} in {refused}");
        }
    }

    #[test]
    fn a_mix_of_one_kind_throws_that_kind() {
        let mix = Mix {
            trouble: 1,
            ..Mix::default()
        };
        let mut dice = Dice::new(1, 1, 1);
        assert!((0..100).all(|_| mix.throw(&mut dice) == Kind::Trouble));
    }
}
