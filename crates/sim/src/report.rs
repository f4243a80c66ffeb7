//! The report of a run: a table for people, JSON for programs.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::tally::{Counters, Latency, Tally};

/// What a fleet did and how it was served.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// How many panels took part.
    pub panels: usize,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Acknowledged signals a second.
    pub acknowledged_per_second: f64,
    /// How often what happened.
    pub counters: Counters,
    /// Times from the intended time of sending to the acknowledgement.
    pub latency: Latency,
}

impl Report {
    /// The report of `panels` panels that took `elapsed` for what is in the tally.
    pub fn new(panels: usize, elapsed: Duration, tally: &Tally) -> Self {
        let seconds = elapsed.as_secs_f64();
        Self {
            panels,
            seconds,
            acknowledged_per_second: about(tally.counters.acknowledged)
                / seconds.max(f64::MIN_POSITIVE),
            counters: tally.counters,
            latency: tally.latency(),
        }
    }

    /// One object, on one line.
    ///
    /// # Panics
    ///
    /// Never: numbers and fixed names always fit JSON.
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("a report holds numbers and fixed names only")
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "figures for people, far below where a float rounds whole numbers"
)]
fn about(figure: u64) -> f64 {
    figure as f64
}

/// The table. Counters that are zero are left out, except the first two.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |words: &str, value: String| writeln!(f, "{words:<36}{value:>12}");
        row("panels", self.panels.to_string())?;
        row("seconds", format!("{:.1}", self.seconds))?;
        for (place, (words, value)) in self.counters.rows().enumerate() {
            if place < 2 || value > 0 {
                row(words, value.to_string())?;
            }
        }
        let rate = self.acknowledged_per_second;
        row("acknowledged a second", format!("{rate:.0}"))?;
        let times = [
            ("half acknowledged within", self.latency.p50_us),
            ("90 % within", self.latency.p90_us),
            ("99 % within", self.latency.p99_us),
            ("99.9 % within", self.latency.p999_us),
            ("all within", self.latency.max_us),
        ];
        times.into_iter().try_for_each(|(words, micros)| {
            row(words, format!("{:.1} ms", about(micros) / 1_000.0))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut tally = Tally::default();
        tally.counters.sent = 3;
        tally.counters.acknowledged = 2;
        tally.took(Duration::from_millis(4));
        tally.took(Duration::from_millis(40));
        Report::new(1, Duration::from_secs(2), &tally)
    }

    #[test]
    fn the_table_tells_what_was_acknowledged_and_how_soon() {
        let table = report().to_string();
        let value = |words: &str| {
            let row = table.lines().find(|line| line.starts_with(words)).unwrap();
            row.trim_start_matches(words).trim().to_owned()
        };
        assert_eq!(value("signals sent"), "3");
        assert_eq!(value("acknowledged a second"), "1");
        assert_eq!(value("half acknowledged within"), "4.0 ms");
        assert_eq!(value("all within"), "40.0 ms");
        assert!(!table.contains("refused"), "zeros are left out");
    }

    #[test]
    fn the_json_says_the_same() {
        let json: serde_json::Value = serde_json::from_str(&report().json()).unwrap();
        assert_eq!(json["counters"]["acknowledged"], 2);
        assert_eq!(json["latency"]["count"], 2);
        assert_eq!(json["acknowledged_per_second"], 1.0);
    }
}
