//! How much each account and each address may send (R7): token buckets, by virtual time.
//!
//! A bucket is one number, the time at which all that was spent will be paid for. Spending moves
//! it on by the price of a frame; who is further ahead of the clock than a burst is over the
//! limit.
//!
//! Invariant: the table is bounded (I7). The longest idle is forgotten, which forgives its debt:
//! a stranger can make us forget another stranger, not a panel that is sending.
//! Invariant: who has paid for everything is soon forgotten, since that is what a full bucket says,
//! too: the table is as large as the number of those who send at the moment, not as the fleet.

use std::hash::Hash;
use std::time::Duration;

use lru::LruCache;
use model::Mono;

/// What may be spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// In the long run.
    pub per_second: u32,
    /// At once.
    pub burst: u32,
}

impl Rate {
    fn price(self) -> Duration {
        Duration::from_secs(1) / self.per_second.max(1)
    }
}

/// A bucket for each key.
#[derive(Debug)]
pub(super) struct Buckets<K: Hash + Eq> {
    rate: Rate,
    capacity: usize,
    paid_at: LruCache<K, Mono>,
}

impl<K: Hash + Eq + Copy> Buckets<K> {
    /// Full buckets, of which at most `capacity` are remembered.
    pub(super) fn new(rate: Rate, capacity: usize) -> Self {
        Self {
            rate,
            capacity,
            paid_at: LruCache::unbounded(),
        }
    }

    /// Spends one, into debt if need be; tells how long to pause until that is paid.
    pub(super) fn charge(&mut self, key: K, now: Mono) -> Duration {
        let paid_at = self.paid_at_after_one_more(key, now);
        self.remember(key, paid_at, now);
        paid_at.since(now).saturating_sub(self.depth())
    }

    /// Spends one if that is within the limit.
    pub(super) fn spend(&mut self, key: K, now: Mono) -> bool {
        let paid_at = self.paid_at_after_one_more(key, now);
        let within = paid_at.since(now) <= self.depth();
        if within {
            self.remember(key, paid_at, now);
        }
        within
    }

    /// Gives one back that was spent for somebody who turned out to be known.
    pub(super) fn refund(&mut self, key: K) {
        let price = self.rate.price();
        if let Some(paid_at) = self.paid_at.get_mut(&key) {
            *paid_at = paid_at.before(price);
        }
    }

    fn depth(&self) -> Duration {
        self.rate.price() * self.rate.burst
    }

    fn paid_at_after_one_more(&mut self, key: K, now: Mono) -> Mono {
        let paid_at = self.paid_at.get(&key).copied().unwrap_or(now);
        paid_at.max(now).after(self.rate.price())
    }

    fn remember(&mut self, key: K, paid_at: Mono, now: Mono) {
        self.paid_at.put(key, paid_at);
        // Two go for one that comes, so that the table shrinks.
        for _ in 0..2 {
            let Some((_, oldest)) = self.paid_at.peek_lru() else {
                return;
            };
            if *oldest > now && self.paid_at.len() <= self.capacity {
                return;
            }
            self.paid_at.pop_lru();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        per_second: 20,
        burst: 4,
    };
    const START: Mono = Mono(1_000_000_000_000);

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_burst_is_free_and_then_the_rate_holds() {
        let mut buckets = Buckets::new(RATE, 10);
        for _ in 0..4 {
            assert_eq!(buckets.charge('a', START), Duration::ZERO);
        }
        assert_eq!(buckets.charge('a', START), ms(50));
        assert_eq!(buckets.charge('a', START), ms(100));
        assert!(!buckets.spend('a', START.after(ms(149))));
        assert!(buckets.spend('a', START.after(ms(150))));
        assert_eq!(
            buckets.charge('b', START),
            Duration::ZERO,
            "each on its own"
        );
    }

    #[test]
    fn what_is_given_back_may_be_spent_again() {
        let mut buckets = Buckets::new(RATE, 10);
        for _ in 0..100 {
            assert!(buckets.spend('a', START));
            buckets.refund('a');
        }
        let spent = (0..100).filter(|_| buckets.spend('a', START)).count();
        assert_eq!(spent, 4);
    }

    #[test]
    fn an_idle_bucket_fills_up_and_not_beyond() {
        let mut buckets = Buckets::new(RATE, 10);
        for _ in 0..4 {
            buckets.charge('a', START);
        }
        let later = START.after(ms(3_600_000));
        for _ in 0..4 {
            assert_eq!(buckets.charge('a', later), Duration::ZERO);
        }
        assert_eq!(buckets.charge('a', later), ms(50));
    }

    #[test]
    fn over_a_minute_no_more_passes_than_rate_and_burst() {
        let mut buckets = Buckets::new(RATE, 10);
        let mut passed = 0;
        for step in 0..6_000 {
            let now = START.after(ms(10 * step));
            passed += u32::from(buckets.spend('a', now));
        }
        assert!((1_200..=1_204).contains(&passed), "{passed}");
    }

    #[test]
    fn who_has_paid_for_everything_takes_no_room() {
        let mut buckets = Buckets::new(RATE, 1_000);
        for key in 0..1_000 {
            buckets.charge(key, START.after(ms(10 * key)));
        }
        // One is paid for in 50 ms.
        assert!(buckets.paid_at.len() <= 6, "{}", buckets.paid_at.len());
    }

    #[test]
    fn the_table_forgets_the_longest_idle() {
        let mut buckets = Buckets::new(RATE, 2);
        for key in ['a', 'a', 'a', 'a', 'a', 'b', 'c'] {
            buckets.charge(key, START);
        }
        assert_eq!(buckets.paid_at.len(), 2);
        assert!(buckets.spend('a', START), "its debt is forgiven");
    }
}
