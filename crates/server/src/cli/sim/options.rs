//! What `sim` can be told.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};
use sim::faults::{Moment, Silences, Skew};
use sim::order::{Pads, Rate};
use sim::scenario::{BUILT_IN, Scenario};
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
    /// The protocol that the panels speak.
    #[arg(long, value_enum, default_value_t = FamilyOption::Dc09)]
    pub(super) family: FamilyOption,
    /// How many panels.
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) panels: u32,
    /// The account of the first panel; the others are counted up from it with as many digits, in
    /// hexadecimal ones if it has a letter.
    #[arg(long, value_name = "ACCOUNT", default_value = "100000")]
    pub(super) first_account: String,
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

impl FamilyOption {
    /// Its name, in tables and reports.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Dc09 => "dc09",
            Self::Mqtt => "mqtt",
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
    #[arg(long, value_name = "R", value_parser = rate)]
    pub(super) rate: Option<Rate>,
    /// For how long, from the first signal on; connecting comes before.
    #[arg(long, value_name = "TIME", default_value = "60s")]
    pub(super) duration: Span,
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
    /// How many panels begin in a second.
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(super) begin_rate: u32,
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

fn rate(text: &str) -> Result<Rate, String> {
    if text == "max" {
        return Ok(Rate::Most);
    }
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && (1e-6..=1e7).contains(&rate) => Ok(Rate::PerSecond(rate)),
        Ok(0.0) => Err(
            "at a rate of 0 nothing is sent; for polls alone choose `--scenario quiet`".to_owned(),
        ),
        _ => Err("a rate is a number of signals a second above 0, or `max`".to_owned()),
    }
}

fn number(text: &str) -> Result<u32, String> {
    let digits = (1..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    let number = digits.then(|| u32::from_str_radix(text, 16).ok()).flatten();
    number.ok_or_else(|| "1 to 6 hexadecimal digits are expected".to_owned())
}

/// The built-in scenarios, a line each, and what else a newcomer wants to know.
pub(super) fn scenarios() -> String {
    let mut text = "Scenarios:\n".to_owned();
    for (name, _) in BUILT_IN {
        let about = Scenario::built_in(name).map(|scenario| scenario.about);
        let line = format!("  {name:<10} {}\n", about.unwrap_or_default());
        text.push_str(&line);
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
    fn a_rate_is_above_nothing_or_the_most() {
        assert_eq!(rate("max"), Ok(Rate::Most));
        assert_eq!(rate("0.5"), Ok(Rate::PerSecond(0.5)));
        assert!(rate("0").unwrap_err().contains("quiet"));
        for text in ["-1", "nan", "inf", "many", "1e99"] {
            assert!(rate(text).unwrap_err().contains("max"), "{text}");
        }
    }

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
