//! What the registry counts: who was let in, who was not and why.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{IdentityRefusal, Proven};

use super::Registry;
use super::table::Table;
use crate::ports::{Admission, Measured, Measurement, Reading};

/// Answers to the question who speaks.
#[derive(Debug)]
pub(super) struct Answers {
    admitted: [AtomicU64; Proven::ALL.len()],
    refused: [AtomicU64; IdentityRefusal::ALL.len()],
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            admitted: array::from_fn(|_| AtomicU64::new(0)),
            refused: array::from_fn(|_| AtomicU64::new(0)),
        }
    }
}

impl Answers {
    pub(super) fn count(&self, answer: &Result<Admission, IdentityRefusal>) {
        let counter = match answer {
            Ok(admission) => {
                let place = Proven::ALL.iter().position(|one| *one == admission.proven);
                place.map(|place| &self.admitted[place])
            }
            Err(refusal) => {
                let place = IdentityRefusal::ALL.iter().position(|one| one == refusal);
                place.map(|place| &self.refused[place])
            }
        };
        if let Some(counter) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn measure(&self, out: &mut Vec<Measurement>) {
        for (proven, count) in Proven::ALL.iter().zip(&self.admitted) {
            out.push(Measurement {
                name: "watchfire_identities_admitted",
                help: "Answers that somebody may speak for an account, by proof.",
                labels: vec![("proof", proof(*proven).to_owned())],
                reading: Reading::Counter(count.load(Ordering::Relaxed)),
            });
        }
        for (refusal, count) in IdentityRefusal::ALL.iter().zip(&self.refused) {
            out.push(Measurement {
                name: "watchfire_identities_refused",
                help: "Answers that somebody may not speak for an account, by reason.",
                labels: vec![("reason", refusal.as_str().to_owned())],
                reading: Reading::Counter(count.load(Ordering::Relaxed)),
            });
        }
    }
}

/// The name of a proof in metrics.
pub(super) const fn proof(proven: Proven) -> &'static str {
    match proven {
        Proven::ByFrames => "frames",
        Proven::BySecret => "secret",
        Proven::ByCertificate => "certificate",
        Proven::ByExpiredCertificate => "expired_certificate",
    }
}

impl Registry {
    /// How many paths are registered.
    pub fn paths(&self) -> usize {
        self.read(Table::len)
    }
}

impl Measured for Registry {
    fn measure(&self, out: &mut Vec<Measurement>) {
        let (paths, lost) = self.read(|table| (table.len(), table.lost_keys().count()));
        let gauge = |name, help, value: usize| Measurement {
            name,
            help,
            labels: vec![],
            reading: Reading::Gauge(u32::try_from(value).unwrap_or(u32::MAX).into()),
        };
        out.push(gauge(
            "watchfire_paths",
            "Paths that are registered.",
            paths,
        ));
        out.push(gauge(
            "watchfire_paths_with_lost_key",
            "Paths whose key was sealed under another seal.key and opens no more.",
            lost,
        ));
        out.push(Measurement {
            name: "watchfire_habits_lost",
            help: "What was learned of paths and not kept, because too much came at once.",
            labels: vec![],
            reading: Reading::Counter(self.habits.lost()),
        });
        self.answers.measure(out);
    }
}
