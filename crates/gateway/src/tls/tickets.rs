//! Tickets by which a panel resumes its session at any gateway, also after a restart of all.
//!
//! ```text
//!   name of the key (16) ‖ nonce (12) ‖ AES-256-GCM of the session, with its tag (16)
//! ```
//!
//! The name and the demand for certificates are authenticated with it. Nonces are random: even a
//! million tickets under one key leave the chance of two alike below one in 10¹⁶.
//!
//! Invariant: the newest key seals; any key that was given opens. When a ticket's time is over its
//! key is gone, which is the engine's work: no time stands in the ticket.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use engine::ports::TicketKey;
use model::limits;
use rustls::server::ProducesTickets;

use super::ClientCertificates;
use super::configuration::MaterialError;

/// Octets of a key's name.
const NAME: usize = 16;

/// Seals and opens the tickets of listeners with one demand for certificates.
pub(super) struct Tickets {
    demand: ClientCertificates,
    /// The one that seals comes first.
    keys: Vec<([u8; NAME], RandomizedNonceKey)>,
}

/// Keys stay out of logs (I10).
impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tickets")
            .field("demand", &self.demand)
            .field("keys", &self.keys.len())
            .finish()
    }
}

impl Tickets {
    /// With the engine's keys, the newest first.
    pub(super) fn new(
        demand: ClientCertificates,
        keys: &[TicketKey],
    ) -> Result<Self, MaterialError> {
        let keyed = |key: &TicketKey| {
            let sealing = RandomizedNonceKey::new(&AES_256_GCM, &*key.key);
            sealing.map(|sealing| (key.name, sealing))
        };
        let keys = keys.iter().map(keyed).collect::<Result<Vec<_>, _>>();
        let keys = keys.map_err(|_| MaterialError::Tickets)?;
        Ok(Self { demand, keys })
    }

    /// What is authenticated beside the session.
    fn context(&self, name: &[u8; NAME]) -> Aad<[u8; NAME + 1]> {
        let mut context = [0; NAME + 1];
        context[..NAME].copy_from_slice(name);
        context[NAME] = self.demand as u8;
        Aad::from(context)
    }
}

impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        !self.keys.is_empty()
    }

    fn lifetime(&self) -> u32 {
        u32::try_from(limits::TICKET_LIFETIME.as_secs()).unwrap_or(u32::MAX)
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let (name, key) = self.keys.first()?;
        let mut sealed = plain.to_vec();
        let nonce = key.seal_in_place_append_tag(self.context(name), &mut sealed);
        let nonce = nonce.ok()?;
        Some([&name[..], nonce.as_ref(), &sealed].concat())
    }

    fn decrypt(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (name, rest) = ticket.split_first_chunk::<NAME>()?;
        let (nonce, sealed) = rest.split_at_checked(NONCE_LEN)?;
        let (_, key) = self.keys.iter().find(|(known, _)| known == name)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut opened = sealed.to_vec();
        let length = key.open_in_place(nonce, self.context(name), &mut opened);
        let length = length.ok()?.len();
        opened.truncate(length);
        Some(opened)
    }
}
