//! R9: where paths are connected, as gateways tell it, and how a connection learns that another
//! took its path over.
//!
//! Invariants:
//! 1. A connection is told to the engine once; when its link ends, so does the connection, as far
//!    as the engine is concerned. Over a new link the gateway tells what is still there.
//! 2. What waits to be told to a gateway is bounded (I7): what does not fit is left to the keep-alive of the
//!    connection that was taken over.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::ports::{Arrival, SessionPlace, Sessions};
use model::{Mono, PathIndex, limits};
use tokio::sync::mpsc;

use super::order::Violation;
use crate::link::Arrived;

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

/// The connections of one gateway whose panels have proved who they are.
pub(super) struct Whereabouts {
    gateway: u16,
    sessions: Arc<dyn Sessions>,
    here: HashMap<u64, PathIndex>,
}

impl Whereabouts {
    /// Nobody yet.
    pub(super) fn new(gateway: u16, sessions: Arc<dyn Sessions>) -> Self {
        Self {
            gateway,
            sessions,
            here: HashMap::new(),
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

    /// The link has ended.
    pub(super) fn all_departed(&mut self, at: Mono) {
        for (connection, path) in std::mem::take(&mut self.here) {
            self.sessions.gone(path, self.place(connection), at);
        }
    }
}

#[cfg(test)]
mod tests;
