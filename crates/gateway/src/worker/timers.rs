//! Deadlines of connections, and R4's of all.

use proto::Counted;

use super::Worker;
use super::connection::Phase;
use super::promise::Outlook;

impl Worker {
    /// R4: closes all connections when the engine's word is too old.
    pub(super) fn keep_promise(&mut self) {
        let broken = self.promise.outlook(self.now.mono) == Outlook::Broken;
        if broken && !self.connections.is_empty() {
            let connections = self.connections.streams();
            tracing::warn!(
                connections,
                "nothing was committed for too long; all are closed"
            );
            for place in self.connections.places() {
                self.cut(place, Counted::NoPromise);
            }
        }
    }

    /// Looks at the connections whose time may have come.
    pub(super) fn fire_timers(&mut self) {
        let mut places = std::mem::take(&mut self.scratch.places);
        self.wheel.expire(self.now.mono, &mut places);
        for place in places.drain(..) {
            self.judge(place);
        }
        self.scratch.places = places;
    }

    fn judge(&mut self, place: usize) {
        let now = self.now.mono;
        let Some(connection) = self.connections.get_mut(place) else {
            return;
        };
        if connection.armed.is_none_or(|armed| armed > now) {
            return; // Of an earlier deadline, or of whoever stood here before.
        }
        connection.armed = None;
        if connection.expires(&self.limits) <= now {
            let reason = match (connection.phase, connection.path) {
                _ if connection.is_datagram() => Counted::DatagramExpired,
                (Phase::Lingering(_), _) => return self.remove(place),
                (Phase::Ended(_) | Phase::Closing(_), _) => Counted::Broken,
                (Phase::Open, None) => Counted::NoIdentityInTime,
                (Phase::Open, Some(_)) => Counted::Idle,
            };
            return self.cut(place, reason);
        }
        if connection.paused_until.is_some_and(|until| until <= now) {
            connection.paused_until = None;
        }
        if connection
            .session
            .poll_timeout()
            .is_some_and(|due| due <= now)
        {
            connection.session.handle_timeout(self.now);
        }
        self.drive(place);
    }

    /// Has the wheel bring the connection up when its deadline comes, if it does not do so sooner.
    pub(super) fn arm(&mut self, place: usize) {
        if let Some(connection) = self.connections.get_mut(place) {
            let due = connection.due(&self.limits);
            let sooner = self.wheel.would_come_out(due);
            if connection.armed.is_none_or(|armed| sooner < armed) {
                connection.armed = Some(self.wheel.arm(place, due));
            }
        }
    }
}
