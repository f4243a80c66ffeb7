//! What a run is to do: the scenario by name or file, and what was typed over it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use model::{Clock, SupervisionClass, Watch};
use sim::fleet::Sources;
use sim::mqtt::Timeline;
use sim::order::{Accounts, MqttTerms, Order, Speaks, Version};
use sim::scenario::{BUILT_IN, Family, Scenario};
use sim::terms::Span;
use sim::tls::TrustTerms;

use super::Options;
use super::day::Times;
use super::restart::When;
use crate::clock::MachineClock;

/// What a scenario means that does not say it.
const PANELS: u32 = 50_000;
const LIVE: Duration = Duration::from_mins(1);
const BEGIN_PER_SECOND: u32 = 1_000;
const SUPERVISION: Watch = Watch::Class(SupervisionClass::Sp5);

/// From the server's deadline to the report at the station (R10).
const TO_STATION: Duration = Duration::from_secs(3);

/// The smoke test's.
const SMOKE_PANELS: u32 = 2_000;
const SMOKE_TIMES: Times = Times {
    settle: Duration::from_secs(3),
    warm: Duration::from_secs(1),
    live: Duration::from_secs(4),
    grace: Duration::from_secs(5),
};

/// The account of the first panel: seven digits are enough for a million.
const FIRST: &str = "1000000";

/// No part ends by itself: the bench says when.
const NEVER: Duration = Duration::from_hours(24);

/// What a run is to do.
#[derive(Debug)]
pub(super) struct Plan {
    /// The scenario's name, or that of its file.
    pub(super) name: String,
    pub(super) scenario: Scenario,
    pub(super) panels: u32,
    pub(super) accounts: Accounts,
    pub(super) begin_per_second: u32,
    pub(super) supervision: Watch,
    pub(super) times: Times,
    pub(super) seed: u64,
    /// When the whole server is restarted.
    pub(super) restart: Option<When>,
    /// Whether the floor and Mosquitto are measured beside ours.
    pub(super) beside: bool,
    /// What a reader should know.
    pub(super) remarks: Vec<String>,
}

impl Plan {
    pub(super) fn new(options: &Options) -> anyhow::Result<Self> {
        let typed = &options.scenario;
        let scenario = scenario(typed)?;
        let stem = Path::new(typed).file_stem();
        let name = stem.map_or_else(|| typed.clone(), |stem| stem.to_string_lossy().into_owned());
        if scenario.family == Some(Family::Dc09) {
            bail!("{name} is for panels of DC-09, and the bench measures the panel protocol");
        }
        let smoke = options.smoke.then_some(SMOKE_PANELS);
        let panels = options
            .panels
            .or(smoke)
            .or(scenario.panels)
            .unwrap_or(PANELS)
            .max(1);
        let period = scenario.signal_every.map_or(Duration::ZERO, |span| span.0);
        let seconds = options
            .seconds
            .map(|seconds| Duration::from_secs(seconds.max(1)));
        let live = seconds
            .or_else(|| scenario.duration.map(|span| span.0))
            .unwrap_or(LIVE);
        let begin_per_second = scenario.begin_per_second.unwrap_or(BEGIN_PER_SECOND);
        let watched = scenario.supervision.map(|watched| watched.0);
        let comes = Duration::from_secs(panels.into()) / begin_per_second;
        let times = Times {
            // Half as long again for a machine that is slower, and time for memory to settle.
            settle: comes.mul_f64(0.5) + Duration::from_secs(8),
            // Each panel has spoken once: the first report, of all zones, is behind it.
            warm: period.min(Duration::from_secs(10)).min(live),
            live,
            grace: Duration::from_secs(10),
        };
        let restart = scenario.server.restart_after.map(|after| When {
            after: after.0,
            lasts: scenario
                .server
                .restart_for
                .map_or(Duration::ZERO, |span| span.0),
        });
        let alone = alone(&scenario, panels).filter(|_| !options.without_peers);
        Ok(Self {
            restart,
            beside: alone.is_none() && !options.without_peers,
            remarks: alone.map(str::to_owned).into_iter().collect(),
            times: if options.smoke { SMOKE_TIMES } else { times },
            accounts: Accounts::from_first(FIRST, panels)?,
            name,
            scenario,
            panels,
            begin_per_second,
            supervision: watched.unwrap_or(SUPERVISION),
            seed: 1,
        })
    }

    /// With how many gateways ours runs, one run after the other; as many as it takes by itself,
    /// where the scenario does not say.
    pub(super) fn gateways(&self) -> Vec<Option<u32>> {
        match &self.scenario.server.gateways[..] {
            [] => vec![None],
            numbers => numbers.iter().copied().map(Some).collect(),
        }
    }

    /// Within what time of its last word a panel is reported lost (R10).
    pub(super) fn reported_within(&self) -> Duration {
        match self.supervision {
            Watch::Class(class) => class.reporting_time(),
            Watch::Every(time) => time + TO_STATION,
            Watch::Off => Duration::MAX,
        }
    }

    /// What the fleet is ordered to do; without terms of trust it speaks in clear.
    pub(super) fn order(&self, trust: Option<TrustTerms>) -> Order {
        Order {
            // Each part is told its own.
            target: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            accounts: self.accounts.clone(),
            speaks: Speaks::Mqtt(Box::new(MqttTerms {
                version: Version::V5,
                trust: trust.map(|trust| TrustTerms {
                    resumption: self.scenario.resumption.unwrap_or(true),
                    ..trust
                }),
                secrets: std::collections::BTreeMap::new(),
                cbor: false,
                time: Timeline::of(MachineClock.now()),
            })),
            scenario: self.scenario.clone(),
            duration: Span(NEVER),
            grace: Span(self.times.grace),
            begin_per_second: self.begin_per_second,
            sources: Sources::Loopback(self.panels),
            seed: self.seed,
        }
    }
}

/// Why nothing is measured beside ours, if that is so.
fn alone(scenario: &Scenario, panels: u32) -> Option<&'static str> {
    if panels > PANELS {
        return Some("Nothing was measured beside it: the machine's memory is for the panels.");
    }
    let server = &scenario.server;
    let befalls = server.restart_after.is_some() || scenario.faults.silence.is_some();
    (befalls || !server.gateways.is_empty())
        .then_some("Nothing was measured beside it: what befalls it has no counterpart there.")
}

fn scenario(name: &str) -> anyhow::Result<Scenario> {
    if let Some(scenario) = Scenario::built_in(name) {
        return Ok(scenario);
    }
    let text = std::fs::read_to_string(Path::new(name)).with_context(|| {
        let known = BUILT_IN.map(|(name, _)| name).join(", ");
        format!("`{name}` is no built-in scenario ({known}), and no file that can be read")
    })?;
    Scenario::parse(&text).with_context(|| format!("{name} is no scenario"))
}
