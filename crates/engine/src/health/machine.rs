//! When we ourselves are not well. Pure, under given time.
//!
//! Invariant: what a gateway counted before we first heard of it says nothing of now.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use model::Mono;
use model::limits::{
    GATEWAYS, HANDSHAKES_PERIOD, HANDSHAKES_REFUSED, HEALTH_PERIOD, LOOP_DELAY, LOOP_DELAYED,
};

use crate::seldom::Seldom;

/// What is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Finding {
    /// Many handshakes were refused within a minute, by reason.
    Refused(BTreeMap<&'static str, u64>),
    /// Turns of a gateway's loop took too long, the longest so long.
    Delayed {
        /// Which gateway.
        gateway: u16,
        /// How long.
        longest: Duration,
    },
}

#[derive(Debug, Default)]
struct Gateway {
    /// What it had counted, by reason.
    counted: BTreeMap<&'static str, u64>,
    /// Periods in a row that were too slow, and the longest turn in them.
    slow: u32,
    longest: Duration,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Told {
    Refused,
    Delayed(u16),
}

/// What gateways told of late.
#[derive(Debug)]
pub(super) struct Machine {
    gateways: HashMap<u16, Gateway>,
    /// What was refused within the last minute, the oldest first: two for each gateway and second at most.
    refused: VecDeque<(Mono, &'static str, u64)>,
    told: Seldom<Told>,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            gateways: HashMap::new(),
            refused: VecDeque::new(),
            told: Seldom::new(HEALTH_PERIOD, GATEWAYS + 1),
        }
    }
}

impl Machine {
    /// A gateway's newest counters.
    pub(super) fn counted(
        &mut self,
        gateway: u16,
        refused: &[(&'static str, u64)],
        delay: Duration,
        now: Mono,
    ) -> Vec<Finding> {
        self.count(gateway, refused, now);
        let found = [self.delayed(gateway, delay, now), self.flooded(now)];
        found.into_iter().flatten().collect()
    }

    fn count(&mut self, gateway: u16, refused: &[(&'static str, u64)], now: Mono) {
        let first = !self.gateways.contains_key(&gateway);
        let known = self.gateways.entry(gateway).or_default();
        for (reason, total) in refused {
            let before = known.counted.insert(*reason, *total);
            // A total below the last one is of a new process, which began at 0.
            let before = before.unwrap_or(0);
            let more = if *total < before {
                *total
            } else {
                *total - before
            };
            if more > 0 && !first {
                self.refused.push_back((now, *reason, more));
            }
        }
        let old = |(at, ..): &(Mono, &str, u64)| now.since(*at) > HANDSHAKES_PERIOD;
        while self.refused.front().is_some_and(old) {
            self.refused.pop_front();
        }
    }

    fn delayed(&mut self, gateway: u16, delay: Duration, now: Mono) -> Option<Finding> {
        let known = self.gateways.get_mut(&gateway)?;
        if delay <= LOOP_DELAY {
            (known.slow, known.longest) = (0, Duration::ZERO);
            return None;
        }
        known.slow = known.slow.saturating_add(1);
        known.longest = known.longest.max(delay);
        let longest = known.longest;
        let slow = known.slow >= LOOP_DELAYED && self.told.may_say(Told::Delayed(gateway), now);
        slow.then_some(Finding::Delayed { gateway, longest })
    }

    fn flooded(&mut self, now: Mono) -> Option<Finding> {
        let count: u64 = self.refused.iter().map(|(_, _, count)| count).sum();
        if count <= HANDSHAKES_REFUSED || !self.told.may_say(Told::Refused, now) {
            return None;
        }
        let mut reasons = BTreeMap::new();
        for (_, reason, count) in &self.refused {
            *reasons.entry(*reason).or_default() += count;
        }
        Some(Finding::Refused(reasons))
    }
}
