//! What a fleet counts and measures.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest time to an acknowledgement that is told apart from longer ones: an hour.
const LONGEST_MICROS: u64 = 3_600_000_000;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident, $words:literal;)*) => {
        /// How often what happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
        pub struct Counters { $($(#[$doc])* pub $name: u64,)* }

        impl Counters {
            /// Each counter in words, and its value.
            pub fn rows(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$(($words, self.$name)),*].into_iter()
            }
        }
    };
}

counters! {
    /// Signals sent, each counted once.
    sent, "signals sent";
    /// Signals acknowledged.
    acknowledged, "signals acknowledged";
    /// Signals answered with DUH.
    refused, "signals refused";
    /// Acknowledgements that came before that of an earlier signal of the same panel.
    out_of_order, "acknowledged out of order";
    /// Supervision messages answered.
    supervised, "supervision answered";
    /// Answers NAK.
    set_back, "clocks set by the receiver";
    /// Answers to nothing that waited for one.
    stray, "answers to what was answered";
    /// Octets that were no answer.
    unreadable, "answers not understood";
    /// Times that all was sent again on the same connection.
    repeated, "repeated on a connection";
    /// Connections given up for want of answers.
    hung_up, "hung up for want of answers";
    /// Connections made.
    connected, "connections made";
    /// Connections that could not be made.
    not_connected, "connections not made";
    /// Connections that the receiver closed, or that broke.
    dropped, "connections dropped by the receiver";
}

/// What a fleet counts and measures.
#[derive(Debug, Clone)]
pub struct Tally {
    /// How often what happened.
    pub counters: Counters,
    /// Microseconds from the intended time of sending to the acknowledgement.
    latency: Histogram<u64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            counters: Counters::default(),
            latency: Histogram::new_with_max(LONGEST_MICROS, 3)
                .expect("an hour at three digits is within what a histogram can be"),
        }
    }
}

impl Tally {
    /// Enters the time to one acknowledgement.
    pub fn took(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        self.latency.saturating_record(micros);
    }

    /// The times to acknowledgement.
    pub fn latency(&self) -> Latency {
        let at = |quantile| self.latency.value_at_quantile(quantile);
        Latency {
            count: self.latency.len(),
            p50_us: at(0.5),
            p90_us: at(0.9),
            p99_us: at(0.99),
            p999_us: at(0.999),
            max_us: self.latency.max(),
        }
    }
}

/// Times from the intended time of sending to the acknowledgement, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Latency {
    /// How many.
    pub count: u64,
    /// Half took at most this.
    pub p50_us: u64,
    /// Nine in ten.
    pub p90_us: u64,
    /// Ninety-nine in a hundred.
    pub p99_us: u64,
    /// All but one in a thousand.
    pub p999_us: u64,
    /// All.
    pub max_us: u64,
}
