//! Whether what was asked for can be had of panels of this kind: what one protocol has no word for
//! is refused and not passed over.

use sim::faults::Faults;
use sim::scenario::{Family, Scenario};

use super::options::{ConnectionOption, Options, TransportOption};
use crate::cli::Failure;

/// Refuses what panels of this kind cannot do.
pub(super) fn check(options: &Options, scenario: &Scenario, family: Family) -> Result<(), Failure> {
    match family {
        Family::Dc09 => dc09(options, scenario),
        Family::Mqtt => mqtt(options, &scenario.faults),
    }
}

fn dc09(options: &Options, scenario: &Scenario) -> Result<(), Failure> {
    let (given, faults) = (&options.faults, &scenario.faults);
    let streams_only = given.split.is_some() || given.joined.is_some();
    if options.load.transport == TransportOption::Udp && streams_only {
        return Err(Failure::new(
            "a datagram is one whole frame: --split and --joined need TCP",
            "Leave them out, or say --transport tcp.",
        ));
    }
    let mqtt_only = [
        (
            options.mqtt.given().is_some(),
            options.mqtt.given().unwrap_or_default(),
        ),
        (faults.clones.is_some(), "clones"),
        (!faults.two_paths.is_none(), "two paths"),
        (!faults.slow_readers.is_none(), "slow readers"),
        (scenario.mix.status > 0, "status reports"),
        (scenario.mix.zone > 0, "zone changes"),
    ];
    match mqtt_only.iter().find(|(asked, _)| *asked) {
        None => Ok(()),
        Some((_, what)) => Err(Failure::new(
            format!("DC-09 has no word for this: {what}"),
            "Say --family mqtt, or leave it out.",
        )),
    }
}

fn mqtt(options: &Options, faults: &Faults) -> Result<(), Failure> {
    let (fleet, load) = (&options.fleet, &options.load);
    let dc09_only = [
        (fleet.key.is_some(), "--key"),
        (fleet.key_ascii.is_some(), "--key-ascii"),
        (fleet.key_seed.is_some(), "--key-seed"),
        (fleet.receiver.is_some(), "--receiver"),
        (fleet.line != 0, "--line"),
        (load.transport == TransportOption::Udp, "--transport udp"),
        (
            load.connection == ConnectionOption::PerMessage,
            "--connection per-message",
        ),
        (!faults.constant_sequence.is_none(), "a constant sequence"),
        (!faults.joined.is_none(), "joined frames"),
    ];
    match dc09_only.iter().find(|(asked, _)| *asked) {
        None => Ok(()),
        Some((_, what)) => Err(Failure::new(
            format!("the panel protocol has no word for this: {what}"),
            "Leave it out, or say --family dc09. `rough-day` is the scenario of all faults that it has.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::order::Asked;
    use super::*;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        options: Options,
    }

    fn refusal(typed: &[&str]) -> Option<String> {
        let typed = ["sim", "--target", "127.0.0.1:1"].iter().chain(typed);
        let options = Typed::parse_from(typed).options;
        let refused = Asked::of(&options).err();
        refused.map(|refused| refused.to_string())
    }

    #[test]
    fn what_one_protocol_has_no_word_for_is_refused_by_its_name() {
        for (typed, told) in [
            (&["--two-paths", "1%"][..], "two paths"),
            (&["--ca", "x"], "--ca"),
            (
                &["--family", "dc09", "--scenario", "seed-day"],
                "--family mqtt",
            ),
            (&["--transport", "udp", "--split", "1%"], "--split"),
            (&["--family", "mqtt", "--key-seed", "x"], "--key-seed"),
            (&["--family", "mqtt", "--transport", "udp"], "udp"),
            (
                &["--family", "mqtt", "--scenario", "faults"],
                "a constant sequence",
            ),
        ] {
            let refused = refusal(typed).unwrap_or_else(|| panic!("{typed:?}"));
            assert!(refused.contains(told), "{told} in {refused}");
        }
        assert_eq!(refusal(&["--storm", "5%:1s"]), None);
        assert_eq!(refusal(&["--family", "mqtt", "--clones", "5%:1s"]), None);
    }
}
