//! From what was typed to what a fleet is ordered to do, or why it cannot be.

use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use sim::fleet::{Dialling, Sources, Transport};
use sim::order::{Accounts, Dc09Terms, Keys, Order, PanelKey, Speaks};
use sim::scenario::{BUILT_IN, Family, Rate, Scenario};
use sim::terms::Span;

use super::fitness;
use super::options::{
    ConnectionOption, FamilyOption, FaultOptions, FleetOptions, LoadOptions, Options, Poll, Secret,
    TransportOption,
};
use crate::cli::Failure;

/// How long the receiver may take to be connected to.
const KNOCK: Duration = Duration::from_secs(5);

/// How many panels a fleet has, where neither the command line nor its scenario says so.
const PANELS: u32 = 100;

/// How many panels have accounts of six digits from 100000 on.
const SIX_DIGITS: u32 = 900_000;

/// How many panels begin in a second, likewise.
const BEGIN_PER_SECOND: u32 = 1_000;

/// For how long a fleet reports, likewise.
const DURATION: Span = Span(Duration::from_mins(1));

/// What was typed and what its scenario says, put together.
#[derive(Debug)]
pub(super) struct Asked {
    /// What the panels live through, options included.
    pub(super) scenario: Scenario,
    /// What they speak.
    pub(super) family: Family,
    /// How many they are.
    pub(super) panels: u32,
}

impl Asked {
    /// Reads the scenario that was asked for, or that goes without saying.
    pub(super) fn of(options: &Options) -> Result<Self, Failure> {
        let (fleet, load) = (&options.fleet, &options.load);
        let mut scenario = scenario(scenario_name(options))?;
        let family = family(fleet.family.map(Family::from), scenario.family)?;
        match load.poll {
            Some(Poll::Never) => scenario.poll = None,
            Some(Poll::After(span)) => scenario.poll = Some(span),
            None => {}
        }
        if load.rate.is_some() || load.period.is_some() {
            scenario.rate = load.rate;
            scenario.signal_every = load.period;
        }
        overlay(&options.faults, &mut scenario);
        fitness::check(options, &scenario, family)?;
        // Whoever named no scenario is not surprised by a fleet of its size.
        let meant = scenario.panels.filter(|_| load.scenario.is_some());
        Ok(Self {
            family,
            panels: fleet.panels.or(meant).unwrap_or(PANELS),
            scenario,
        })
    }

    /// The accounts of the fleet.
    pub(super) fn accounts(&self, fleet: &FleetOptions) -> Result<Accounts, Failure> {
        let first = fleet.first_account.as_deref().unwrap_or({
            if self.panels <= SIX_DIGITS {
                "100000"
            } else {
                "1000000"
            }
        });
        Accounts::from_first(first, self.panels).map_err(|refused| {
            let longer = format!("--first-account {first:0>8}");
            Failure::new(
                refused.to_string(),
                format!("Begin lower, take fewer --panels, or give more digits: {longer}"),
            )
        })
    }
}

/// What the panels speak: as was typed, as the scenario says, or DC-09.
fn family(typed: Option<Family>, said: Option<Family>) -> Result<Family, Failure> {
    match (typed, said) {
        (Some(typed), Some(said)) if typed != said => Err(Failure::new(
            format!("the scenario is for panels of --family {}", said.name()),
            "Leave --family out, or choose another --scenario.",
        )),
        _ => Ok(typed.or(said).unwrap_or(Family::Dc09)),
    }
}

/// Under which keys it encrypts.
pub(super) fn keys(fleet: &FleetOptions) -> Result<Keys, Failure> {
    // What was typed is not repeated: it may be nearly the key.
    let bad = |option: &str, refused: &model::BadCipherKey| {
        Failure::new(format!("{option}: {refused}"), KEY_HINT)
    };
    if let Some(Secret(digits)) = &fleet.key {
        let key = PanelKey::from_hex(digits).map_err(|refused| bad("--key", &refused))?;
        return Ok(Keys::One(key));
    }
    if let Some(Secret(text)) = &fleet.key_ascii {
        let key = PanelKey::from_ascii(text).map_err(|refused| bad("--key-ascii", &refused))?;
        return Ok(Keys::One(key));
    }
    let derived = |Secret(secret): &Secret| Keys::Derived {
        secret: secret.clone(),
        bits: fleet.key_bits.parse().unwrap_or(128),
    };
    Ok(fleet.key_seed.as_ref().map_or(Keys::None, derived))
}

const KEY_HINT: &str = "Hexadecimal digits go with --key, characters with --key-ascii.";

/// What the fleet is ordered to do.
pub(super) fn order(options: &Options, asked: Asked) -> Result<Order, Failure> {
    let (fleet, load) = (&options.fleet, &options.load);
    let accounts = asked.accounts(fleet)?;
    let named = options.target.as_deref().unwrap_or_default();
    let target = resolve(named)?;
    let scenario = asked.scenario;
    let begin = load.begin_rate.or(scenario.begin_per_second);
    let order = Order {
        sources: sources(load.sources, asked.panels, target)?,
        target,
        accounts,
        speaks: match asked.family {
            Family::Dc09 => Speaks::Dc09(dc09(fleet, load)?),
            Family::Mqtt => {
                let resumption = scenario.resumption.unwrap_or(true);
                Speaks::Mqtt(Box::new(options.mqtt.terms(named, resumption)?))
            }
        },
        duration: load.duration.or(scenario.duration).unwrap_or(DURATION),
        grace: load.grace,
        begin_per_second: begin.unwrap_or(BEGIN_PER_SECOND),
        seed: load.seed,
        scenario,
    };
    check(&order)?;
    Ok(order)
}

/// The scenario that was asked for, or that goes without saying.
pub(super) fn scenario_name(options: &Options) -> &str {
    let given = options.load.scenario.as_deref();
    given.unwrap_or(match options.fleet.family {
        Some(FamilyOption::Mqtt) => "seed-day",
        Some(FamilyOption::Dc09) | None => "day",
    })
}

fn dc09(fleet: &FleetOptions, load: &LoadOptions) -> Result<Dc09Terms, Failure> {
    Ok(Dc09Terms {
        transport: match load.transport {
            TransportOption::Tcp => Transport::Tcp,
            TransportOption::Udp => Transport::Udp,
        },
        dialling: match load.connection {
            ConnectionOption::Permanent => Dialling::Permanent,
            ConnectionOption::PerMessage => Dialling::PerMessage,
        },
        receiver: fleet.receiver,
        line: fleet.line,
        keys: keys(fleet)?,
        pads: fleet.pad.into(),
    })
}

/// What makes no sense together.
fn check(order: &Order) -> Result<(), Failure> {
    let scenario = &order.scenario;
    if scenario.rate.is_some() && !scenario.has_signals() {
        return Err(Failure::new(
            "the scenario has no signals that could be sent at a rate",
            "Leave out --rate and set --poll, or choose another --scenario, such as `day`.",
        ));
    }
    if scenario.rate == Some(Rate::Most) && scenario.burst.is_some() {
        return Err(Failure::new(
            "the scenario's burst has its time, and at the rate `max` nothing has",
            "Give --rate a number, or choose another --scenario, such as `saturation`.",
        ));
    }
    let regular = scenario.rate.is_some() || scenario.signal_every.is_some();
    if scenario.poll.is_none() && !regular && scenario.burst.is_none() {
        return Err(Failure::new(
            "nothing would ever be sent: there are no polls, and neither a rate nor `signal_every`",
            "Give --rate, or leave out `--poll never`.",
        ));
    }
    Ok(())
}

fn scenario(named: &str) -> Result<Scenario, Failure> {
    if let Some(scenario) = Scenario::built_in(named) {
        return Ok(scenario);
    }
    let file = Path::new(named);
    let text = std::fs::read_to_string(file).map_err(|error| {
        let built_in = BUILT_IN.map(|(name, _)| name).join(", ");
        Failure::new(
            format!("`{named}` is no built-in scenario, and no file that can be read: {error}"),
            format!("Built in are: {built_in}. `watchfire sim --list` says what they are."),
        )
    })?;
    Scenario::parse(&text).map_err(|bad| {
        Failure::new(
            format!("{named} is no scenario: {}", bad.to_string().trim_end()),
            "What a scenario may say is shown by those in bench/scenarios.",
        )
    })
}

fn overlay(given: &FaultOptions, scenario: &mut Scenario) {
    let faults = &mut scenario.faults;
    faults.skew = given.skew.or(faults.skew);
    faults.silence = given.silence.or(faults.silence);
    for (given, fault) in [
        (given.storm, &mut faults.storm),
        (given.half_open, &mut faults.half_open),
        (given.clones, &mut faults.clones),
    ] {
        *fault = given.or(*fault);
    }
    for (given, fault) in [
        (given.lost_answers, &mut faults.lost_answers),
        (given.repeats, &mut faults.repeats),
        (given.constant_sequence, &mut faults.constant_sequence),
        (given.split, &mut faults.split),
        (given.joined, &mut faults.joined),
        (given.two_paths, &mut faults.two_paths),
        (given.slow_readers, &mut faults.slow_readers),
    ] {
        *fault = given.unwrap_or(*fault);
    }
}

fn resolve(target: &str) -> Result<SocketAddr, Failure> {
    let example = "A target is HOST:PORT, such as 127.0.0.1:9009 or receiver.example:9009.";
    let found = target.to_socket_addrs().map_err(|error| {
        Failure::new(
            format!("`{target}` is nowhere to send to: {error}"),
            example,
        )
    })?;
    let found: Vec<_> = found.collect();
    // The first that is IPv4, since receivers mostly are; otherwise the first.
    let first = found
        .iter()
        .find(|address| address.is_ipv4())
        .or_else(|| found.first());
    first
        .copied()
        .ok_or_else(|| Failure::new(format!("`{target}` has no address"), example))
}

fn sources(given: Option<u32>, panels: u32, target: SocketAddr) -> Result<Sources, Failure> {
    let here = matches!(target.ip(), IpAddr::V4(address) if address.is_loopback());
    match given {
        Some(_) if !here => Err(Failure::new(
            format!("--sources needs a target on this machine (127.x.y.z), not {target}"),
            "Leave it out: this machine's own address is used.",
        )),
        Some(sources) => Ok(Sources::Loopback(sources)),
        None if here => Ok(Sources::Loopback(panels)),
        None => Ok(Sources::System),
    }
}

/// Whether anybody is there, before a whole fleet is sent. Over UDP that cannot be known.
pub(super) fn knock(order: &Order) -> Result<(), Failure> {
    if order.transport() == Transport::Udp {
        return Ok(());
    }
    match TcpStream::connect_timeout(&order.target, KNOCK) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::new(
            format!("nobody can be reached at {}: {error}", order.target),
            "Is the receiver running, on that port, and does no firewall stand between?",
        )),
    }
}
