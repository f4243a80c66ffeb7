//! Reports of lost paths, held against who was really gone, and when.
//!
//! A panel's path is lost in the time of its class at the latest (R10). It is lost sooner where its
//! connection is known to be dead, which a server may say of one that was silent for one and a
//! half times of its keep-alive (MQTT 5.0, 3.1.2.10), and of no other. Silence begins with the last
//! word, which lies up to the time between two words before the panel vanished.

use std::collections::HashMap;
use std::time::Duration;

use serde::Serialize;

use super::record::Loss;

/// What was reported lost.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub(super) struct Supervision {
    /// Panels that vanished for longer than their class allows.
    pub(super) vanished: u64,
    /// Of these, reported.
    pub(super) reported: u64,
    /// When they could still have been alive.
    pub(super) early: u64,
    /// Later than their class allows.
    pub(super) late: u64,
    /// Never, though their time was over when the run ended.
    pub(super) missed: u64,
    /// Of panels that were there.
    pub(super) wrong: u64,
    /// From vanishing to the report, in seconds: the soonest, half, 99 of 100, the last.
    pub(super) after_seconds: Option<[f64; 4]>,
}

/// Who vanished, and when.
#[derive(Debug, Default)]
pub(super) struct Vanished {
    /// By account: when, in microseconds since 1970.
    pub(super) when: HashMap<String, i64>,
    /// Between two words of a panel, at most.
    pub(super) between: Duration,
    /// Within what time they promised to say something, if they did.
    pub(super) keep_alive: Option<Duration>,
    /// Within what time a loss is reported.
    pub(super) within: Duration,
    /// When the run ended, in microseconds since 1970.
    pub(super) ended: i64,
}

impl Supervision {
    /// What these reports are worth.
    pub(super) fn judge(vanished: &Vanished, losses: &[Loss]) -> Self {
        let mut judged = Self {
            vanished: vanished.when.len() as u64,
            reported: 0,
            early: 0,
            late: 0,
            missed: 0,
            wrong: 0,
            after_seconds: None,
        };
        let latest = model::micros(vanished.within);
        let silent = vanished
            .keep_alive
            .map_or(vanished.within, |time| time * 3 / 2);
        let silent = silent.min(vanished.within);
        let earliest = model::micros(silent.saturating_sub(vanished.between));
        let mut after = HashMap::new();
        for loss in losses {
            match vanished.when.get(&loss.account) {
                Some(when) if loss.at >= *when => {
                    // The first counts; a panel that comes back and goes is another story.
                    after.entry(loss.account.as_str()).or_insert(loss.at - when);
                }
                _ => judged.wrong += 1,
            }
        }
        let mut times: Vec<i64> = after.values().copied().collect();
        times.sort_unstable();
        judged.reported = times.len() as u64;
        judged.early = times.iter().filter(|time| **time < earliest).count() as u64;
        judged.late = times.iter().filter(|time| **time > latest).count() as u64;
        let missed = vanished.when.iter().filter(|(account, when)| {
            !after.contains_key(account.as_str()) && **when + latest < vanished.ended
        });
        judged.missed = missed.count() as u64;
        judged.after_seconds = quantiles(&times);
        judged
    }

    /// Adds what another run came to; the times are those of the first that has some.
    pub(super) fn add(&mut self, other: &Self) {
        self.vanished += other.vanished;
        self.reported += other.reported;
        self.early += other.early;
        self.late += other.late;
        self.missed += other.missed;
        self.wrong += other.wrong;
        self.after_seconds = self.after_seconds.or(other.after_seconds);
    }

    /// Reports that were not as they should be.
    pub(super) fn amiss(&self) -> u64 {
        self.early + self.late + self.missed + self.wrong
    }

    /// The same in words.
    pub(super) fn faults(&self) -> Vec<String> {
        let all = [
            (
                self.early,
                "paths were reported lost while they could still be alive",
            ),
            (
                self.late,
                "paths were reported lost later than their class allows",
            ),
            (self.missed, "paths were lost and never reported"),
            (self.wrong, "paths were reported lost and were not"),
        ];
        let wrong = all.into_iter().filter(|(count, _)| *count > 0);
        wrong
            .map(|(count, what)| format!("{count} {what}"))
            .collect()
    }
}

fn quantiles(sorted: &[i64]) -> Option<[f64; 4]> {
    let last = sorted.len().checked_sub(1)?;
    let at = |hundredths: usize| {
        let micros = sorted[last * hundredths / 100];
        u32::try_from(micros / 1_000).map_or(f64::MAX, f64::from) / 1_000.0
    };
    Some([at(0), at(50), at(99), at(100)])
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn vanished(ended: i64) -> Vanished {
        let when = ["1", "2", "3", "4"].map(|account| (account.to_owned(), 100 * SECOND));
        Vanished {
            when: when.into(),
            between: Duration::from_secs(9),
            keep_alive: Some(Duration::from_secs(40)),
            within: Duration::from_secs(90),
            ended: ended * SECOND,
        }
    }

    fn loss(account: &str, second: i64) -> Loss {
        Loss {
            account: account.to_owned(),
            at: second * SECOND,
        }
    }

    #[test]
    fn reports_are_early_late_missed_or_wrong() {
        let losses = [
            loss("1", 185),
            loss("2", 150),
            loss("3", 191),
            loss("9", 185),
        ];
        let judged = Supervision::judge(&vanished(300), &losses);
        assert_eq!(
            (judged.early, judged.late, judged.missed, judged.wrong),
            (1, 1, 1, 1)
        );
        assert_eq!(judged.reported, 3);
        assert_eq!(judged.after_seconds, Some([50.0, 85.0, 85.0, 91.0]));
        assert_eq!(judged.faults().len(), 4);
    }

    #[test]
    fn what_is_not_due_when_the_run_ends_is_not_missed() {
        let judged = Supervision::judge(&vanished(150), &[]);
        assert_eq!(judged.amiss(), 0);
        assert_eq!(judged.after_seconds, None);
    }
}
