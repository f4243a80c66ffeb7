//! The first table: plain TCP at growing rates.

use super::measured::measure;
use super::way::Way;
use crate::house::House;
use crate::say::say;

/// Signals a second; 0 is all that the fleet can.
const RATES: [u32; 7] = [250, 1_000, 2_500, 5_787, 10_000, 20_000, 0];

pub(crate) fn table(house: &House, seconds: u64) -> anyhow::Result<()> {
    say(format_args!(
        "| offered/s | acknowledged/s | p50 ms | p99 ms | p99.9 ms | max ms | signals a commit | \
         engine µs/signal | gateways µs/signal |"
    ));
    say(format_args!(
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    ));
    for rate in RATES {
        let measured = measure(house, Way::PLAIN_TCP, rate, seconds)?;
        let offered = match rate {
            0 => "all it can".to_owned(),
            _ => rate.to_string(),
        };
        say(format_args!(
            "| {offered} | {:.0} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
            measured.acknowledged_per_second(),
            measured.latency_ms("p50_us"),
            measured.latency_ms("p99_us"),
            measured.latency_ms("p999_us"),
            measured.latency_ms("max_us"),
            measured.signals_per_commit(),
            measured.engine_us(),
            measured.gateways_us(),
        ));
    }
    Ok(())
}
