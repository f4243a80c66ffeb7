//! The budgets of the project's design, and whether a report keeps within them.

use serde::Serialize;

use super::report::Report;

/// A budget.
pub(super) struct Budget {
    /// What it is of.
    pub(super) what: &'static str,
    pub(super) unit: &'static str,
    /// What must be kept.
    pub(super) limit: Limit,
    /// What is hoped for.
    pub(super) goal: Option<f64>,
    /// The figure in a report, in the unit; none where the scenario does not measure it.
    figure: fn(&Report) -> Option<f64>,
}

/// On which side of a figure the good is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

/// How a budget stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Standing {
    Holds,
    Misses,
    NotMeasured,
}

/// A budget, judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Judged {
    pub(super) what: &'static str,
    pub(super) unit: &'static str,
    pub(super) limit: Limit,
    pub(super) goal: Option<f64>,
    pub(super) value: Option<f64>,
    pub(super) standing: Standing,
}

/// The number of panels of which budgets of CPU speak: those of the seed day.
const WHOLE: u32 = 50_000;

/// All of them; that of an alarm's way to the station comes with the event manager.
pub(super) const BUDGETS: [Budget; 10] = [
    Budget {
        what: "CPU of all server processes on the seed day",
        unit: "% of one core",
        limit: Limit::AtMost(20.0),
        goal: Some(15.0),
        figure: |report| cpu_percent(report, "seed-day"),
    },
    Budget {
        what: "gateway memory for an idle panel on mutual TLS",
        unit: "octets",
        limit: Limit::AtMost(5_500.0),
        goal: None,
        figure: |report| report.ours()?.memory.gateway_idle,
    },
    Budget {
        what: "engine memory for a panel with 16 zones",
        unit: "octets",
        limit: Limit::AtMost(1_500.0),
        goal: None,
        figure: |report| {
            let ours = report.ours()?;
            let told = ours.latency.status.count > 0;
            ours.memory.engine_end.filter(|_| told)
        },
    },
    Budget {
        what: "CPU for a full handshake with mutual TLS, admission included",
        unit: "µs",
        limit: Limit::AtMost(300.0),
        goal: None,
        figure: |report| Some(report.ours()?.handshake.full_us),
    },
    Budget {
        what: "50,000 panels back after a restart of everything",
        unit: "s",
        limit: Limit::AtMost(30.0),
        goal: None,
        figure: |report| {
            report
                .restart
                .map(|restart| restart.back_seconds.unwrap_or(f64::INFINITY))
        },
    },
    Budget {
        what: "alarms acknowledged after admission, after a restart, p99",
        unit: "ms",
        limit: Limit::AtMost(2_000.0),
        goal: None,
        figure: |report| report.restart?.alarm_p99_us.map(millis),
    },
    Budget {
        what: "durable acknowledgement, p99",
        unit: "ms",
        limit: Limit::AtMost(20.0),
        goal: None,
        figure: |report| {
            let durable = report.ours()?.latency.durable;
            let asked = ["seed-day", "all-durable"].contains(&report.scenario.as_str());
            (asked && durable.count > 0).then(|| millis(durable.p99_us))
        },
    },
    Budget {
        what: "CPU with all 5,787 requests a second durable",
        unit: "% of one core",
        limit: Limit::AtMost(40.0),
        goal: Some(25.0),
        figure: |report| cpu_percent(report, "all-durable"),
    },
    Budget {
        what: "saturation, both ends on the same cores",
        unit: "requests/s",
        limit: Limit::AtLeast(35_000.0),
        goal: None,
        figure: |report| {
            let ours = report.ours()?;
            (report.scenario == "saturation").then_some(ours.requests.per_second)
        },
    },
    Budget {
        what: "losses of paths not reported in their class's time, or wrongly",
        unit: "paths",
        limit: Limit::AtMost(0.0),
        goal: None,
        figure: |report| {
            let amiss = report.supervision.as_ref()?.amiss();
            u32::try_from(amiss).ok().map(f64::from)
        },
    },
];

impl Budget {
    fn judge(&self, report: &Report) -> Judged {
        let value = (self.figure)(report);
        let standing = match (value, self.limit) {
            (None, _) => Standing::NotMeasured,
            (Some(value), Limit::AtMost(most)) if value <= most => Standing::Holds,
            (Some(value), Limit::AtLeast(least)) if value >= least => Standing::Holds,
            // A figure that is none, too: it is on no side of its limit.
            (Some(_), _) => Standing::Misses,
        };
        Judged {
            what: self.what,
            unit: self.unit,
            limit: self.limit,
            goal: self.goal,
            value,
            standing,
        }
    }
}

impl Judged {
    /// Whether it holds, or was not measured.
    pub(super) fn holds(&self) -> bool {
        self.standing != Standing::Misses
    }
}

/// All budgets, judged by a report.
pub(super) fn judge(report: &Report) -> Vec<Judged> {
    BUDGETS.iter().map(|budget| budget.judge(report)).collect()
}

/// CPU speaks of the whole day only: with fewer panels there are fewer requests.
fn cpu_percent(report: &Report, scenario: &str) -> Option<f64> {
    let whole = report.scenario == scenario && report.fleet.panels >= WHOLE;
    let share = report.ours()?.requests.cpu_share;
    whole.then_some(share * 100.0)
}

fn millis(micros: u64) -> f64 {
    u32::try_from(micros).map_or(f64::INFINITY, f64::from) / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::super::report::fixture;
    use super::*;

    fn standing(report: &Report, what: &str) -> Standing {
        let judged = judge(report);
        let found = judged.iter().find(|judged| judged.what.starts_with(what));
        found.unwrap().standing
    }

    #[test]
    fn a_figure_on_its_limit_holds_and_one_beyond_it_misses() {
        let mut report = fixture("seed-day");
        for (share, expected) in [
            (0.2, Standing::Holds),
            (0.201, Standing::Misses),
            (f64::NAN, Standing::Misses),
        ] {
            report.servers[0].requests.cpu_share = share;
            assert_eq!(standing(&report, "CPU of all"), expected, "{share}");
        }
        let mut report = fixture("saturation");
        for (rate, expected) in [(35_000.0, Standing::Holds), (34_999.0, Standing::Misses)] {
            report.servers[0].requests.per_second = rate;
            assert_eq!(standing(&report, "saturation"), expected, "{rate}");
        }
    }

    #[test]
    fn what_a_scenario_does_not_measure_neither_holds_nor_misses() {
        let mut report = fixture("seed-day");
        for what in ["saturation", "50,000 panels back", "CPU with all"] {
            assert_eq!(standing(&report, what), Standing::NotMeasured, "{what}");
        }
        report.servers[0].memory.gateway_idle = None;
        assert_eq!(standing(&report, "gateway memory"), Standing::NotMeasured);
        report.fleet.panels = 2_000;
        assert_eq!(standing(&report, "CPU of all"), Standing::NotMeasured);
    }

    #[test]
    fn one_budget_that_is_missed_or_one_loss_is_enough_not_to_hold() {
        let mut report = fixture("seed-day");
        report.judge();
        assert!(report.holds, "{:?}", report.faults);
        report.servers[0].handshake.full_us = 301.0;
        report.judge();
        assert!(!report.holds);
        let mut report = fixture("seed-day");
        report.record.as_mut().unwrap().lost = 1;
        report.judge();
        assert!(!report.holds);
        assert_eq!(report.faults.len(), 1);
    }

    #[test]
    fn panels_that_never_came_back_miss_their_budget() {
        let mut report = fixture("storm");
        let restart = report.restart.as_mut().unwrap();
        restart.back_seconds = None;
        assert_eq!(standing(&report, "50,000 panels back"), Standing::Misses);
    }
}
