//! The files of TLS, and Watchfire's own authority: what [`engine::ports::Authority`] asks for.
//!
//! ```text
//!   DATA/tls/   ca.key    ca.pem       our own authority: made at the first start     own.rs
//!               server.key server.pem  the server's, unless the operator has his own  own.rs
//!   [tls]       certificate, key       the operator's instead                         pair.rs
//!               client_ca, crl         whose panels are let in, besides ours          roots.rs, revoked.rs
//! ```
//!
//! Invariant: all of it is read before any of it counts: one wrong file, and what was in force stays so.
//! Invariant: no file that a person put there is ever written over; only what was made here and lacks
//! nothing but life or names is made anew.
//! Invariant: private keys are read and written here only, readable by their owner alone, and in no log,
//! error or Debug output (I10).
//!
//! What never happens here: a decision about who is let in; that is the engine's.

mod issuer;
mod key;
mod names;
mod order;
mod own;
mod pair;
mod read;
mod revoked;
mod roots;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::ports::{Authority, AuthorityError, CertificateOrder, Credentials, Loaded};
use hmac::{Hmac, KeyInit, Mac};
use model::limits::TLS_CERTIFICATES;
use model::{Clock, PanelSecret};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::secrets::Key;
use super::setup::TlsSetup;
pub(crate) use names::{Names, is_name};
use own::Own;
use pair::Pair;
pub(crate) use read::{certificates, not_after, parsed};

/// What the derived key is for.
const LABEL: &[u8] = b"watchfire: digests of panels' secrets, 1";

/// The folder of the files that are made here, within the data folder.
pub(crate) const FOLDER: &str = "tls";

/// The authority of a data folder, and the operator's files.
pub(crate) struct FolderAuthority {
    own: Own,
    operator: TlsSetup,
    names: Names,
    digests: Zeroizing<[u8; 32]>,
    clock: Arc<dyn Clock>,
    /// One at a time makes what is missing. It guards the files of [`Own`]; nothing waits within.
    making: Mutex<()>,
}

impl fmt::Debug for FolderAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FolderAuthority")
            .field("operator", &self.operator)
            .finish_non_exhaustive()
    }
}

impl FolderAuthority {
    /// The authority of the folder `data`. Nothing is read yet.
    pub(crate) fn new(data: &Path, operator: TlsSetup, key: &Key, clock: Arc<dyn Clock>) -> Self {
        Self {
            own: Own::new(data.join(FOLDER)),
            names: Names::of_this_machine(&operator.names),
            operator,
            digests: key.derive(LABEL),
            clock,
            making: Mutex::new(()),
        }
    }

    /// What is made here changes nobody's memory: after a panic the files are looked at anew.
    fn alone(&self) -> MutexGuard<'_, ()> {
        self.making.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server's certificate and key: the operator's, or our own.
    fn server(&self, authority: &own::Certifier) -> Result<Pair, AuthorityError> {
        match &self.operator.certificate {
            Some((certificate, key)) => Pair::read(certificate, key),
            None => self
                .own
                .server(authority, &self.names, self.clock.now().wall),
        }
    }
}

impl Authority for FolderAuthority {
    fn load(&self) -> Result<Loaded, AuthorityError> {
        let _alone = self.alone();
        let authority = self.own.certifier(self.clock.now().wall)?;
        let server = self.server(&authority)?;
        let roots = roots::read_all(authority.root(), &self.operator.client_ca)?;
        let revoked = revoked::read_all(&self.operator.crl, &roots)?;
        let ders = server
            .chain
            .iter()
            .chain(roots.iter().map(|root| &root.der));
        let octets: usize = ders.map(Vec::len).sum();
        if octets > TLS_CERTIFICATES {
            return Err(AuthorityError {
                what: format!(
                    "the certificates of `tls.certificate` and `tls.client_ca` have {octets} octets together, and \
                     at most {TLS_CERTIFICATES} are taken: name only the authorities that panels' certificates come from"
                ),
            });
        }
        let mut loaded = Loaded {
            not_after: server.not_after,
            chain: server.chain,
            key: server.key,
            roots,
            revoked,
            fingerprint: [0; 32],
        };
        loaded.fingerprint = fingerprint(&loaded);
        Ok(loaded)
    }

    fn issue(&self, order: &CertificateOrder) -> Result<Credentials, AuthorityError> {
        let _alone = self.alone();
        let authority = self.own.certifier(self.clock.now().wall)?;
        let (certificate, key) = order::carry_out(&authority, order)?;
        let server_authority = match &self.operator.certificate {
            Some((certificate, key)) => Pair::read(certificate, key)?.authorities(),
            None => authority.pem(),
        };
        Ok(Credentials {
            certificate,
            key,
            server_authority,
        })
    }

    fn digest(&self, secret: &PanelSecret) -> [u8; 32] {
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.digests);
        let mac = mac.expect("HMAC takes keys of any length");
        mac.chain_update(secret.octets())
            .finalize()
            .into_bytes()
            .into()
    }
}

/// What tells one state of the files from another.
fn fingerprint(loaded: &Loaded) -> [u8; 32] {
    let mut revoked: Vec<_> = loaded.revoked.iter().collect();
    revoked.sort();
    let mut digest = Sha256::new();
    let mut part = |kind: u8, octets: &[u8]| {
        digest.update([kind]);
        digest.update((octets.len() as u64).to_le_bytes());
        digest.update(octets);
    };
    for der in &loaded.chain {
        part(1, der);
    }
    part(2, &loaded.key);
    for root in &loaded.roots {
        part(3, &root.der);
    }
    for (issuer, serial) in revoked {
        part(4, &issuer.0);
        part(5, serial);
    }
    digest.finalize().into()
}

/// What is wrong with a file, and what to do.
fn wrong(path: &Path, what: impl fmt::Display, advice: &str) -> AuthorityError {
    AuthorityError {
        what: format!("{}: {what}: {advice}", path.display()),
    }
}

/// Where a file of the folder is.
fn within(folder: &Path, name: &str) -> PathBuf {
    folder.join(name)
}
