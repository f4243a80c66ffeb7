//! Durable signals a second and acknowledgement latency against offered load, and what a signal
//! costs: the real binary, a fleet in a process of its own, the kernel's own account of CPU time.
//!
//! `cargo xtask bench` builds both with `--release` and runs this; tables for BENCHMARKS.md go to
//! standard output. Everything is on 127.0.0.0/8 and ends by itself.
//!
//! ```text
//! offered_load [rates|ways] [SECONDS]
//! offered_load beside [ROUNDS]
//! ```

#![expect(clippy::print_stdout, reason = "its output is a table")]

mod beside;
mod clock;
mod fleet;
mod house;
mod processes;
mod rates;
mod way;
mod ways;

use anyhow::{Context, bail};

use house::House;

/// Seconds for each row, unless told otherwise.
const SECONDS: u64 = 8;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (what, others) = match arguments.split_first() {
        Some((what, others)) => (what.as_str(), others),
        None => ("rates", &[][..]),
    };
    let seconds = || match others.first() {
        Some(seconds) => seconds.parse().context("seconds for each row"),
        None => Ok(SECONDS),
    };
    match what {
        "fleet" => fleet::offer(others),
        "rates" => House::open(|house| rates::table(house, seconds()?)),
        "ways" => House::open(|house| ways::table(house, seconds()?)),
        "beside" => {
            let rounds = others.first().map(|rounds| rounds.parse()).transpose();
            beside::table(rounds.context("rounds")?.unwrap_or(beside::ROUNDS))
        }
        "beside-fleet" => beside::play(),
        _ => bail!("`rates`, `ways` or `beside`, not `{what}`"),
    }
}
