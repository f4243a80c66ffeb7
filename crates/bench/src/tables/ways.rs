//! The second table: AES and UDP beside plain TCP, at one rate.
//!
//! Other work on the machine comes and goes: the ways take turns, round after round, and what is
//! told of each is the middle one of its rounds, and how it stands to the middle one of plain TCP.

use super::measured::{Measured, measure};
use super::way::Way;
use crate::house::House;
use crate::say::say;

/// Signals a second: the seed day's, all of them durable.
const RATE: u32 = 5_787;

/// An odd number, so that there is a middle one.
const ROUNDS: usize = 5;

/// The middle figures of a way's rounds.
struct Row {
    way: Way,
    rate: f64,
    p50: f64,
    p99: f64,
    engine: f64,
    gateways: f64,
}

impl Row {
    fn of(way: Way, rounds: &[Measured]) -> Self {
        let middle = |figure: fn(&Measured) -> f64| {
            let mut figures: Vec<f64> = rounds.iter().map(figure).collect();
            figures.sort_by(f64::total_cmp);
            figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
        };
        Self {
            way,
            rate: middle(Measured::acknowledged_per_second),
            p50: middle(|measured| measured.latency_ms("p50_us")),
            p99: middle(|measured| measured.latency_ms("p99_us")),
            engine: middle(Measured::engine_us),
            gateways: middle(Measured::gateways_us),
        }
    }

    fn print(&self, floor: &Self) {
        say(format_args!(
            "| {} | {:.0} | {:.1} | {:.1} | {:.1} | {:.1} | {:.2} | {:.2} | {:.2} |",
            self.way,
            self.rate,
            self.p50,
            self.p99,
            self.engine,
            self.gateways,
            (self.engine + self.gateways) / (floor.engine + floor.gateways),
            self.p50 / floor.p50,
            self.p99 / floor.p99,
        ));
    }
}

pub(crate) fn table(house: &House, seconds: u64) -> anyhow::Result<()> {
    let mut rounds = Way::ALL.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (way, measured) in Way::ALL.into_iter().zip(&mut rounds) {
            measured.push(measure(house, way, RATE, seconds)?);
        }
    }
    say(format_args!(
        "| way | acknowledged/s | p50 ms | p99 ms | engine µs/signal | gateways µs/signal | \
         CPU to plain TCP | p50 to plain TCP | p99 to plain TCP |"
    ));
    say(format_args!(
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    ));
    let floor = Row::of(Way::PLAIN_TCP, &rounds[0]);
    for (way, measured) in Way::ALL.into_iter().zip(&rounds) {
        Row::of(way, measured).print(&floor);
    }
    Ok(())
}
