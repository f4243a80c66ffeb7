//! `[gateway]`: how many processes hold the panels' connections.

use model::limits::{DESCRIPTOR_RESERVE, GATEWAYS};
use serde::Deserialize;

use super::Settings;
use super::problem::Problems;
use super::schema::{Key, Section};

pub(super) const SECTION: Section = Section {
    name: "gateway",
    doc: "The processes that hold the panels' connections. Each runs on one core.",
    instances: &[],
    keys: &[
        Key {
            name: "count",
            doc: "How many there are. With 0 there are as many as cores, or as the expected panels need under\nthe limit of open files, and one more.",
            default: "0",
            allowed: "a whole number from 0 to 256",
            hidden: false,
        },
        Key {
            name: "expected_panels",
            doc: "How many panels are expected to be connected at once.",
            default: "50000",
            allowed: "a whole number from 1 to 5000000",
            hidden: false,
        },
    ],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    count: usize,
    expected_panels: u32,
}

/// The processes that hold the panels' connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// How many; 0 is automatic.
    pub count: usize,
    /// How many panels are expected to be connected at once.
    pub expected_panels: u32,
}

impl Gateway {
    pub(super) fn read(settings: &Settings, problems: &mut Problems) -> Option<Self> {
        let raw: Raw = settings.section("gateway", problems)?;
        let mut within = |key: &str, fits: bool| {
            if !fits {
                problems.push(settings.problem(&format!("gateway.{key}"), "out of range"));
            }
            fits
        };
        let count = within("count", raw.count <= GATEWAYS);
        let panels = within(
            "expected_panels",
            (1..=5_000_000).contains(&raw.expected_panels),
        );
        (count && panels).then_some(Self {
            count: raw.count,
            expected_panels: raw.expected_panels,
        })
    }

    /// How many gateways to start on a machine with so many cores, where a process may open so
    /// many files: enough that when one dies the others can hold its panels.
    pub fn processes(&self, cores: usize, open_files: u64) -> usize {
        if self.count > 0 {
            return self.count;
        }
        let needed = u64::from(self.expected_panels).div_ceil(Self::carries(open_files).max(1));
        let needed = usize::try_from(needed).unwrap_or(GATEWAYS);
        (cores.max(needed) + 1).min(GATEWAYS)
    }

    /// How many panels one gateway is planned to hold: four fifths of the files that it may open
    /// besides its own.
    pub fn carries(open_files: u64) -> u64 {
        let files = open_files.saturating_sub(DESCRIPTOR_RESERVE as u64);
        files - files.div_ceil(5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTOMATIC: Gateway = Gateway {
        count: 0,
        expected_panels: 50_000,
    };

    #[test]
    fn there_is_one_gateway_more_than_cores_where_files_do_not_bind() {
        assert_eq!(AUTOMATIC.processes(2, 1 << 20), 3);
        assert_eq!(AUTOMATIC.processes(16, 1 << 20), 17);
    }

    #[test]
    fn a_low_limit_of_open_files_makes_for_more_gateways() {
        // 0.8 × (20,000 − 500) = 15,600 panels a gateway: four for 50,000, and one more.
        assert_eq!(AUTOMATIC.processes(2, 20_000), 5);
    }

    #[test]
    fn a_million_panels_are_carried_by_as_many_gateways_as_there_may_be() {
        let million = Gateway {
            expected_panels: 1_000_000,
            ..AUTOMATIC
        };
        assert_eq!(million.processes(2, 20_000), 66);
    }

    #[test]
    fn a_limit_below_the_reserve_is_no_division_by_zero() {
        assert_eq!(AUTOMATIC.processes(2, 256), GATEWAYS);
    }

    #[test]
    fn a_count_that_was_set_is_kept() {
        let two = Gateway {
            count: 2,
            ..AUTOMATIC
        };
        assert_eq!(two.processes(16, 1024), 2);
    }
}
