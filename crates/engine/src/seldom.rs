//! Says a thing at most once in a while, of each whom it concerns.
//!
//! Invariant: the table is bounded (I7). While it is full of what is still remembered, nothing
//! new is said, and how often that was is counted (I4).

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use model::Mono;

/// What was said of whom, and when.
#[derive(Debug)]
pub(crate) struct Seldom<K> {
    said: HashMap<K, Mono>,
    period: Duration,
    most: usize,
    unsaid: u64,
}

impl<K: Eq + Hash> Seldom<K> {
    /// Says each thing once in `period`, and remembers at most `most` things.
    pub(crate) fn new(period: Duration, most: usize) -> Self {
        Self {
            said: HashMap::new(),
            period,
            most,
            unsaid: 0,
        }
    }

    /// Whether this is to be said now; then it counts as said.
    pub(crate) fn may_say(&mut self, key: K, now: Mono) -> bool {
        let period = self.period;
        let fresh = |at: &Mono| now.since(*at) < period;
        if self.said.get(&key).is_some_and(fresh) {
            return false;
        }
        if self.said.len() >= self.most && !self.said.contains_key(&key) {
            self.said.retain(|_, at| fresh(at));
            if self.said.len() >= self.most {
                self.unsaid += 1;
                return false;
            }
        }
        self.said.insert(key, now);
        true
    }

    /// How often there was no room to say something.
    pub(crate) fn unsaid(&self) -> u64 {
        self.unsaid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono::default().after(Duration::from_secs(seconds))
    }

    #[test]
    fn each_is_told_of_once_within_the_period() {
        let mut seldom = Seldom::new(Duration::from_secs(10), 9);
        assert!(seldom.may_say("a", at(1)));
        assert!(!seldom.may_say("a", at(10)));
        assert!(seldom.may_say("b", at(10)));
        assert!(seldom.may_say("a", at(11)));
        assert_eq!(seldom.unsaid(), 0);
    }

    #[test]
    fn what_does_not_fit_is_counted_until_something_is_forgotten() {
        let mut seldom = Seldom::new(Duration::from_secs(10), 2);
        assert!(seldom.may_say(1, at(1)) && seldom.may_say(2, at(5)));
        assert!(!seldom.may_say(3, at(6)));
        assert_eq!(seldom.unsaid(), 1);
        assert!(seldom.may_say(3, at(11)));
        assert_eq!(seldom.said.len(), 2);
    }
}
