//! How many panels a machine can carry, and what keeps it from more. Pure arithmetic.

use std::time::Duration;

use model::limits;
use serde::Serialize;

use super::costs::{Costs, Load, RETENTION_MIX};

/// Of the processor, what an ordinary day may take: the rest is for storms, and for whatever else runs.
const PROCESSOR_SHARE: f64 = 0.7;

/// Of everything else that can run out.
const SHARE: f64 = 0.9;

/// What a machine has.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Machine {
    /// Cores that the server may use.
    pub(super) cores: f64,
    /// Memory that it can have, what it has already included, in octets.
    pub(super) memory: u64,
    /// Gateways as they are configured, or as many as there can be where their number follows the expected panels.
    pub(super) gateways: u64,
    /// Panels that one of them carries by its limit of open files.
    pub(super) panels_per_gateway: u64,
    /// Open files of all programs together, where the kernel has a limit.
    pub(super) file_max: Option<u64>,
    /// Connections that the kernel's firewall follows, where it follows any.
    pub(super) tracked: Option<u64>,
    /// How long the disk takes to sync a little, where that is known.
    pub(super) sync: Option<Duration>,
    /// Free space for the journal, in octets.
    pub(super) free: Option<u64>,
    /// How many days events are kept: of alarms, of operation, of routine.
    pub(super) retention_days: [f64; 3],
}

/// What keeps a machine from carrying more.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Limit {
    /// Its name.
    pub(super) name: &'static str,
    /// How many panels fit below it.
    pub(super) panels: u64,
    /// What to do about it.
    #[serde(skip)]
    pub(super) advice: &'static str,
}

/// How many panels a machine can carry.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Capacity {
    /// As many.
    pub(super) panels: u64,
    /// Everything that limits it, the lowest first.
    pub(super) limits: Vec<Limit>,
    /// How long so many panels take to come back after an outage, in seconds, as far as processor time goes.
    pub(super) return_s: f64,
    /// What so many panels write in a day, in octets.
    pub(super) journal_bytes_per_day: u64,
    /// For how many panels the free space keeps events as long as is configured; it does not limit how many can be
    /// connected.
    pub(super) panels_by_space: Option<u64>,
}

/// Reckons it.
pub(super) fn capacity(machine: &Machine, costs: &Costs, load: &Load) -> Capacity {
    let mut all = vec![
        processor(machine, costs, load),
        memory(machine, costs),
        Limit {
            name: "open files",
            panels: machine.gateways.saturating_mul(machine.panels_per_gateway),
            advice: "raise the limit of open files (LimitNOFILE= of systemd, `ulimit -n` of the shell)",
        },
    ];
    all.extend(machine.file_max.map(|files| Limit {
        name: "fs.file-max",
        panels: whole(float(files) * SHARE),
        advice: "raise the kernel's fs.file-max (sysctl)",
    }));
    all.extend(machine.tracked.map(|tracked| Limit {
        name: "nf_conntrack_max",
        panels: whole(float(tracked) * SHARE),
        advice: "raise the kernel's net.netfilter.nf_conntrack_max (sysctl), or do not follow panels' connections",
    }));
    all.extend(disk(machine, costs, load));
    all.sort_by_key(|limit| limit.panels);
    let panels = all.first().map_or(0, |limit| limit.panels);
    Capacity {
        panels,
        limits: all,
        return_s: float(panels) * costs.handshake_us / 1e6 / machine.cores.max(1.0),
        journal_bytes_per_day: whole(float(panels) * journal_per_day(costs, load)),
        panels_by_space: by_space(machine, costs, load),
    }
}

fn processor(machine: &Machine, costs: &Costs, load: &Load) -> Limit {
    let events = load.events_per_second();
    let others = (1.0 / load.request_every_s - events).max(0.0);
    let busy = (others * costs.request_us + events * costs.event_us) / 1e6;
    Limit {
        name: "processor",
        panels: whole(machine.cores * PROCESSOR_SHARE / busy),
        advice: "more cores: gateways share nothing and use them all",
    }
}

fn memory(machine: &Machine, costs: &Costs) -> Limit {
    let panel = costs.gateway_bytes + costs.engine_bytes + costs.kernel_bytes;
    // Gateways come with panels: each costs something before its first one.
    let each =
        float(panel) + float(costs.gateway_base_bytes) / float(machine.panels_per_gateway.max(1));
    let rest = float(machine.memory) * SHARE - float(costs.engine_base_bytes);
    Limit {
        name: "memory",
        panels: whole(rest / each),
        advice: "more memory",
    }
}

/// As many events a second as fit commits of the largest size, one after the other.
fn disk(machine: &Machine, costs: &Costs, load: &Load) -> Option<Limit> {
    let most = float(limits::COMMIT_SIGNALS as u64);
    let commit = machine.sync?.as_secs_f64() + most * costs.event_commit_us / 1e6;
    let per_second = most / commit.max(limits::COMMIT_GATHER.as_secs_f64());
    Some(Limit {
        name: "disk",
        panels: whole(per_second * SHARE / load.events_per_second()),
        advice: "a disk that syncs faster: one with a cache that survives a power cut",
    })
}

/// What a panel writes in a day, in octets.
fn journal_per_day(costs: &Costs, load: &Load) -> f64 {
    load.events_per_day * float(costs.event_bytes)
}

fn by_space(machine: &Machine, costs: &Costs, load: &Load) -> Option<u64> {
    let days = RETENTION_MIX.iter().zip(machine.retention_days);
    let days: f64 = days.map(|(share, days)| share * days).sum();
    let each = journal_per_day(costs, load) * days;
    Some(whole(float(machine.free?) * SHARE / each))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "capacity is told in a few digits"
)]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// Rounded down; nothing is less than none, and what does not limit at all is as much as there can be.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it saturates, which is what is meant"
)]
fn whole(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use super::super::costs::SEED_DAY;
    use super::*;

    /// Round ones: what is measured anew changes nothing of how capacity is reckoned.
    const COSTS: Costs = Costs {
        gateway_bytes: 5_500,
        engine_bytes: 1_500,
        kernel_bytes: 4_000,
        gateway_base_bytes: 16_000_000,
        engine_base_bytes: 100_000_000,
        request_us: 25.0,
        event_us: 79.0,
        handshake_us: 300.0,
        event_bytes: 409,
        event_commit_us: 35.0,
    };

    fn machine() -> Machine {
        Machine {
            cores: 2.0,
            memory: 24_000_000_000,
            gateways: 256,
            panels_per_gateway: 15_600,
            file_max: Some(2_400_000),
            tracked: None,
            sync: Some(Duration::from_millis(4)),
            free: Some(40_000_000_000),
            retention_days: [1_830.0, 366.0, 30.0],
        }
    }

    fn of(machine: &Machine, limit: &str) -> u64 {
        let capacity = capacity(machine, &COSTS, &SEED_DAY);
        let found = capacity.limits.iter().find(|one| one.name == limit);
        found.unwrap().panels
    }

    #[test]
    fn the_processor_carries_what_its_requests_take() {
        // 95 of 100 requests take 25 µs, five 79: 27.7 µs each 8.64 s; 1.4 cores of two.
        let expected = 1.4 / (27.7e-6 / 8.64);
        assert!((float(of(&machine(), "processor")) - expected).abs() < 2.0);
        let more = Machine {
            cores: 8.0,
            ..machine()
        };
        let [two, eight] = [&machine(), &more].map(|machine| of(machine, "processor"));
        assert!(eight.abs_diff(4 * two) <= 4);
    }

    #[test]
    fn memory_carries_what_panels_and_their_gateways_take() {
        let expected = (21.6e9 - 100e6) / (11_000.0 + 16e6 / 15_600.0);
        assert!((float(of(&machine(), "memory")) - expected).abs() < 2.0);
        let tiny = Machine {
            memory: 90_000_000,
            ..machine()
        };
        assert_eq!(of(&tiny, "memory"), 0, "not even the engine fits");
    }

    #[test]
    fn the_lowest_limit_comes_first_and_is_the_answer() {
        let few_files = Machine {
            gateways: 2,
            ..machine()
        };
        let found = capacity(&few_files, &COSTS, &SEED_DAY);
        assert_eq!((found.limits[0].name, found.panels), ("open files", 31_200));
        assert!(found.limits.is_sorted_by_key(|limit| limit.panels));
        let firewalled = Machine {
            tracked: Some(10_000),
            ..machine()
        };
        let found = capacity(&firewalled, &COSTS, &SEED_DAY);
        assert_eq!(
            (found.limits[0].name, found.panels),
            ("nf_conntrack_max", 9_000)
        );
        assert!((found.return_s - 9_000.0 * 300e-6 / 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_slow_disk_limits_how_many_events_there_can_be() {
        let slow = Machine {
            sync: Some(Duration::from_secs(2)),
            ..machine()
        };
        // 1,024 events in 2.036 s; a panel has one in 172.8 s.
        let expected = 1_024.0 / 2.035_84 * 0.9 * 172.8;
        assert!((float(of(&slow, "disk")) - expected).abs() < 2.0);
        let unknown = Machine {
            sync: None,
            ..machine()
        };
        let found = capacity(&unknown, &COSTS, &SEED_DAY);
        assert!(found.limits.iter().all(|limit| limit.name != "disk"));
    }

    #[test]
    fn space_is_reckoned_for_as_long_as_each_class_is_kept() {
        let found = capacity(&machine(), &COSTS, &SEED_DAY);
        let days = 0.12 * 1_830.0 + 0.08 * 366.0 + 0.8 * 30.0;
        let expected = 36e9 / (500.0 * 409.0 * days);
        assert!((float(found.panels_by_space.unwrap()) - expected).abs() < 2.0);
        let quiet = Load {
            events_per_day: 0.0,
            ..SEED_DAY
        };
        let found = capacity(&machine(), &COSTS, &quiet);
        assert_eq!(found.panels_by_space, Some(u64::MAX));
        assert_eq!(found.journal_bytes_per_day, 0);
    }
}
