//! What `sim` can be told.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};
use sim::faults::{Moment, Silences, Skew};
use sim::order::Pads;
use sim::scenario::{BUILT_IN, Family, Rate, Scenario};
use sim::terms::{Share, Span};

use super::ca::CaOptions;
use super::mqtt::MqttOptions;

/// What `sim` can be told.
#[derive(Debug, Args)]
#[command(after_help = scenarios())]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Options {
    #[command(subcommand)]
    pub(super) instead: Option<Instead>,
    /// Where the receiver listens: HOST:PORT. Any DC-09 receiver will do, not only Watchfire; and
    /// any server of MQTT over TLS, as far as that goes.
    #[arg(long, value_name = "HOST:PORT", required_unless_present_any = ["list", "write_panels"])]
    pub(super) target: Option<String>,
    /// Show the built-in scenarios, and end.
    #[arg(long)]
    pub(super) list: bool,
    #[command(flatten)]
    pub(super) fleet: FleetOptions,
    #[command(flatten)]
    pub(super) mqtt: MqttOptions,
    #[command(flatten)]
    pub(super) load: LoadOptions,
    #[command(flatten)]
    pub(super) faults: FaultOptions,
    #[command(flatten)]
    pub(super) told: ReportOptions,
}

/// What is done instead of letting a fleet report.
#[derive(Debug, Subcommand)]
pub(super) enum Instead {
    /// Make an operator's certificate authority for simulated panels.
    Ca(CaOptions),
}

/// Who is in the fleet.
#[derive(Debug, Args)]
#[command(next_help_heading = "The fleet")]
pub(super) struct FleetOptions {
    /// The protocol that the panels speak; that of the scenario, or dc09, if not given.
    #[arg(long, value_enum)]
    pub(super) family: Option<FamilyOption>,
    /// How many panels; as the `--scenario` says, or 100, if not given.
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) panels: Option<u32>,
    /// The account of the first panel; the others are counted up from it with as many digits, in
    /// hexadecimal ones if it has a letter. 100000, if not given, and 1000000 where the panels
    /// are more than 900,000.
    #[arg(long, value_name = "ACCOUNT")]
    pub(super) first_account: Option<String>,
    /// The receiver number that the panels show, in hexadecimal digits; none, if not given.
    #[arg(long, value_name = "HEX", value_parser = number)]
    pub(super) receiver: Option<u32>,
    /// The line number that the panels show, in hexadecimal digits.
    #[arg(long, value_name = "HEX", default_value = "0", value_parser = number)]
    pub(super) line: u32,
    /// Encrypt with this AES key: 32, 48 or 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", group = "keys")]
    pub(super) key: Option<Secret>,
    /// Encrypt with this AES key: 16, 24 or 32 characters.
    #[arg(long, value_name = "TEXT", group = "keys")]
    pub(super) key_ascii: Option<Secret>,
    /// Encrypt with a key of its own for each panel, derived from this secret.
    #[arg(long, value_name = "TEXT", group = "keys")]
    pub(super) key_seed: Option<Secret>,
    /// How long the keys of `--key-seed` are.
    #[arg(long, value_name = "BITS", default_value = "128", value_parser = ["128", "192", "256"])]
    pub(super) key_bits: String,
    /// Of what the pads of encrypted frames are made.
    #[arg(long, value_enum, default_value_t = PadOption::Binary)]
    pub(super) pad: PadOption,
    /// Write the fleet, with its keys, as a table for `watchfire panel import`, and end.
    #[arg(long, value_name = "FILE")]
    pub(super) write_panels: Option<PathBuf>,
}

/// What the panels speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FamilyOption {
    /// ANSI/SIA DC-09.
    Dc09,
    /// The panel protocol: MQTT over TLS, sixteen zones a panel.
    Mqtt,
}

impl From<FamilyOption> for Family {
    fn from(option: FamilyOption) -> Self {
        match option {
            FamilyOption::Dc09 => Self::Dc09,
            FamilyOption::Mqtt => Self::Mqtt,
        }
    }
}

/// A key, or what keys are made from: never printed (I10).
#[derive(Clone)]
pub(super) struct Secret(pub(super) String);

impl FromStr for Secret {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// How the panels report, and how much.
#[derive(Debug, Args)]
#[command(next_help_heading = "The load")]
pub(super) struct LoadOptions {
    /// What the panels live through: a built-in scenario by its name, or a file. `day`, if not
    /// given, and `seed-day` for panels of the panel protocol.
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) scenario: Option<String>,
    /// How often each panel reports, in place of what the scenario says.
    #[arg(long, value_name = "TIME", conflicts_with = "rate", value_parser = period)]
    pub(super) period: Option<Span>,
    /// Signals a second of the whole fleet, or `max`; as the scenario says, if not given. A rate
    /// is open loop: a signal is due at its time however slowly those before it are answered, and
    /// its latency counts from then, so that a slow receiver cannot hide behind its slowness.
    /// With `max` each panel sends as soon as it has its answer, and latency counts from there.
    #[arg(long, value_name = "R")]
    pub(super) rate: Option<Rate>,
    /// For how long, from the first signal on; connecting comes before. As the scenario says, or
    /// 60s, if not given.
    #[arg(long, value_name = "TIME")]
    pub(super) duration: Option<Span>,
    /// Over what the panels report. Over UDP they try five times, a second each.
    #[arg(long, value_enum, default_value_t = TransportOption::Tcp)]
    pub(super) transport: TransportOption,
    /// Whether a panel keeps its connection (over UDP: its port) or makes one for each message.
    #[arg(long, value_enum, default_value_t = ConnectionOption::Permanent)]
    pub(super) connection: ConnectionOption,
    /// After how long a silence a panel says that it is there, or `never`; as the scenario says,
    /// if not given. To the panel protocol it is the keep-alive, which the server may shorten.
    #[arg(long, value_name = "TIME", value_parser = poll)]
    pub(super) poll: Option<Poll>,
    /// How many panels begin in a second; as the scenario says, or 1000, if not given.
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) begin_rate: Option<u32>,
    /// From how many addresses 127.x.y.z the panels come, where the target is on this machine; an
    /// address each, if not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub(super) sources: Option<u32>,
    /// In how many processes at least; more are started where one may not open files enough.
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(super) processes: u32,
    /// How long unanswered signals are waited for at the end.
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub(super) grace: Span,
    /// Whence chance comes: the same seed gives the same fleet and the same signals.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(super) seed: u64,
}

/// What goes wrong; each takes the place of what the scenario says.
#[derive(Debug, Args)]
#[command(next_help_heading = "Faults, in place of the scenario's")]
pub(super) struct FaultOptions {
    /// Clocks that are wrong, and of which share of the panels: `10%:+90s`.
    #[arg(long, value_name = "SHARE:TIME", allow_hyphen_values = true)]
    pub(super) skew: Option<Skew>,
    /// The share of answers that panels do not hear, and send again: `2%`.
    #[arg(long, value_name = "SHARE")]
    pub(super) lost_answers: Option<Share>,
    /// The share of messages that are sent twice at once.
    #[arg(long, value_name = "SHARE")]
    pub(super) repeats: Option<Share>,
    /// The share of panels that send the sequence 0001 for ever.
    #[arg(long, value_name = "SHARE")]
    pub(super) constant_sequence: Option<Share>,
    /// The share of frames that are written in pieces; TCP only.
    #[arg(long, value_name = "SHARE")]
    pub(super) split: Option<Share>,
    /// The share of panels that write four frames at once; TCP only.
    #[arg(long, value_name = "SHARE")]
    pub(super) joined: Option<Share>,
    /// Panels that fall silent without a word and return: share, when after the first signal, for
    /// how long: `5%:10s:30s`.
    #[arg(long, value_name = "SHARE:AFTER:FOR")]
    pub(super) silence: Option<Silences>,
    /// Panels that lose their connections and make new ones, all at once: `100%:30s`.
    #[arg(long, value_name = "SHARE:AFTER")]
    pub(super) storm: Option<Moment>,
    /// Panels that make a new connection and leave the old one open, with nobody behind it.
    #[arg(long, value_name = "SHARE:AFTER")]
    pub(super) half_open: Option<Moment>,
    /// Panels of which there are two from then on, under one name, with the same past and another
    /// future; MQTT only.
    #[arg(long, value_name = "SHARE:AFTER")]
    pub(super) clones: Option<Moment>,
    /// The share of panels that send everything over two paths, `lan` and `cell`; MQTT only. The
    /// server must know both: to one that knows a single path they take the connection from each
    /// other.
    #[arg(long, value_name = "SHARE")]
    pub(super) two_paths: Option<Share>,
    /// The share of panels that never read what they are answered; MQTT only.
    #[arg(long, value_name = "SHARE")]
    pub(super) slow_readers: Option<Share>,
}

/// What is told, and what the exit status says.
#[derive(Debug, Args)]
#[command(next_help_heading = "The report")]
pub(super) struct ReportOptions {
    /// Write the report to this file as well, as JSON.
    #[arg(long, value_name = "FILE")]
    pub(super) report: Option<PathBuf>,
    /// Fail if signals stayed unanswered.
    #[arg(long)]
    pub(super) fail_on_loss: bool,
}

/// Over what the panels report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TransportOption {
    /// Connections.
    Tcp,
    /// A frame to a datagram.
    Udp,
}

/// How panels connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ConnectionOption {
    /// For as long as it lasts.
    Permanent,
    /// For one message.
    PerMessage,
}

/// Of what pads are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PadOption {
    /// Any octets.
    Binary,
    /// Characters that can be seen.
    Printable,
    /// Digits.
    Digits,
}

impl From<PadOption> for Pads {
    fn from(pad: PadOption) -> Self {
        match pad {
            PadOption::Binary => Self::Binary,
            PadOption::Printable => Self::Printable,
            PadOption::Digits => Self::Digits,
        }
    }
}

/// When panels say that they are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Poll {
    /// Not at all.
    Never,
    /// After such a silence.
    After(Span),
}

fn poll(text: &str) -> Result<Poll, String> {
    if text == "never" {
        return Ok(Poll::Never);
    }
    let span = Span::from_str(text).map_err(|bad| format!("{bad}, or `never`"))?;
    if span.0.is_zero() {
        return Err("a poll comes after more than 0; for none, say `never`".to_owned());
    }
    Ok(Poll::After(span))
}

fn period(text: &str) -> Result<Span, String> {
    let span = Span::from_str(text).map_err(|bad| bad.to_string())?;
    if span.0.is_zero() {
        return Err("a period is more than 0; for as fast as can be, say `--rate max`".to_owned());
    }
    Ok(span)
}

fn number(text: &str) -> Result<u32, String> {
    let digits = (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    let number = digits.then(|| u32::from_str_radix(text, 16).ok()).flatten();
    number.ok_or_else(|| "1 to 6 hexadecimal digits are expected".to_owned())
}

/// Which panels a scenario is for, where it says so.
fn meant_for(scenario: &Scenario) -> String {
    let panels = scenario.panels.map(|panels| format!("{panels} panels"));
    let family = scenario.family.map(Family::name).map(str::to_owned);
    let said: Vec<_> = [panels, family].into_iter().flatten().collect();
    if said.is_empty() {
        return String::new();
    }
    format!(" ({})", said.join(", "))
}

/// The built-in scenarios, a line each, and what else a newcomer wants to know.
pub(super) fn scenarios() -> String {
    let mut text = "Scenarios:\n".to_owned();
    for (name, _) in BUILT_IN {
        if let Some(scenario) = Scenario::built_in(name) {
            let line = format!("  {name:<15} {}{}\n", scenario.about, meant_for(&scenario));
            text.push_str(&line);
        }
    }
    text.push_str(
        "\nTo register the fleet with a Watchfire on this machine and let it live:\n  \
         watchfire sim --panels 500 --write-panels fleet.csv\n  \
         watchfire panel import fleet.csv\n  \
         watchfire sim --panels 500 --rate 50 --target 127.0.0.1:9009\n\
         \nThe same with panels of the panel protocol, under an authority that the server is given as \
         tls.client_ca:\n  \
         watchfire sim ca --out operator\n  \
         watchfire sim --family mqtt --ca operator --server-ca DATA/tls/ca.pem --target 127.0.0.1:8883",
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_has_a_time_or_never_comes() {
        assert_eq!(poll("never"), Ok(Poll::Never));
        assert!(matches!(poll("60s"), Ok(Poll::After(_))));
        assert!(poll("0s").unwrap_err().contains("never"));
        assert!(poll("60").unwrap_err().contains("60s"));
    }

    #[test]
    fn every_built_in_scenario_is_listed() {
        let text = scenarios();
        assert!(BUILT_IN.iter().all(|(name, _)| text.contains(name)));
    }
}
