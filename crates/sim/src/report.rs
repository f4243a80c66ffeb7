//! The report of a run: a table for people, JSON for programs.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::kind::Kind;
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
    /// Signals sent that nobody answered to the end.
    pub unanswered: u64,
    /// How often what happened.
    pub counters: Counters,
    /// How often which reason was told for a refusal or for the end of a connection.
    pub reasons: BTreeMap<String, u64>,
    /// Times from the intended time of sending a signal to its first answer; supervision is apart.
    pub latency: Latency,
    /// The same for each kind of message, by its name.
    pub kinds: BTreeMap<&'static str, OfKind>,
}

/// How one kind of message was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OfKind {
    /// Messages sent, each counted once.
    pub sent: u64,
    /// Acknowledged.
    pub acknowledged: u64,
    /// Refused.
    pub refused: u64,
    /// Not answered to the end.
    pub unanswered: u64,
    /// Times to the first answer.
    pub latency: Latency,
}

impl Report {
    /// The report of `panels` panels that took `elapsed` for what is in the tally.
    pub fn new(panels: usize, elapsed: Duration, tally: &Tally) -> Self {
        let seconds = elapsed.as_secs_f64();
        let Counters {
            sent,
            acknowledged,
            refused,
            unheard,
            ..
        } = tally.counters;
        let reasons = tally.reasons().iter();
        let kinds = Kind::ALL.map(|kind| (kind.name(), OfKind::new(tally, kind)));
        Self {
            panels,
            seconds,
            acknowledged_per_second: about(acknowledged) / seconds.max(f64::MIN_POSITIVE),
            unanswered: unanswered(sent, acknowledged, refused, unheard),
            counters: tally.counters,
            reasons: reasons.map(|(why, n)| (why.to_string(), *n)).collect(),
            latency: tally.latency(),
            kinds: kinds
                .into_iter()
                .filter(|(_, kind)| kind.sent > 0)
                .collect(),
        }
    }

    /// Whether anybody answered anything.
    pub fn was_answered(&self) -> bool {
        let counters = &self.counters;
        let answers = [
            counters.acknowledged,
            counters.refused,
            counters.supervised,
            counters.poll_refused,
            counters.unheard,
            counters.set_back,
            counters.unreadable,
            counters.not_authentic,
            counters.ignored,
        ];
        answers.iter().any(|answers| *answers > 0) || !self.reasons.is_empty()
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

impl OfKind {
    fn new(tally: &Tally, kind: Kind) -> Self {
        let tally = tally.kind(kind);
        Self {
            sent: tally.sent,
            acknowledged: tally.acknowledged,
            refused: tally.refused,
            unanswered: unanswered(tally.sent, tally.acknowledged, tally.refused, tally.unheard),
            latency: tally.latency(),
        }
    }
}

/// A tally that was begun anew while signals were under way may have more answers than signals.
const fn unanswered(sent: u64, acknowledged: u64, refused: u64, unheard: u64) -> u64 {
    sent.saturating_sub(acknowledged + refused + unheard)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "figures for people, far below where a float rounds whole numbers"
)]
fn about(figure: u64) -> f64 {
    figure as f64
}

/// The tables. Counters that are zero are left out, except the first two.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut row = |words: &str, value: String| writeln!(f, "{words:<48}{value:>12}");
        row("panels", self.panels.to_string())?;
        row("seconds", format!("{:.1}", self.seconds))?;
        for (place, (words, value)) in self.counters.rows().enumerate() {
            if place < 2 || value > 0 {
                row(words, value.to_string())?;
            }
            if place == 2 {
                row("signals unanswered", self.unanswered.to_string())?;
            }
        }
        for (reason, times) in &self.reasons {
            row(&format!("  {reason}"), times.to_string())?;
        }
        let rate = self.acknowledged_per_second;
        row("acknowledged a second", format!("{rate:.0}"))?;
        writeln!(f)?;
        writeln!(f, "{HEAD}")?;
        let of_kinds = Kind::ALL
            .into_iter()
            .filter_map(|kind| Some((kind.name(), self.kinds.get(kind.name())?)));
        for (name, of) in of_kinds {
            let counts = [of.sent, of.acknowledged, of.refused, of.unanswered];
            write_kind(f, name, counts, &of.latency)?;
        }
        let counters = &self.counters;
        let counts = [
            counters.sent,
            counters.acknowledged,
            counters.refused,
            self.unanswered,
        ];
        write_kind(f, "all signals", counts, &self.latency)
    }
}

const HEAD: &str = "                 sent  acknowledged  refused  unanswered      p50 ms    p90 ms    p99 ms  p99.9 ms    max ms";

fn write_kind(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    [sent, acknowledged, refused, unanswered]: [u64; 4],
    latency: &Latency,
) -> fmt::Result {
    write!(
        f,
        "{name:<12}{sent:>9}{acknowledged:>14}{refused:>9}{unanswered:>12}  "
    )?;
    for micros in [
        latency.p50_us,
        latency.p90_us,
        latency.p99_us,
        latency.p999_us,
        latency.max_us,
    ] {
        write!(f, "{:>10.1}", about(micros) / 1_000.0)?;
    }
    writeln!(f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut tally = Tally::default();
        for _ in 0..3 {
            tally.sent(Kind::Alarm);
        }
        tally.acknowledged(Kind::Alarm, Duration::from_millis(4));
        tally.acknowledged(Kind::Alarm, Duration::from_millis(40));
        tally.sent(Kind::Poll);
        Report::new(1, Duration::from_secs(2), &tally)
    }

    #[test]
    fn the_table_tells_what_was_acknowledged_and_how_soon() {
        let table = report().to_string();
        let words = |words: &str| {
            let row = table.lines().find(|line| line.starts_with(words)).unwrap();
            let rest = row.strip_prefix(words).unwrap();
            rest.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(words("signals sent"), "3");
        assert_eq!(words("signals unanswered"), "1");
        assert_eq!(words("acknowledged a second"), "1");
        assert_eq!(words("alarm"), "3 2 0 1 4.0 40.0 40.0 40.0 40.0");
        assert_eq!(words("poll"), "1 0 0 1 0.0 0.0 0.0 0.0 0.0");
        assert!(!table.contains("DUH"), "zeros are left out");
        assert!(
            !table.contains("restore"),
            "so are kinds that were not sent"
        );
    }

    #[test]
    fn the_json_says_the_same() {
        let json: serde_json::Value = serde_json::from_str(&report().json()).unwrap();
        assert_eq!(json["counters"]["acknowledged"], 2);
        assert_eq!(json["latency"]["count"], 2);
        assert_eq!(json["kinds"]["alarm"]["unanswered"], 1);
        assert_eq!(json["kinds"]["poll"]["acknowledged"], 0);
        assert_eq!(json["acknowledged_per_second"], 1.0);
    }

    #[test]
    fn whether_anybody_answered_is_told() {
        assert!(report().was_answered());
        let mut tally = Tally::default();
        tally.sent(Kind::Poll);
        assert!(!Report::new(1, Duration::ZERO, &tally).was_answered());
    }
}
