//! R9: where paths are connected, as gateways tell it, and how a connection learns that another
//! took its path over.
//!
//! Invariants:
//! 1. A connection is told to the engine once, over however many links: when a link breaks, its
//!    connections are still there. What ended meanwhile is missing from the next snapshot.
//! 2. A new start of a gateway gives numbers again: all of the one before are gone.
//! 3. What waits to be told to a gateway is bounded (I7): what does not fit is left to the keep-alive of the
//!    connection that was taken over.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::ports::{Arrival, SessionPlace, Sessions};
use model::{Mono, PathIndex, limits};
use tokio::sync::mpsc;

use super::order::Violation;
use crate::link::{Arrived, SessionRow};

/// The ways to the gateways that are connected, for those who are taken over.
#[derive(Debug, Default)]
pub(super) struct Takeovers(Mutex<HashMap<u16, mpsc::Sender<u64>>>);

impl Takeovers {
    fn ways(&self) -> MutexGuard<'_, HashMap<u16, mpsc::Sender<u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The gateway is connected: what it is to be told comes out here.
    pub(super) fn open(&self, gateway: u16) -> mpsc::Receiver<u64> {
        let (sender, receiver) = mpsc::channel(limits::TAKEOVERS);
        self.ways().insert(gateway, sender);
        receiver
    }

    /// Has the connection closed by its gateway, if that is still there.
    fn tell(&self, place: SessionPlace) {
        let told = self
            .ways()
            .get(&place.gateway)
            .map(|way| way.try_send(place.connection));
        if let Some(Err(error)) = told {
            tracing::debug!(%error, ?place, "a connection is not told that it is taken over");
        }
    }
}

/// What is known of each gateway, whether it is linked or not.
#[derive(Default)]
pub(super) struct Gateways(Mutex<HashMap<u16, Arc<Mutex<Whereabouts>>>>);

impl Gateways {
    /// A new link of this start of the gateway.
    pub(super) fn linked(
        &self,
        gateway: u16,
        incarnation: u64,
        sessions: &Arc<dyn Sessions>,
    ) -> Arc<Mutex<Whereabouts>> {
        let mut gateways = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Whereabouts::new(gateway, incarnation, Arc::clone(sessions));
        let one = gateways
            .entry(gateway)
            .or_insert_with(|| Arc::new(Mutex::new(new())));
        one.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .linked(incarnation);
        Arc::clone(one)
    }
}

/// The connections of one gateway whose panels have proved who they are.
pub(super) struct Whereabouts {
    gateway: u16,
    incarnation: u64,
    sessions: Arc<dyn Sessions>,
    here: HashMap<u64, PathIndex>,
    /// Of those, while a link begins: which of them the gateway still has.
    kept: HashSet<u64>,
}

impl Whereabouts {
    fn new(gateway: u16, incarnation: u64, sessions: Arc<dyn Sessions>) -> Self {
        Self {
            gateway,
            incarnation,
            sessions,
            here: HashMap::new(),
            kept: HashSet::new(),
        }
    }

    fn linked(&mut self, incarnation: u64) {
        if std::mem::replace(&mut self.incarnation, incarnation) != incarnation {
            self.here.clear();
            self.sessions.gateway_gone(self.gateway);
        }
        self.kept.clear();
    }

    /// A part of what the gateway has when its link begins.
    pub(super) fn has(&mut self, rows: &[SessionRow]) {
        let rows = rows.iter().map(|row| row.connection);
        self.kept
            .extend(rows.filter(|row| self.here.contains_key(row)));
    }

    /// That was all of it: what is missing ended while there was no link.
    pub(super) fn has_no_more(&mut self, at: Mono) {
        let kept = std::mem::take(&mut self.kept);
        let missing = self.here.keys().filter(|one| !kept.contains(one));
        for connection in missing.copied().collect::<Vec<_>>() {
            self.departed(connection, at);
        }
    }

    fn place(&self, connection: u64) -> SessionPlace {
        SessionPlace {
            gateway: self.gateway,
            connection,
        }
    }

    /// A path was let in, or is still there.
    pub(super) fn arrived(
        &mut self,
        arrived: &Arrived,
        takeovers: &Takeovers,
    ) -> Result<(), Violation> {
        if self.here.len() >= limits::LINK_CONNECTIONS {
            return Err(Violation::TooManyConnections);
        }
        let place = self.place(arrived.connection);
        let before = match self.here.entry(arrived.connection) {
            Entry::Occupied(known) if *known.get() == arrived.path => return Ok(()),
            Entry::Occupied(mut known) => Some(known.insert(arrived.path)),
            Entry::Vacant(free) => {
                free.insert(arrived.path);
                None
            }
        };
        if let Some(before) = before {
            self.sessions.gone(before, place, arrived.at);
        }
        let earlier = self.sessions.arrived(Arrival {
            path: arrived.path,
            place,
            source: arrived.source,
            at: arrived.at,
        });
        if let Some(earlier) = earlier.filter(|earlier| *earlier != place) {
            takeovers.tell(earlier);
        }
        Ok(())
    }

    /// A connection is gone.
    pub(super) fn departed(&mut self, connection: u64, at: Mono) {
        if let Some(path) = self.here.remove(&connection) {
            self.sessions.gone(path, self.place(connection), at);
        }
    }
}

#[cfg(test)]
mod tests;
