//! R11: while too many come at once, panels that may be away for a while are asked to come back
//! later, so that those of high classes get in first.
//!
//! Too many are those who fill half of the places for strangers and shake hands faster than a turn
//! can bear. Half of the places alone would say nothing: one who opens connections and is silent
//! takes them, too, and must keep nobody out (R7).

use std::time::Duration;

use model::{PathIndex, Stream, limits};
use proto::Identity;

use super::Worker;
use crate::link::{Arrived, IdentityAnswer, Upward};

impl Worker {
    /// Whether so many are coming that not everybody can be let in.
    fn is_pressed(&self) -> bool {
        let many = 2 * self.gate.without_identity() > self.limits.without_identity;
        many && self.securing.is_strained(self.now.mono)
    }

    /// Whether this newcomer, who would be let in, is to come back later. Whoever is already here
    /// stays.
    pub(super) fn is_to_come_back(&self, place: usize, answer: &IdentityAnswer) -> bool {
        let is_new = self.connections.get(place).is_some_and(|c| !c.proven);
        let Ok(admitted) = &answer.admitted else {
            return false;
        };
        let keep_alive = admitted.keep_alive.unwrap_or(Duration::MAX);
        is_new && keep_alive > limits::HIGH_CLASS_KEEP_ALIVE && self.is_pressed()
    }

    /// Says when to come back.
    pub(super) fn send_away(&mut self, place: usize) {
        if let Some(connection) = self.connections.get_mut(place) {
            let retry_after = retry_after(connection.number);
            let busy = Identity::Busy { retry_after };
            connection.session.handle_identity(self.now, busy);
        }
    }

    /// R9: the engine learns where a path is connected that has proved who it is.
    pub(super) fn note_arrival(&mut self, place: usize, path: PathIndex) {
        self.recognise(place, path);
        if let Some(connection) = self.connections.get_mut(place) {
            connection.proven = true;
            let arrived = Upward::Arrived(Arrived {
                connection: connection.number,
                path,
                source: connection.source,
                at: self.now.mono,
            });
            self.uplink.mention(Stream::Normal, &arrived, self.now.mono);
        }
    }

    /// R9: and when it is no longer there.
    pub(super) fn tell_departure(&mut self, connection: u64) {
        let at = self.now.mono;
        let departed = Upward::Departed { connection, at };
        self.uplink.mention(Stream::Normal, &departed, at);
    }
}

/// A time that differs from connection to connection, so that those who were sent away together
/// do not come back together. Whole seconds: that is what protocols can say.
fn retry_after(connection: u64) -> Duration {
    // Fibonacci hashing: neighbours end up far apart.
    let mixed = connection.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
    let span = limits::LATEST_RETRY.saturating_sub(limits::SOONEST_RETRY);
    limits::SOONEST_RETRY + Duration::from_secs(mixed % (span.as_secs() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::connection::FIRST_NUMBER;

    #[test]
    fn panels_that_are_sent_away_come_back_spread_over_a_minute() {
        let mut seconds = [0; 61];
        for n in 1..=5_600 {
            let after = retry_after(n * FIRST_NUMBER + n % 2_000).as_secs();
            seconds[usize::try_from(after).unwrap()] += 1;
        }
        assert_eq!(seconds[..5], [0; 5]);
        let busiest = seconds.iter().max().unwrap();
        assert!(seconds[5..].iter().all(|count| *count > 0), "{seconds:?}");
        assert!(*busiest < 200, "{seconds:?}");
    }
}
