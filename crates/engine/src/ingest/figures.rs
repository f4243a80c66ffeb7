//! What ingest counts, for metrics; and how long signals took to the disk.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use model::{EventClass, EventFlags, Mono, Priority, Refusal};

use super::entry::Entry;
use super::machine::Verdict;
use crate::ports::{Measurement, Reading};
use crate::times::SharedTimes;

/// Priorities of events: 1 to 9.
pub const PRIORITIES: usize = 9;

/// Counters since the start of the engine.
#[derive(Debug, Default)]
pub struct Figures {
    stored_by_class: [AtomicU64; EventClass::ALL.len()],
    repeats: AtomicU64,
    possible_repeats: AtomicU64,
    untrusted: AtomicU64,
    regressed: AtomicU64,
    refused: [AtomicU64; Refusal::ALL.len()],
    own_without_path: AtomicU64,
    untold: AtomicU64,
    unanswerable: AtomicU64,
    /// From the gateway's reading of a signal until it was synced, by priority.
    to_disk: [SharedTimes; PRIORITIES],
    /// From handing a batch to the journal until it was synced.
    commits: SharedTimes,
    /// Signals and events of our own in those batches.
    committed: AtomicU64,
    /// What waits for the next commit.
    waiting: AtomicUsize,
}

impl Figures {
    /// It was stored, and synced by now.
    pub(super) fn stored(&self, entry: &Entry, verdict: Verdict, now: Mono) {
        match entry {
            Entry::Signal(submission) => {
                // Not the class that it travelled with: an alarm behind it may have lent it its own (I9).
                // What a code means is looked up once, since that is dear.
                let classes = submission.signal.items.iter();
                let classes = classes.map(|item| item.code.meaning().class);
                let priority = classes.inspect(|class| self.stored_of(*class));
                let priority = priority.map(EventClass::priority).min();
                self.on_disk(priority, now.since(submission.read_at));
            }
            Entry::Own(report) => self.stored_of(report.event.code.class()),
        }
        if let Verdict::Store(seen) = verdict {
            let count = |counter: &AtomicU64, flag| {
                counter.fetch_add(u64::from(seen.contains(flag)), Ordering::Relaxed)
            };
            count(&self.possible_repeats, EventFlags::POSSIBLE_REPEAT);
            count(&self.untrusted, EventFlags::CLOCK_UNTRUSTED);
            count(&self.regressed, EventFlags::SEQUENCE_REGRESSED);
        }
    }

    fn on_disk(&self, priority: Option<Priority>, took: Duration) {
        let place = priority.and_then(|Priority(number)| usize::from(number).checked_sub(1));
        if let Some(times) = place.and_then(|place| self.to_disk.get(place)) {
            times.add(took);
        }
    }

    fn stored_of(&self, class: EventClass) {
        let at = EventClass::ALL.iter().position(|c| *c == class);
        if let Some(counter) = at.and_then(|at| self.stored_by_class.get(at)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A batch of so many was synced, so long after it was handed over.
    pub(super) fn commit(&self, messages: usize, took: Duration) {
        self.commits.add(took);
        let messages = u64::try_from(messages).unwrap_or(u64::MAX);
        self.committed.fetch_add(messages, Ordering::Relaxed);
    }

    /// So many wait for the next commit.
    pub(super) fn wait(&self, count: usize) {
        self.waiting.store(count, Ordering::Relaxed);
    }

    /// How many wait for the next commit.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// From the gateway's reading of a signal until it was synced, by priority from 1 on. Both ends are read from
    /// the clock that all processes of the machine share; the panel's own time plays no part.
    pub fn to_disk(&self) -> &[SharedTimes; PRIORITIES] {
        &self.to_disk
    }

    /// From handing a batch to the journal until it was synced.
    pub fn commits(&self) -> &SharedTimes {
        &self.commits
    }

    /// Signals and events of our own that were synced.
    pub fn committed(&self) -> u64 {
        self.committed.load(Ordering::Relaxed)
    }

    pub(super) fn repeat(&self) {
        self.repeats.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn untold(&self, so_far: u64) {
        self.untold.store(so_far, Ordering::Relaxed);
    }

    pub(super) fn own_without_path(&self) {
        self.own_without_path.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self, reason: Refusal) {
        let at = Refusal::ALL.iter().position(|r| *r == reason);
        if let Some(counter) = at.and_then(|at| self.refused.get(at)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn unanswerable(&self) {
        self.unanswerable.fetch_add(1, Ordering::Relaxed);
    }

    fn measure_times(&self, out: &mut Vec<Measurement>) {
        for (priority, times) in (1..).zip(&self.to_disk) {
            let priority: u8 = priority;
            out.push(Measurement {
                name: "watchfire_signal_to_disk_seconds",
                help: "From the gateway's reading of a signal until it was synced, by priority.",
                labels: vec![("priority", priority.to_string())],
                reading: times.read().reading(),
            });
        }
        out.push(Measurement::single(
            "watchfire_append_seconds",
            "From handing a batch to the journal until it was synced.",
            self.commits.read().reading(),
        ));
    }

    pub(super) fn measure(&self, out: &mut Vec<Measurement>) {
        let counter = |name, help, labels, value: &AtomicU64| Measurement {
            name,
            help,
            labels,
            reading: Reading::Counter(value.load(Ordering::Relaxed)),
        };
        for (class, value) in EventClass::ALL.iter().zip(&self.stored_by_class) {
            let labels = vec![("class", class.as_str().to_owned())];
            out.push(counter(
                "watchfire_events",
                "Events stored, by class.",
                labels,
                value,
            ));
        }
        self.measure_times(out);
        for (reason, value) in Refusal::ALL.iter().zip(&self.refused) {
            let labels = vec![("reason", reason.as_str().to_owned())];
            let help = "Signals not stored and not acknowledged, by reason.";
            out.push(counter("watchfire_signals_refused", help, labels, value));
        }
        out.push(counter(
            "watchfire_append_messages",
            "Signals and events of our own in the batches that were synced.",
            vec![],
            &self.committed,
        ));
        out.push(counter(
            "watchfire_signals_repeated",
            "Signals acknowledged again because they were stored already.",
            vec![],
            &self.repeats,
        ));
        out.push(counter(
            "watchfire_signals_possibly_repeated",
            "Signals stored with the flag possible_repeat.",
            vec![],
            &self.possible_repeats,
        ));
        out.push(counter(
            "watchfire_signals_clock_untrusted",
            "Alarms stored after two refusals for their time (R3).",
            vec![],
            &self.untrusted,
        ));
        out.push(counter(
            "watchfire_signals_sequence_regressed",
            "Signals stored whose number another one bears (R2).",
            vec![],
            &self.regressed,
        ));
        out.push(counter(
            "watchfire_security_events_untold",
            "Security events not told because too many paths were suspicious within an hour.",
            vec![],
            &self.untold,
        ));
        out.push(counter(
            "watchfire_own_events_without_path",
            "Events of our own that were not stored because their path is not registered.",
            vec![],
            &self.own_without_path,
        ));
        out.push(counter(
            "watchfire_answers_dropped",
            "Answers whose gateway was gone; the panel tries again.",
            vec![],
            &self.unanswerable,
        ));
    }
}
