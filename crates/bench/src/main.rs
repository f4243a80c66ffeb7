//! The harness of BENCHMARKS.md: the real binary, fleets in processes of their own, the kernel's
//! own account of CPU time and memory.
//!
//! `cargo xtask bench` builds it along with `watchfire` and runs it; tables for BENCHMARKS.md go to
//! standard output. Everything is on 127.0.0.0/8, in a temporary folder, and ends by itself.

mod api;
mod clock;
mod house;
mod live;
mod mosquitto;
mod papers;
mod processes;
mod say;
mod tables;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use tables::{beside, rates, ways};

#[derive(Debug, Parser)]
#[command(name = "bench")]
/// The harness of BENCHMARKS.md; `cargo xtask bench` builds and starts it.
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Live through a scenario with real servers, and judge it by the budgets.
    Live(live::Options),
    /// Plain TCP at growing rates.
    Rates {
        /// Seconds for each row.
        #[arg(default_value_t = 8)]
        seconds: u64,
    },
    /// AES and UDP beside plain TCP.
    Ways {
        /// Seconds for each row.
        #[arg(default_value_t = 8)]
        seconds: u64,
    },
    /// The secure channel beside Mosquitto, stage by stage.
    Beside {
        /// How often.
        #[arg(default_value_t = beside::ROUNDS)]
        rounds: usize,
    },
    /// A fleet of the tables; started by the bench.
    #[command(hide = true)]
    Fleet { arguments: Vec<String> },
    /// The fleet beside Mosquitto; started by the bench.
    #[command(hide = true)]
    BesideFleet,
    /// A part of a scenario's fleet; started by the bench.
    #[command(hide = true)]
    Part,
    /// A process of the floor; started by the bench.
    #[command(hide = true)]
    Floor,
}

fn main() -> ExitCode {
    match run(Cli::parse().what) {
        Ok(status) => status,
        Err(error) => {
            say::complain(format_args!("bench: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(what: What) -> anyhow::Result<ExitCode> {
    match what {
        What::Live(options) => return live::run(&options),
        What::Rates { seconds } => tables::with_house(|house| rates::table(house, seconds))?,
        What::Ways { seconds } => tables::with_house(|house| ways::table(house, seconds))?,
        What::Beside { rounds } => beside::table(rounds)?,
        What::Fleet { arguments } => tables::fleet::offer(&arguments)?,
        What::BesideFleet => beside::play()?,
        What::Part => live::be_part()?,
        What::Floor => live::be_floor()?,
    }
    Ok(ExitCode::SUCCESS)
}
