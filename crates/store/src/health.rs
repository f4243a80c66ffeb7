//! What the store shows to people: figures and readiness.
//!
//! Invariant: nothing here waits for a writer or for the disk's contents.

use engine::ports::{Check, Health, Measured, Measurement, Reading};

use crate::disk;
use crate::files::FileId;
use crate::gate::Condition;
use crate::sqlite::wal_of;
use crate::store::Store;

impl Measured for Store {
    fn measure(&self, out: &mut Vec<Measurement>) {
        let shared = &self.inner().shared;
        let figures = &shared.figures;
        let condition = shared.gate.condition();
        for (file, commits) in [("journal", &figures.journal), ("state", &figures.state)] {
            let labels = vec![("file", file.to_owned())];
            out.push(Measurement {
                name: "watchfire_store_commits",
                help: "Transactions committed and synced.",
                labels: labels.clone(),
                reading: Reading::Counter(commits.count()),
            });
            out.push(Measurement {
                name: "watchfire_store_commit_seconds",
                help: "How long a transaction took, its sync included.",
                labels,
                reading: commits.reading(),
            });
        }
        let inner = self.inner();
        let queues = [
            ("journal", inner.journal.waiting()),
            ("state", inner.state.waiting()),
            ("repeats", inner.repeats.waiting()),
            ("readers", inner.readers.waiting()),
        ];
        for (queue, (depth, bound)) in queues {
            out.extend(Measurement::queue(queue, depth, bound));
        }
        let mut plain = |name, help, reading| {
            out.push(Measurement {
                name,
                help,
                labels: Vec::new(),
                reading,
            });
        };
        plain(
            "watchfire_store_events",
            "Events appended to the journal.",
            Reading::Counter(figures.events()),
        );
        plain(
            "watchfire_store_wal_bytes",
            "Size of the write-ahead logs of the newest journal, the archive and the state file.",
            Reading::Gauge(as_gauge(self.wal_octets())),
        );
        plain(
            "watchfire_store_files",
            "Day files of the journal.",
            Reading::Gauge(as_gauge(shared.layouts.current().days.len() as u64)),
        );
        if let Ok(free) = disk::free(&shared.folder) {
            plain(
                "watchfire_store_free_bytes",
                "Free space on the disk that holds the data folder.",
                Reading::Gauge(as_gauge(free)),
            );
        }
        plain(
            "watchfire_store_full",
            "1 while no signal is taken in because the disk is full.",
            Reading::Gauge(as_gauge(matches!(condition, Condition::Full { .. }).into())),
        );
        plain(
            "watchfire_store_failed",
            "1 once writing has failed and nothing more is written.",
            Reading::Gauge(as_gauge(
                matches!(condition, Condition::Failed { .. }).into(),
            )),
        );
    }
}

impl Store {
    fn wal_octets(&self) -> u64 {
        let shared = &self.inner().shared;
        let newest = shared.layouts.current().newest().map(FileId::Day);
        let files = [Some(FileId::State), Some(FileId::Archive), newest];
        let sizes = files
            .into_iter()
            .flatten()
            .map(|file| disk::size(&wal_of(&shared.files.path(file))));
        sizes.sum()
    }
}

impl Health for Store {
    fn checks(&self) -> Vec<Check> {
        let shared = &self.inner().shared;
        let mebibytes = |octets: u64| octets.div_ceil(1 << 20);
        let (ok, detail) = match shared.gate.condition() {
            Condition::Open => (true, "signals are stored".to_owned()),
            Condition::Full { path } => {
                let free = disk::free(&shared.folder).map_or(0, mebibytes);
                let needed = mebibytes(shared.gate.needed());
                let detail = format!(
                    "the disk that holds {path} is full: no signal is acknowledged until \
                     {needed} MiB are free ({free} MiB are)"
                );
                (false, detail)
            }
            Condition::Failed { path, cause } => {
                let detail = format!(
                    "{path} cannot be written ({cause}): no signal is acknowledged; check the \
                     disk, then restart Watchfire"
                );
                (false, detail)
            }
        };
        vec![Check {
            name: "store",
            ok,
            detail,
        }]
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "gauges are floating-point by their format; sizes lose their last octets at worst"
)]
fn as_gauge(value: u64) -> f64 {
    value as f64
}
