//! Letting connections go, and the gateway's own end.
//!
//! Draining: nobody is let in or read any more; what is unanswered may still be committed, and is
//! acknowledged; then every session says goodbye, and when that is written the gateway ends.

use model::{Mono, SignalToken, limits};
use proto::{CloseReason, Counted};

use super::Worker;
use super::connection::{Connection, Phase};

/// How far the gateway has drained.
#[derive(Debug)]
pub(super) struct Drain {
    since: Mono,
    goodbye: Option<Mono>,
}

impl Drain {
    /// Whether sessions have been told to say goodbye.
    pub(super) fn says_goodbye(&self) -> bool {
        self.goodbye.is_some()
    }
}

impl Worker {
    /// Counts why, and closes at once.
    pub(super) fn cut(&mut self, place: usize, reason: Counted) {
        if self.connections.get(place).is_some() {
            self.counts.add(reason);
            self.remove(place);
        }
    }

    /// Closes the socket and forgets the session. Its signals stay in the window.
    pub(super) fn remove(&mut self, place: usize) {
        let Some(mut connection) = self.connections.remove(place) else {
            return;
        };
        if connection.unsent.is_empty() {
            connection.channel.say_farewell();
        }
        let number = connection.number;
        if connection.proven {
            self.tell_departure(number);
        }
        self.identities.withdraw(number);
        if connection.next_token > SignalToken(1) {
            self.tell_closed(number);
        }
        if connection.is_datagram() {
            return;
        }
        if let Some(speaker) = connection.speaker {
            self.speakers.leave(speaker, place);
        }
        match connection.path {
            Some(path) => {
                if connection.next_token == SignalToken(1) {
                    self.tell_closed(number);
                }
                self.sightings.left(path, connection.epoch, self.now.mono);
            }
            None => self.no_longer_stranger(connection.dues.flooded),
        }
    }

    /// Begins to drain, once.
    pub(super) fn begin_drain(&mut self, why: &'static str) {
        if self.drain.is_none() {
            let unanswered = self.window.len();
            tracing::debug!(why, unanswered, "the gateway drains");
            self.gate.shut();
            self.drain = Some(Drain {
                since: self.now.mono,
                goodbye: None,
            });
        }
    }

    /// Says goodbye when everything is answered, or will not be in time.
    pub(super) fn step_drain(&mut self) {
        let now = self.now.mono;
        let answered = self.window.is_empty();
        let Some(drain) = self.drain.as_mut().filter(|drain| drain.goodbye.is_none()) else {
            return;
        };
        if !answered && now.since(drain.since) < self.limits.drain {
            return;
        }
        drain.goodbye = Some(now);
        for place in self.connections.places() {
            match self.connections.get(place).map(Connection::is_datagram) {
                Some(true) => {
                    self.answer_datagram(place);
                    self.cut(place, Counted::DatagramExpired);
                }
                Some(false) => self.say_goodbye(place, CloseReason::Draining),
                None => {}
            }
        }
    }

    /// Its path has connected anew (R9): the session may say so before it closes.
    pub(super) fn hand_over(&mut self, number: u64) {
        if let Some(place) = self.connections.place_of(number) {
            self.say_goodbye(place, CloseReason::TakenOver);
        }
    }

    fn say_goodbye(&mut self, place: usize, reason: CloseReason) {
        if let Some(connection) = self.connections.get_mut(place) {
            connection.session.handle_close(self.now, reason);
        }
        self.drive(place);
        if let Some(connection) = self.connections.get_mut(place) {
            connection.phase = Phase::Closing(self.now.mono);
        }
    }

    /// Whether the last goodbye is written, or will not be in time.
    pub(super) fn is_drained(&self) -> bool {
        let goodbye = self.drain.as_ref().and_then(|drain| drain.goodbye);
        goodbye.is_some_and(|at| {
            let told = !self.uplink.is_up() || !self.uplink.has_unsent(model::Stream::Normal);
            let done = self.connections.is_empty() && told;
            done || self.now.mono.since(at) >= limits::GOODBYE
        })
    }
}
