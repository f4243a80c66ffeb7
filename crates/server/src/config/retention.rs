//! `[retention]`: how long events are kept, by what they are about.

use std::time::Duration;

use model::RetentionClass;
use serde::Deserialize;

use super::problem::Problems;
use super::schema::{Key, Section};
use super::{Settings, units};

/// R2 looks for repeats in the journals of two days: what is younger is never let go of.
const LEAST: Duration = units::days(2);

/// Far beyond any duty to keep records, and far from where times overflow.
const MOST: Duration = units::days(100 * 366);

const ALLOWED: &str = "a time from 2d to 100y";

pub(super) const SECTION: Section = Section {
    name: "retention",
    doc: "How long events are kept, by the priority of their class.",
    instances: &[],
    keys: &[
        Key {
            name: "alarm",
            doc: "Priorities 1 to 5: fire, gas, medical, panic, burglary, tamper, environment, communication.",
            default: r#""5y""#,
            allowed: ALLOWED,
            hidden: false,
        },
        Key {
            name: "operation",
            doc: "Priorities 6 to 8: power, trouble, system, bypasses, arming and disarming, access.",
            default: r#""1y""#,
            allowed: ALLOWED,
            hidden: false,
        },
        Key {
            name: "routine",
            doc: "Priority 9: tests and status reports.",
            default: r#""30d""#,
            allowed: ALLOWED,
            hidden: false,
        },
    ],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    alarm: String,
    operation: String,
    routine: String,
}

/// How long events are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Priorities 1 to 5.
    pub alarm: Duration,
    /// Priorities 6 to 8.
    pub operation: Duration,
    /// Priority 9.
    pub routine: Duration,
}

impl Retention {
    pub(super) fn read(settings: &Settings, problems: &mut Problems) -> Option<Self> {
        let raw: Raw = settings.section("retention", problems)?;
        let mut time = |class: RetentionClass, text: &str| {
            let time = units::time(text).filter(|time| (LEAST..=MOST).contains(time));
            if time.is_none() {
                let what = format!("\"{text}\" is no time for it");
                problems.push(settings.problem(&format!("retention.{class}"), what));
            }
            time
        };
        let alarm = time(RetentionClass::Alarm, &raw.alarm);
        let operation = time(RetentionClass::Operation, &raw.operation);
        let routine = time(RetentionClass::Routine, &raw.routine);
        Some(Self {
            alarm: alarm?,
            operation: operation?,
            routine: routine?,
        })
    }

    /// The time of a class.
    pub fn of(&self, class: RetentionClass) -> Duration {
        match class {
            RetentionClass::Alarm => self.alarm,
            RetentionClass::Operation => self.operation,
            RetentionClass::Routine => self.routine,
        }
    }
}
