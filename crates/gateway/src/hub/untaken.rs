//! What gateways see and no service takes yet: counted, so that nothing is lost in silence (I4).

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::ports::{
    Learns, Measured, Measurement, Quarantines, Reading, StrayFrame, WatchesClocks,
};
use model::{Learned, Mono, PathIndex, Wall};

/// Counts in the place of services that are not there.
#[derive(Debug, Default)]
pub struct Untaken {
    skewed: AtomicU64,
    learned: AtomicU64,
    strays: AtomicU64,
    floods: AtomicU64,
}

fn add(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl WatchesClocks for Untaken {
    fn skewed(&self, _: PathIndex, _: Mono) {
        add(&self.skewed);
    }

    /// Nothing is lost: the ordinary case.
    fn agreed(&self, _: PathIndex, _: Mono) {}
}

impl Learns for Untaken {
    fn learned(&self, _: PathIndex, _: Learned) {
        add(&self.learned);
    }
}

impl Quarantines for Untaken {
    fn stray(&self, _: StrayFrame) {
        add(&self.strays);
    }

    fn flood(&self, _: IpAddr, _: Option<PathIndex>, _: Wall) {
        add(&self.floods);
    }
}

impl Measured for Untaken {
    fn measure(&self, out: &mut Vec<Measurement>) {
        let counters = [
            ("skewed", &self.skewed),
            ("learned", &self.learned),
            ("stray", &self.strays),
            ("flood", &self.floods),
        ];
        out.extend(counters.map(|(what, counter)| Measurement {
            name: "watchfire_untaken",
            help: "What gateways saw and no service took, by kind.",
            labels: vec![("kind", what.to_owned())],
            reading: Reading::Counter(counter.load(Ordering::Relaxed)),
        }));
    }
}
