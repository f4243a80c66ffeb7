//! What was read of the files of TLS last, and what that comes to. Pure.
//!
//! Invariant: what cannot be read leaves what was read before in use.
//! Invariant: every material has a larger version than any before, of an earlier life too as far as
//! the wall clock went on.

use std::collections::BTreeSet;

use model::{Issuer, Wall};

use super::tickets::Tickets;
use crate::ports::{AuthorityError, Loaded, TlsMaterial, TrustStatus};
use crate::registry::Trusted;

/// What is in use.
#[derive(Debug, Default)]
pub(super) struct Machine {
    loaded: Option<Loaded>,
    version: u64,
    problem: Option<Problem>,
}

/// Why the files could not be read when they were last looked at.
#[derive(Debug)]
struct Problem {
    what: String,
    /// Whether people know of it, whatever it has become since.
    told: bool,
}

impl Machine {
    /// Takes in what was read; whether there is something new.
    pub(super) fn read(&mut self, read: Result<Loaded, AuthorityError>) -> bool {
        match read {
            Ok(loaded) => {
                self.problem = None;
                let before = self.loaded.as_ref().map(|before| before.fingerprint);
                let new = before != Some(loaded.fingerprint);
                if new {
                    self.loaded = Some(loaded);
                }
                new
            }
            Err(error) => {
                let told = self.problem.as_ref().is_some_and(|before| before.told);
                let what = error.what;
                self.problem = Some(Problem { what, told });
                false
            }
        }
    }

    /// What is wrong and people do not know yet.
    pub(super) fn problem_to_tell(&self) -> Option<&str> {
        let problem = self.problem.as_ref()?;
        (!problem.told).then_some(&*problem.what)
    }

    /// People know now that something is wrong.
    pub(super) fn problem_told(&mut self) {
        if let Some(problem) = &mut self.problem {
            problem.told = true;
        }
    }

    pub(super) fn loaded(&self) -> Option<&Loaded> {
        self.loaded.as_ref()
    }

    /// As whom the certificates of trusted authorities name them.
    pub(super) fn issuers(&self) -> BTreeSet<Issuer> {
        let roots = self.loaded.iter().flat_map(|loaded| &loaded.roots);
        roots.map(|root| root.issuer).collect()
    }

    /// Whom the registry is to trust.
    pub(super) fn trusted(&self) -> Option<Trusted> {
        let loaded = self.loaded.as_ref()?;
        Some(Trusted::new(&loaded.roots, loaded.revoked.clone()))
    }

    /// What gateways are to end TLS by, under a new version.
    pub(super) fn material(&mut self, tickets: &Tickets, now: Wall) -> Option<TlsMaterial> {
        let loaded = self.loaded.as_ref()?;
        let by_clock = u64::try_from(now.0).unwrap_or(0);
        self.version = by_clock.max(self.version + 1);
        Some(TlsMaterial {
            version: self.version,
            chain: loaded.chain.clone(),
            key: loaded.key.clone(),
            roots: loaded.roots.iter().map(|root| root.der.clone()).collect(),
            tickets: tickets.keys().to_vec(),
        })
    }

    /// For people.
    pub(super) fn status(&self) -> TrustStatus {
        let loaded = self.loaded.as_ref();
        let nothing = || "the files of TLS have not been read yet".to_owned();
        let problem = self.problem.as_ref().map(|problem| problem.what.clone());
        TrustStatus {
            version: self.version,
            not_after: loaded.map_or(Wall(0), |loaded| loaded.not_after),
            roots: loaded.map_or_else(Vec::new, |loaded| loaded.roots.clone()),
            problem: problem.or_else(|| loaded.is_none().then(nothing)),
        }
    }
}
