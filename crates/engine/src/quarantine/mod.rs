//! The quarantine: who sends frames that we have nobody for, and who floods us (R6, R7).
//!
//! Invariant: whatever comes, at most one transaction a second is written for it; what is beyond
//! the quotas is only counted (I4, I7).
//! Invariant: nothing in it is an event of a panel: it raises nothing and is forwarded to nobody,
//! not even once a panel was made of it.
//! Invariant: a panel is registered before its adoption is on record; one that was cut short in
//! between is found again when it is tried again.
//!
//! ```text
//!   hub ── stray, flood ──► Gathered (memory) ── each second ──► Strays (one transaction)
//!                                │
//!                                └── each second ──► Reports: wrong_key, flood
//!   people ── adopt ──► PanelAdmin, then Strays     people ── reject ──► Strays, then memory
//! ```
//!
//! Failure: what came in the last second is lost when the engine dies; strangers come again.
//! While the store cannot write, it waits, bounded by the entries there are.

mod admin;
mod gathered;
mod machine;
mod task;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{Clock, IdentityClaim, IdentityRefusal, PathIndex, Wall, limits};
use tokio::sync::Notify;

use crate::ports::{
    Identities, Measured, Measurement, PanelAdmin, Quarantines, ReadError, Reports, StrayFrame,
    Strays,
};
use crate::registry::Registry;
use gathered::Gathered;

/// The quarantine. Clones are handles of the same.
#[derive(Clone)]
pub struct Quarantine {
    /// Protects what has come and is not written yet; held to put in or take out one thing or one
    /// batch, never across an await.
    gathered: Arc<Mutex<Gathered>>,
    /// Rung when something came.
    bell: Arc<Notify>,
    strays: Arc<dyn Strays>,
    identities: Arc<dyn Identities>,
    panels: Arc<dyn PanelAdmin>,
    reports: Arc<dyn Reports>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Quarantine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Quarantine").finish_non_exhaustive()
    }
}

impl Quarantine {
    /// Loads who is in it already.
    pub async fn load(
        strays: Arc<dyn Strays>,
        registry: Registry,
        reports: Arc<dyn Reports>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ReadError> {
        let identities = Arc::new(registry.clone());
        Self::over(strays, identities, Arc::new(registry), reports, clock).await
    }

    async fn over(
        strays: Arc<dyn Strays>,
        identities: Arc<dyn Identities>,
        panels: Arc<dyn PanelAdmin>,
        reports: Arc<dyn Reports>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ReadError> {
        let mut gathered = Gathered::new();
        let mut cursor = None;
        loop {
            let page = strays.entries(true, cursor, limits::PAGE).await?;
            for entry in &page.entries {
                gathered.load(entry);
            }
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        Ok(Self {
            gathered: Arc::new(Mutex::new(gathered)),
            bell: Arc::new(Notify::new()),
            strays,
            identities,
            panels,
            reports,
            clock,
        })
    }

    /// Whether its account is registered by now, be its panel disabled or not.
    fn is_known(&self, stray: &StrayFrame) -> bool {
        let claim = IdentityClaim::of_account(stray.key);
        let answer = self.identities.identify(&claim, None);
        !matches!(answer, Err(IdentityRefusal::UnknownAccount))
    }

    fn gathered(&self) -> MutexGuard<'_, Gathered> {
        // Poisoned means that a look-up or an insert panicked; at worst a count is off by one.
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Quarantines for Quarantine {
    fn stray(&self, stray: StrayFrame) {
        // A gateway may not know yet that somebody was registered a moment ago.
        let known = stray.path.is_none() && self.is_known(&stray);
        let now = self.clock.now().mono;
        self.gathered().stray(stray, known, now);
        self.bell.notify_one();
    }

    fn flood(&self, source: IpAddr, path: Option<PathIndex>, _at: Wall) {
        let now = self.clock.now().mono;
        self.gathered().flood(source, path, now);
        self.bell.notify_one();
    }
}

impl Measured for Quarantine {
    fn measure(&self, out: &mut Vec<Measurement>) {
        self.gathered().measure(out);
    }
}
