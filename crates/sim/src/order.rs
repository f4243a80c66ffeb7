//! What a fleet is ordered to do, whole or a part of it: the seam between those who ask and those
//! who simulate, which may be in another process.
//!
//! Invariant: a panel is the same in every part: what it is called, what it suffers and when it
//! speaks depends on the order and its place in the whole fleet, not on who simulates it.

mod accounts;
mod dc09;
mod keys;
mod mqtt;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::{Clock, Mono};
use serde::{Deserialize, Serialize};

pub use accounts::{Accounts, TooFewDigits};
pub use dc09::{Dc09Terms, Pads};
pub use keys::{Keys, PanelKey};
pub use mqtt::{MqttTerms, Version};

use crate::fleet::{Fleet, FleetPlan, Member, Pace, Sources, Transport};
use crate::mqtt::{Member as PathOfOne, Report};
use crate::scenario::{Family, Rate, Scenario};
use crate::schedule::{Regular, Schedule};
use crate::script::Script;
use crate::terms::Span;
use crate::tls::{BadTrust, Trust};

/// For what chance is thrown when a fleet is made.
const OF_FAULTS: u64 = 11;
const OF_LIFE: u64 = 12;

/// The first and the longest wait of an MQTT panel after a connection that failed: a modem takes
/// its time, and half a fleet that knocks twenty times a second keeps the other half out.
const CALM: Duration = Duration::from_millis(500);
const CALM_MOST: Duration = Duration::from_secs(15);

/// What a whole fleet is ordered to do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// Where the receiver listens.
    pub target: SocketAddr,
    /// By what they are known.
    pub accounts: Accounts,
    /// What they speak, and how.
    pub speaks: Speaks,
    /// What they live through, options of the command line included.
    pub scenario: Scenario,
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

/// What the panels of a fleet speak, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaks {
    /// DC-09.
    Dc09(Dc09Terms),
    /// The panel protocol.
    Mqtt(Box<MqttTerms>),
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

    /// The places of its panels in the whole fleet.
    fn places(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.count
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

    /// Who falls silent: the places, each with when it leaves, after the first signal, and for how
    /// long. Of panels of the panel protocol.
    pub fn silences(&self) -> impl Iterator<Item = (u32, Duration, Duration)> + '_ {
        let silence = |place: u32| {
            let Speaks::Mqtt(terms) = &self.speaks else {
                return None;
            };
            let absence = terms.silence(self, place)?;
            Some((place, absence.after, absence.lasts))
        };
        (0..self.accounts.count()).filter_map(silence)
    }

    /// Over what the panels report.
    pub const fn transport(&self) -> Transport {
        match &self.speaks {
            Speaks::Dc09(terms) => terms.transport,
            Speaks::Mqtt(_) => Transport::Tcp,
        }
    }

    /// What the panels speak, by its name.
    pub const fn family(&self) -> Family {
        match &self.speaks {
            Speaks::Dc09(_) => Family::Dc09,
            Speaks::Mqtt(_) => Family::Mqtt,
        }
    }

    /// Starts a part. To be called within a runtime.
    pub(crate) fn launch(&self, part: &Part, clock: Arc<dyn Clock>) -> Result<Fleet, BadTrust> {
        match &self.speaks {
            Speaks::Dc09(terms) => {
                let (plan, scripts) = self.dc09_plan(terms, part, clock.as_ref());
                Ok(Fleet::play(plan, scripts, clock, None))
            }
            Speaks::Mqtt(terms) => {
                let trust = terms.trust.as_ref().map(Trust::new).transpose()?;
                let trust = trust.map(Arc::new);
                let (plan, scripts) = self.mqtt_plan(terms, part, clock.as_ref(), trust.as_ref());
                Ok(Fleet::play(plan, scripts, clock, None))
            }
        }
    }

    /// The plan of a part of a fleet of DC-09 panels, and the script of each.
    fn dc09_plan(
        &self,
        terms: &Dc09Terms,
        part: &Part,
        clock: &dyn Clock,
    ) -> (FleetPlan, Vec<Box<dyn Script>>) {
        let begins = self.signals_begin(part);
        let after = begins.since(clock.now().mono);
        let members: Vec<_> = part
            .places()
            .map(|place| terms.member(self, place, after))
            .collect();
        let script = |(place, member): (u32, &Member)| {
            Dc09Terms::script(self, place, member.habit.window, begins)
        };
        let scripts = part.places().zip(&members).map(script).collect();
        (self.fleet_plan(part, terms.transport, members), scripts)
    }

    /// The plan of a part of a fleet of MQTT panels, and the script of each path.
    fn mqtt_plan(
        &self,
        terms: &MqttTerms,
        part: &Part,
        clock: &dyn Clock,
        trust: Option<&Arc<Trust>>,
    ) -> (FleetPlan<PathOfOne>, Vec<Box<dyn Script<Report>>>) {
        let begins = self.signals_begin(part);
        let times = (begins, begins.since(clock.now().mono));
        let paths = terms.paths(self, part.places(), times, trust);
        let (members, scripts) = paths.into_iter().unzip();
        let plan = FleetPlan {
            back_off: CALM,
            back_off_most: CALM_MOST,
            ..self.fleet_plan(part, Transport::Tcp, members)
        };
        (plan, scripts)
    }

    fn fleet_plan<M>(&self, part: &Part, transport: Transport, members: Vec<M>) -> FleetPlan<M> {
        FleetPlan {
            transport,
            pace: Pace::FullSpeed,
            sources: self.sources,
            // Rather a few more than that signals begin before all are there.
            begin_per_second: self.begin_per_second.div_ceil(part.parts.max(1)),
            journal_room: None,
            seed: self.seed,
            first_place: part.first as usize,
            ..FleetPlan::full_speed(self.target, members)
        }
    }

    fn signals_begin(&self, part: &Part) -> Mono {
        Mono(part.begins).after(self.signals_after())
    }

    /// When the panel at a place reports, so many signals at once; `None` if it never does.
    fn schedule(&self, place: u32, window: usize, begins: Mono) -> Option<Schedule> {
        let count = self.accounts.count();
        let burst = self.scenario.burst.as_ref();
        let burst = burst.and_then(|burst| burst.moment(place, count));
        let burst = burst.map(|after| begins.after(after));
        Schedule::new(self.regular(place, window, begins), burst)
    }

    fn regular(&self, place: u32, window: usize, begins: Mono) -> Option<Regular> {
        if !self.scenario.has_signals() {
            return None;
        }
        let panels = f64::from(self.accounts.count());
        let period = match self.scenario.rate {
            Some(Rate::PerSecond(rate)) => panels / rate,
            Some(Rate::Most) => 1.0,
            None => self.scenario.signal_every?.0.as_secs_f64(),
        };
        let period = Duration::try_from_secs_f64(period).unwrap_or(Duration::MAX);
        let offset = f64::from(place) / panels;
        let phases = &self.scenario.phases;
        Some(Regular::new(begins, period, offset, phases, window))
    }
}

#[cfg(test)]
mod tests;
