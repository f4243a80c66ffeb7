//! The table: what each part of ours takes, what Mosquitto takes, and how ours stands to it.

use super::PANELS;
use super::day::Stage;
use super::figures::{Figure, Row};
use super::lived::Lived;
use crate::say::say;

/// A round: ours, and Mosquitto's.
pub(super) type Round = (Lived, Lived);

pub(super) fn print(rounds: &[Round]) {
    say(format_args!(
        "| what | gateways | engine, supervisor | together | mosquitto | ours to mosquitto |"
    ));
    say(format_args!("| --- | ---: | ---: | ---: | ---: | ---: |"));
    let cpu = |stage: Stage| move |lived: &Lived| lived.cpu(stage).map(Figure::Parts);
    let memory = |stage: Stage| {
        move |lived: &Lived| {
            let kilobytes = |octets: f64| octets / 1_000.0;
            let parts = lived.memory_a_panel(stage)?.map(kilobytes);
            Some(Figure::Parts(parts))
        }
    };
    let latency = |stage: Stage, which: usize| {
        move |lived: &Lived| Some(Figure::Whole(lived.latency(stage)?[which]))
    };
    Row::new(
        "CPU µs, full handshake to PUBACK of `conn`",
        rounds,
        cpu(Stage::Come),
    )
    .print(0);
    Row::new(
        "CPU µs, loss and return with a ticket",
        rounds,
        cpu(Stage::Return),
    )
    .print(0);
    Row::new("memory KB, idle panel", rounds, memory(Stage::Idle)).print(2);
    Row::new(
        "memory KB, all 16 zones reported",
        rounds,
        memory(Stage::Slow),
    )
    .print(2);
    Row::new("memory KB, registered panel", rounds, |lived: &Lived| {
        let registered = lived.registered / f64::from(PANELS) / 1_000.0;
        (registered != 0.0).then_some(Figure::Parts([0.0, registered]))
    })
    .print(2);
    for (stage, said) in [
        (Stage::Slow, "`status` at 1,000/s"),
        (Stage::Fast, "`status` at 5,000/s"),
        (Stage::Events, "durable `evt` at 1,000/s"),
    ] {
        Row::new(&format!("CPU µs, {said}"), rounds, cpu(stage)).print(1);
        Row::new(&format!("p50 ms, {said}"), rounds, latency(stage, 0)).print(2);
        Row::new(&format!("p99 ms, {said}"), rounds, latency(stage, 1)).print(2);
    }
    for (server, resumed) in [
        (
            "Watchfire",
            rounds.iter().map(|(ours, _)| ours.resumed).sum(),
        ),
        (
            "Mosquitto",
            rounds.iter().map(|(_, theirs)| theirs.resumed).sum::<u64>(),
        ),
    ] {
        let returns = rounds.len() as u64 * u64::from(PANELS);
        say(format_args!(
            "\n{server} resumed {resumed} of {returns} returns."
        ));
    }
}
