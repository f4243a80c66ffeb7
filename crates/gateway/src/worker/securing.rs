//! TLS in the loop: under what it is ended, in which order newcomers get to it, and what follows
//! when it fails.
//!
//! Invariants:
//! 1. Nobody is let in to a listener under TLS before the first material is there.
//! 2. New material is for handshakes to come: whoever is connected stays. Material that is of no use
//!    changes nothing.
//! 3. Of handshakes only so many go on in one turn, those that wait longest first; panels that are
//!    already here are served before them.

use std::sync::Arc;

use engine::ports::TlsMaterial;
use model::{Clock, Mono, PeerCertificate, limits};
use proto::{CloseReason, Counted};
use rustls::ServerConfig;

use super::Worker;
use super::connection::Phase;
use crate::tls::{ClientCertificates, Configurations, Unreadable};

/// Under what TLS is ended, and whether newcomers are more than a turn can bear.
#[derive(Debug, Default)]
pub(super) struct Securing {
    current: Option<Configurations>,
    /// When a handshake last had to wait for another turn.
    strained: Option<Mono>,
}

impl Securing {
    /// Whether anybody can be let in.
    pub(super) fn is_ready(&self) -> bool {
        self.current.is_some()
    }

    /// Whether handshakes had to wait for each other of late.
    pub(super) fn is_strained(&self, now: Mono) -> bool {
        let strained = self.strained;
        strained.is_some_and(|at| now.since(at) < limits::STRAIN_MEMORY)
    }

    /// For a new connection.
    pub(super) fn configuration(&self, demand: ClientCertificates) -> Option<&Arc<ServerConfig>> {
        self.current.as_ref().map(|current| current.of(demand))
    }

    /// Takes new material; `false` if it is of no use.
    fn take(&mut self, material: &TlsMaterial, clock: &Arc<dyn Clock>) -> bool {
        let version = material.version;
        if self
            .current
            .as_ref()
            .is_some_and(|current| current.version() == version)
        {
            return true; // Told again over a new link.
        }
        match Configurations::new(material, Arc::clone(clock)) {
            Ok(configurations) => {
                tracing::debug!(version, "TLS has new material");
                self.current = Some(configurations);
                true
            }
            Err(error) => {
                tracing::error!(%error, version, "new material for TLS cannot be used");
                false
            }
        }
    }
}

impl Worker {
    /// The engine's material for TLS.
    pub(super) fn take_material(&mut self, material: &TlsMaterial) {
        if !self.securing.take(material, &self.clock) {
            self.counts.add(Counted::TlsMaterialRefused);
        }
    }

    /// How many newcomers may come in under TLS in this turn.
    pub(super) fn room_for_handshakes(&self) -> usize {
        if self.securing.is_ready() {
            self.limits
                .handshakes
                .saturating_sub(self.lists.handshaking.len())
        } else {
            0
        }
    }

    /// Goes on with handshakes, a quota a turn.
    pub(super) fn go_on_with_handshakes(&mut self) {
        for _ in 0..self.limits.handshakes {
            let Some(place) = self.lists.handshaking.pop_front() else {
                return;
            };
            self.read_socket(place);
        }
        // As many as a turn can bear: if more are there, or wait to be let in, is all the same.
        self.securing.strained = Some(self.now.mono);
    }

    /// What the connection's certificate says, if one was shown.
    pub(super) fn certificate_of(
        &self,
        place: usize,
    ) -> Result<Option<PeerCertificate>, Unreadable> {
        let connection = self.connections.get(place);
        let chain = connection.and_then(|connection| connection.channel.certificates());
        let (Some(chain), Some(current)) = (chain, &self.securing.current) else {
            return Ok(None);
        };
        let read = current.authorities().read(chain, self.now.wall);
        read.map(Some)
    }

    /// TLS has failed: the alert is written, then the connection is closed.
    pub(super) fn refuse_tls(&mut self, place: usize, reason: Counted) {
        self.counts.add(reason);
        if let Some(connection) = self.connections.get_mut(place) {
            connection.session.handle_close(self.now, CloseReason::Peer);
            self.drive(place);
        }
        if let Some(connection) = self.connections.get_mut(place) {
            connection.phase = Phase::Closing(self.now.mono);
        }
    }
}
