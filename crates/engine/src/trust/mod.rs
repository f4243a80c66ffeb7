//! Trust: by what gateways end TLS, whose certificates are taken, who is given some.
//!
//! Invariant: a state of the files that cannot be read, or makes no sense, changes nothing: what was
//! read before stays in use, and people are told once.
//! Invariant: the registry knows whom to trust before a gateway ends TLS by it, so that nobody who
//! may speak is refused in between.
//! Invariant: a certificate is on record before it is handed out; its private key, and a secret,
//! are handed out once and kept nowhere (I10).
//! Invariant: of what ends, each step is told once; it counts as told when the journal has it (I3).
//!
//! ```text
//!   files ── Authority, each minute and by order ──► Machine ──► registry: who is trusted
//!                                                      │   └───► watch: TlsMaterial (gateways)
//!   each 6 hours: another key for tickets ──► TrustStore, sealed ──┘
//!   what ends ──► Reports: cert_expiry, our_cert, tls_reload
//!   people ── TrustAdmin ──► registry ──► TrustStore, memory, gateways
//! ```
//!
//! Failure: if the engine dies between an event's commit and the note that it was told, that event
//! may be told twice. While the store cannot write, keys of tickets change all the same; after a
//! restart panels with tickets of those make a full handshake.

mod admin;
mod expiry;
mod figures;
mod machine;
mod task;
#[cfg(test)]
mod tests;
mod tickets;

use std::sync::{Arc, Mutex, PoisonError};

use model::{Clock, Entropy, FamilyName, limits};
use tokio::sync::{mpsc, oneshot, watch};

use crate::ports::{
    Authority, AuthorityError, ProvidesTls, ReadError, Reports, TlsMaterial, TrustError,
    TrustStatus, TrustStore,
};
use crate::registry::Registry;

use figures::Figures;
pub use task::Task;

/// What trust works with.
pub struct Parts {
    /// Where certificates, secrets and keys of tickets are kept.
    pub store: Arc<dyn TrustStore>,
    /// The files of TLS, and our own authority.
    pub authority: Arc<dyn Authority>,
    /// Who speaks.
    pub registry: Registry,
    /// Takes events of our own.
    pub reports: Arc<dyn Reports>,
    /// The machine's clocks.
    pub clock: Arc<dyn Clock>,
    /// For serial numbers, secrets and keys of tickets.
    pub entropy: Box<dyn Entropy>,
    /// Families whose panels can show a secret of ours.
    pub secret_families: Vec<FamilyName>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts")
            .field("secret_families", &self.secret_families)
            .finish_non_exhaustive()
    }
}

/// An order to read the files again, with the way back.
type Reload = oneshot::Sender<Result<TrustStatus, AuthorityError>>;

/// What handles and the task share.
struct Shared {
    store: Arc<dyn TrustStore>,
    authority: Arc<dyn Authority>,
    registry: Registry,
    clock: Arc<dyn Clock>,
    /// Protects the source alone; held to draw some octets.
    entropy: Mutex<Box<dyn Entropy>>,
    secret_families: Vec<FamilyName>,
    material: watch::Sender<Option<Arc<TlsMaterial>>>,
    status: watch::Sender<TrustStatus>,
    figures: Figures,
}

impl Shared {
    fn random<const N: usize>(&self) -> [u8; N] {
        let mut octets = [0; N];
        let mut entropy = self.entropy.lock().unwrap_or_else(PoisonError::into_inner);
        entropy.fill(&mut octets);
        octets
    }

    /// Has the authority do something, on a thread that may wait for files.
    async fn with_authority<T: Send + 'static>(
        &self,
        act: impl FnOnce(&dyn Authority) -> Result<T, AuthorityError> + Send + 'static,
    ) -> Result<T, AuthorityError> {
        let authority = Arc::clone(&self.authority);
        let done = tokio::task::spawn_blocking(move || act(&*authority)).await;
        done.unwrap_or_else(|error| {
            // It panicked, or the engine ends.
            let what = format!("the files of TLS could not be worked with: {error}");
            Err(AuthorityError { what })
        })
    }
}

/// A handle of trust. Clones are handles of the same.
#[derive(Clone)]
pub struct Trust {
    shared: Arc<Shared>,
    reloads: mpsc::Sender<Reload>,
}

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Trust")
            .field("status", &*self.shared.status.borrow())
            .finish_non_exhaustive()
    }
}

/// Begins: when it answers, the registry judges by what is on record and in the files, and
/// gateways can be given what they need, if the files can be read. The task is to be spawned; it
/// tells, first of all, if they cannot.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn start(parts: Parts) -> Result<(Trust, Task), ReadError> {
    let now = parts.clock.now().wall;
    let certificates = parts.store.certificates().await?;
    let keys = parts.store.ticket_keys().await?;
    let told = parts.store.expiries_told().await?;
    let authority = Arc::clone(&parts.authority);
    parts.registry.hold(authority, certificates);
    let shared = Arc::new(Shared {
        store: parts.store,
        authority: parts.authority,
        registry: parts.registry,
        clock: parts.clock,
        entropy: Mutex::new(parts.entropy),
        secret_families: parts.secret_families,
        material: watch::Sender::new(None),
        status: watch::Sender::new(machine::Machine::default().status()),
        figures: Figures::default(),
    });
    let (reloads, ordered) = mpsc::channel(limits::TLS_RELOADS);
    let mut task = Task::new(
        Arc::clone(&shared),
        parts.reports,
        ordered,
        tickets::Tickets::new(keys, now),
        expiry::Calendar::new(told),
    );
    // Whoever is to be told of it is told by the task.
    task.look().await.ok();
    Ok((Trust { shared, reloads }, task))
}

impl ProvidesTls for Trust {
    fn material(&self) -> watch::Receiver<Option<Arc<TlsMaterial>>> {
        self.shared.material.subscribe()
    }
}

impl Trust {
    async fn read_again(&self) -> Result<TrustStatus, TrustError> {
        let (answer, answered) = oneshot::channel();
        let stops = || AuthorityError {
            what: "the server stops".to_owned(),
        };
        let sent = self.reloads.send(answer).await;
        sent.map_err(|_| stops())?;
        Ok(answered.await.map_err(|_| stops())??)
    }
}
