//! What a fleet counts and measures, and how the tallies of several processes become one.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::kind::Kind;
use crate::reason::Reason;

/// The longest time to an acknowledgement that is told apart from longer ones: an hour.
const LONGEST_MICROS: u64 = 3_600_000_000;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident, $words:literal;)*) => {
        /// How often what happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        pub struct Counters { $($(#[$doc])* pub $name: u64,)* }

        impl Counters {
            /// Each counter in words, and its value.
            pub fn rows(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$(($words, self.$name)),*].into_iter()
            }

            /// Adds what another counted.
            pub fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }
        }
    };
}

counters! {
    /// Signals sent, each counted once.
    sent, "signals sent";
    /// Signals acknowledged.
    acknowledged, "signals acknowledged";
    /// Signals refused: DUH, or a reason code.
    refused, "signals refused";
    /// Signals that were due and never sent, because those before them were not answered.
    not_sent, "signals due and never sent";
    /// Acknowledgements that came before that of an earlier signal of the same panel.
    out_of_order, "acknowledged out of order";
    /// Supervision messages answered.
    supervised, "supervision answered";
    /// Supervision messages answered with DUH.
    poll_refused, "supervision refused";
    /// Answers NAK.
    set_back, "clocks set by the receiver (NAK)";
    /// Answers to nothing that waited for one.
    stray, "answers to what was answered";
    /// Octets that were no answer.
    unreadable, "answers not understood";
    /// Answers in clear, or under another key, to what was sent encrypted; they count for nothing.
    not_authentic, "answers not encrypted as they should be";
    /// Times that all was sent again on the same connection.
    repeated, "repeated for want of an answer";
    /// Signals sent by panels that never read an answer.
    unheard, "sent by panels that never read";
    /// Times that the receiver asked to be left alone for a while.
    put_off, "asked to come back later";
    /// Messages sent twice on purpose.
    doubled, "sent twice on purpose";
    /// Answers ignored on purpose.
    ignored, "answers ignored on purpose";
    /// Times that a panel left its connection without a word, on purpose.
    silenced, "silences on purpose";
    /// Connections given up for want of answers.
    hung_up, "hung up for want of answers";
    /// Connections made; over UDP, sockets opened.
    connected, "connections made";
    /// Those of panels that had a permanent connection before.
    reconnected, "of these, reconnections";
    /// Handshakes of TLS from nothing.
    shaken_full, "TLS handshakes, full";
    /// Handshakes of TLS that resumed an earlier session.
    shaken_resumed, "TLS handshakes, resumed";
    /// Handshakes of TLS that did not come about.
    not_shaken, "TLS handshakes that failed";
    /// Connections that could not be made.
    not_connected, "connections not made";
    /// Connections that the receiver closed, or that broke.
    dropped, "connections dropped by the receiver";
}

/// What is counted and measured of one kind of message.
#[derive(Debug, Clone)]
pub struct KindTally {
    /// Messages sent, each counted once.
    pub sent: u64,
    /// Messages acknowledged.
    pub acknowledged: u64,
    /// Messages refused.
    pub refused: u64,
    /// Messages whose answer was not read, on purpose.
    pub unheard: u64,
    /// Microseconds from the intended time of sending to the first answer.
    times: Histogram<u64>,
}

impl Default for KindTally {
    fn default() -> Self {
        Self {
            sent: 0,
            acknowledged: 0,
            refused: 0,
            unheard: 0,
            times: Histogram::new_with_max(LONGEST_MICROS, 3)
                .expect("an hour at three digits is within what a histogram can be"),
        }
    }
}

impl KindTally {
    /// The times to acknowledgement.
    pub fn latency(&self) -> Latency {
        Latency::of(&self.times)
    }

    fn add(&mut self, other: &Self) {
        self.sent += other.sent;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.unheard += other.unheard;
        self.times
            .add(&other.times)
            .expect("all histograms have one range");
    }
}

/// What a fleet counts and measures.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Tally {
    /// How often what happened.
    pub counters: Counters,
    kinds: [KindTally; Kind::ALL.len()],
    /// Alarms that were acknowledged, timed from the admission of their panels on.
    alarms: KindTally,
    /// How often which reason was told. There are some hundreds that can be.
    reasons: BTreeMap<Reason, u64>,
}

impl Tally {
    /// How often which reason was told for a refusal or an end.
    pub fn reasons(&self) -> &BTreeMap<Reason, u64> {
        &self.reasons
    }

    /// The receiver told why it refused something, or ended a connection.
    pub fn told(&mut self, reason: Reason) {
        *self.reasons.entry(reason).or_default() += 1;
    }

    /// Of one kind.
    pub fn kind(&self, kind: Kind) -> &KindTally {
        &self.kinds[kind.index()]
    }

    /// A message was sent for the first time.
    pub fn sent(&mut self, kind: Kind) {
        self.counters.sent += u64::from(kind.is_signal());
        self.kinds[kind.index()].sent += 1;
    }

    /// A message was acknowledged, so long after it was meant to be sent.
    pub fn acknowledged(&mut self, kind: Kind, took: Duration) {
        self.counters.supervised += u64::from(kind == Kind::Poll);
        self.counters.acknowledged += u64::from(kind.is_signal());
        let of_kind = &mut self.kinds[kind.index()];
        of_kind.acknowledged += 1;
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        of_kind.times.saturating_record(micros);
    }

    /// The receiver took so long for a signal of a panel that it had let in.
    pub fn served(&mut self, kind: Kind, took: Duration) {
        if kind == Kind::Alarm {
            let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
            self.alarms.acknowledged += 1;
            self.alarms.times.saturating_record(micros);
        }
    }

    /// The times to the acknowledgement of alarms, those of before their panels were let in left
    /// out.
    pub fn alarms_served(&self) -> Latency {
        self.alarms.latency()
    }

    /// A message was refused.
    pub fn refused(&mut self, kind: Kind) {
        self.counters.poll_refused += u64::from(kind == Kind::Poll);
        self.counters.refused += u64::from(kind.is_signal());
        self.kinds[kind.index()].refused += 1;
    }

    /// A message went out whose answer will not be read.
    pub fn unheard(&mut self, kind: Kind) {
        self.counters.unheard += 1;
        self.kinds[kind.index()].unheard += 1;
    }

    /// Adds what another fleet counted and measured.
    pub fn add(&mut self, other: &Self) {
        self.counters.add(&other.counters);
        for (ours, theirs) in self.kinds.iter_mut().zip(&other.kinds) {
            ours.add(theirs);
        }
        self.alarms.add(&other.alarms);
        for (reason, times) in &other.reasons {
            *self.reasons.entry(*reason).or_default() += times;
        }
    }

    /// The times to acknowledgement of all signals; what a panel says of itself is apart.
    pub fn latency(&self) -> Latency {
        self.latency_of(Kind::is_signal)
    }

    /// The times to acknowledgement of some kinds together.
    pub fn latency_of(&self, wanted: impl Fn(Kind) -> bool) -> Latency {
        self.all_of(wanted).latency()
    }

    /// Some kinds together.
    pub fn all_of(&self, wanted: impl Fn(Kind) -> bool) -> KindTally {
        let mut all = KindTally::default();
        for kind in Kind::ALL.into_iter().filter(|kind| wanted(*kind)) {
            all.add(self.kind(kind));
        }
        all
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

impl Latency {
    fn of(times: &Histogram<u64>) -> Self {
        let at = |quantile| times.value_at_quantile(quantile);
        Self {
            count: times.len(),
            p50_us: at(0.5),
            p90_us: at(0.9),
            p99_us: at(0.99),
            p999_us: at(0.999),
            max_us: times.max(),
        }
    }
}

/// A tally as it goes from one process to another: a histogram is its values and how often each
/// occurred, so that nothing of its precision is lost.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    counters: Counters,
    kinds: Vec<WrittenKind>,
    alarms: WrittenKind,
    reasons: Vec<(Reason, u64)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct WrittenKind {
    sent: u64,
    acknowledged: u64,
    refused: u64,
    unheard: u64,
    times: Vec<(u64, u64)>,
}

impl From<Tally> for Written {
    fn from(tally: Tally) -> Self {
        let kind = |of_kind: &KindTally| WrittenKind {
            sent: of_kind.sent,
            acknowledged: of_kind.acknowledged,
            refused: of_kind.refused,
            unheard: of_kind.unheard,
            times: of_kind
                .times
                .iter_recorded()
                .map(|step| (step.value_iterated_to(), step.count_at_value()))
                .collect(),
        };
        Self {
            counters: tally.counters,
            kinds: tally.kinds.iter().map(kind).collect(),
            alarms: kind(&tally.alarms),
            reasons: tally.reasons.into_iter().collect(),
        }
    }
}

impl TryFrom<Written> for Tally {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let kind = |written: WrittenKind| {
            let mut of_kind = KindTally {
                sent: written.sent,
                acknowledged: written.acknowledged,
                refused: written.refused,
                unheard: written.unheard,
                ..KindTally::default()
            };
            for (micros, times) in written.times {
                of_kind.times.saturating_record_n(micros, times);
            }
            of_kind
        };
        let kinds: Vec<_> = written.kinds.into_iter().map(kind).collect();
        Ok(Self {
            alarms: kind(written.alarms),
            counters: written.counters,
            kinds: kinds
                .try_into()
                .map_err(|_| "a tally of another number of kinds")?,
            reasons: written.reasons.into_iter().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(first: u64, last: u64) -> Tally {
        let mut tally = Tally::default();
        for millis in first..=last {
            tally.sent(Kind::Alarm);
            tally.acknowledged(Kind::Alarm, Duration::from_millis(millis));
            tally.served(Kind::Alarm, Duration::from_millis(millis / 2));
        }
        tally.sent(Kind::Poll);
        tally.refused(Kind::Poll);
        tally.told(Reason::Connack(0x89));
        tally
    }

    #[test]
    fn tallies_of_two_processes_add_up_to_that_of_one() {
        let (mut merged, whole) = (tally(1, 400), tally(1, 1_000));
        let json = serde_json::to_string(&tally(401, 1_000)).unwrap();
        merged.add(&serde_json::from_str(&json).unwrap());
        assert_eq!(merged.latency(), whole.latency());
        assert_eq!(merged.alarms_served(), whole.alarms_served());
        assert_eq!(merged.counters.sent, 1_000);
        assert_eq!(merged.kind(Kind::Alarm).acknowledged, 1_000);
        assert_eq!(merged.counters.poll_refused, 2);
        assert_eq!(merged.reasons()[&Reason::Connack(0x89)], 2);
    }

    #[test]
    fn supervision_counts_apart_from_signals() {
        let mut tally = tally(5, 5);
        tally.acknowledged(Kind::Poll, Duration::from_secs(9));
        assert_eq!(tally.latency().count, 1);
        assert_eq!(tally.counters.supervised, 1);
        assert_eq!(tally.kind(Kind::Poll).latency().count, 1);
    }

    #[test]
    fn a_tally_of_other_kinds_is_refused() {
        let mut written = Written::from(tally(1, 2));
        written.kinds.pop();
        assert!(Tally::try_from(written).is_err());
    }
}
