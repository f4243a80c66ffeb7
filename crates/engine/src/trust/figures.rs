//! What trust counts, and how it stands.

use std::sync::atomic::{AtomicU64, Ordering};

use model::Wall;

use super::Trust;
use crate::ports::{Check, Health, Measured, Measurement, Reading};

/// How often the files were looked at.
#[derive(Debug, Default)]
pub(super) struct Figures {
    well: AtomicU64,
    failed: AtomicU64,
}

impl Figures {
    pub(super) fn looked(&self, well: bool) {
        let counter = if well { &self.well } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// In seconds; far beyond what a float tells exactly there is no certificate.
#[expect(
    clippy::cast_precision_loss,
    reason = "seconds since 1970 are exact in a float for 285 million years"
)]
fn seconds(at: Wall) -> f64 {
    at.0.div_euclid(1_000_000) as f64
}

impl Measured for Trust {
    fn measure(&self, out: &mut Vec<Measurement>) {
        let status = self.shared.status.borrow().clone();
        let mut end = |kind: &str, subject: String, not_after| {
            out.push(Measurement {
                name: "watchfire_certificate_not_after_seconds",
                help: "When certificates that the server lives by end, in seconds since 1970.",
                labels: vec![("certificate", kind.to_owned()), ("subject", subject)],
                reading: Reading::Gauge(seconds(not_after)),
            });
        };
        if status.version > 0 {
            end("server", String::new(), status.not_after);
        }
        for root in status.roots {
            end("authority", root.subject, root.not_after);
        }
        let counts = self
            .shared
            .registry
            .count_certificates(self.shared.clock.now().wall);
        for (state, count) in [
            ("in_force", counts.in_force),
            ("expired", counts.expired),
            ("revoked", counts.revoked),
        ] {
            out.push(Measurement {
                name: "watchfire_panel_certificates",
                help: "Certificates that were made for panels and have not long expired, by state.",
                labels: vec![("state", state.to_owned())],
                reading: Reading::Gauge(u32::try_from(count).unwrap_or(u32::MAX).into()),
            });
        }
        let figures = &self.shared.figures;
        for (result, counter) in [("ok", &figures.well), ("failed", &figures.failed)] {
            out.push(Measurement {
                name: "watchfire_tls_reads",
                help: "How often the files of TLS were read, by result.",
                labels: vec![("result", result.to_owned())],
                reading: Reading::Counter(counter.load(Ordering::Relaxed)),
            });
        }
    }
}

/// Without anything to end TLS by, panels on TLS cannot reach us; with what was read before, they
/// can.
impl Health for Trust {
    fn checks(&self) -> Vec<Check> {
        let status = self.shared.status.borrow();
        vec![Check {
            name: "tls",
            ok: status.version > 0,
            detail: match &status.problem {
                Some(problem) => problem.clone(),
                None => format!("{} authorities are trusted", status.roots.len()),
            },
        }]
    }
}
