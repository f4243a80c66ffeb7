//! The owner of ingest's state: gathers, judges, has stored, answers. See the module's head.
//!
//! Invariant: after a failed write or sync no further write is tried in this process.

use std::sync::Arc;
use std::time::Duration;

use model::{AckMode, Clock, Committed, EventFlags, EventSeq, IntakeState, Mono, Refusal, limits};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::entry::{Entry, Report, Waiting};
use super::figures::Figures;
use super::machine::{Candidate, Known, Machine, Original, UNTRUSTED, Verdict};
use super::queue::Queue;
use super::register;
use super::suspicious::Suspicious;
use crate::bell::Rope;
use crate::ports::{
    Answer, AppendError, Appended, EventLog, OwnEvent, ReadError, RepeatQuery, StoredMessage,
    Submission,
};
use crate::registry::Registry;
use crate::sessions::{Fork, Places};

/// Why ingest, and with it the engine, must end.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// A write or sync failed.
    #[error("the journal cannot be trusted to write any more")]
    Append(#[source] AppendError),
    /// The journal could not be read to decide about repeats.
    #[error("the journal cannot be read to find repeats")]
    Read(#[source] ReadError),
}

/// What the task is made of.
pub(super) struct Parts {
    pub(super) entries: mpsc::Receiver<Entry>,
    pub(super) log: Arc<dyn EventLog>,
    pub(super) registry: Registry,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) state: Arc<watch::Sender<IntakeState>>,
    pub(super) rope: Rope,
    pub(super) figures: Arc<Figures>,
    pub(super) places: Places,
}

/// Ingest at work. Spawned once; ends when every handle is gone, or with an error.
pub struct Task {
    parts: Parts,
    queue: Queue<model::PanelIndex, Waiting>,
    machine: Machine,
    suspicious: Suspicious,
    full: bool,
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task")
            .field("waiting", &self.queue.len())
            .finish_non_exhaustive()
    }
}

impl Task {
    pub(super) fn new(parts: Parts) -> Self {
        let started = parts.clock.now().wall;
        Self {
            parts,
            queue: Queue::new(),
            machine: Machine::new(started),
            suspicious: Suspicious::default(),
            full: false,
        }
    }

    /// Runs until every handle is gone and everything queued is answered.
    ///
    /// A store whose first probe fails otherwise than for want of space leaves ingest running
    /// with intake closed: people can still read what there is, and panels use their other
    /// receiver. A failure after that ends the task.
    pub async fn run(mut self) -> Result<(), IngestError> {
        if let Err(AppendError::Failed { path, cause }) = self.probe().await {
            tracing::error!(path, cause, "the store cannot write; intake stays closed");
            // Gateways keep what comes unanswered, and close their connections by R4.
            while self.parts.entries.recv().await.is_some() {}
            return Ok(());
        }
        self.recall().await?;
        let mut next_commit = Instant::now();
        while self.gather(next_commit).await? {
            next_commit = Instant::now() + limits::COMMIT_GATHER;
            self.parts.figures.wait(self.queue.len());
            let batch = self.queue.take(limits::COMMIT_SIGNALS);
            if !batch.is_empty() {
                self.store(batch).await?;
            }
        }
        Ok(())
    }

    /// Loads the last minute into memory, so that repeats are judged as before the restart.
    async fn recall(&mut self) -> Result<(), IngestError> {
        let since = self
            .parts
            .clock
            .now()
            .wall
            .before(limits::REPEAT_BY_CONTENT);
        let recent = self
            .parts
            .log
            .latest_by_path(since)
            .await
            .map_err(IngestError::Read)?;
        for message in recent {
            let Some(binding) = self.parts.registry.binding(message.path) else {
                continue;
            };
            let candidate = Candidate {
                scope: (binding.panel_index, binding.path.account),
                key: message.key,
                panel_time: message.panel_time,
                received: message.received,
                skewed: false,
                numbered: false,
            };
            self.machine.remember(&candidate, message.seq);
        }
        Ok(())
    }

    /// Waits until there is something to commit and it is time to; probes meanwhile when the
    /// journal has been idle. `false` when nothing can come any more.
    async fn gather(&mut self, not_before: Instant) -> Result<bool, IngestError> {
        while self.queue.is_empty() {
            match timeout_at(
                Instant::now() + self.until_probe(),
                self.parts.entries.recv(),
            )
            .await
            {
                Ok(Some(entry)) => self.enqueue(entry),
                Ok(None) => return Ok(false),
                Err(_) => match self.probe().await {
                    Ok(()) | Err(AppendError::Full { .. }) => {}
                    Err(failed) => return Err(IngestError::Append(failed)),
                },
            }
        }
        while self.queue.len() < limits::COMMIT_SIGNALS {
            match timeout_at(not_before, self.parts.entries.recv()).await {
                Ok(Some(entry)) => self.enqueue(entry),
                Ok(None) | Err(_) => break,
            }
        }
        // Whatever has come by now is drained too: an alarm in the channel goes first (I9).
        while let Ok(entry) = self.parts.entries.try_recv() {
            self.enqueue(entry);
        }
        Ok(true)
    }

    fn until_probe(&self) -> Duration {
        let idle = |last: Mono| self.parts.clock.now().mono.since(last);
        let last = self.parts.state.borrow().last_commit;
        // A full disk is asked again at the pace of probes too.
        last.filter(|_| !self.full)
            .map_or(limits::PROBE_PERIOD, |last| {
                limits::PROBE_PERIOD
                    .saturating_sub(idle(last))
                    .max(Duration::from_millis(1))
            })
    }

    fn enqueue(&mut self, entry: Entry) {
        let path = match &entry {
            Entry::Signal(submission) => submission.path,
            Entry::Own(report) => report.event.path,
        };
        if let Some(binding) = self.parts.registry.binding(path) {
            let panel = binding.panel_index;
            let urgent = entry.is_urgent();
            self.queue.push(panel, urgent, Waiting { entry, binding });
            return;
        }
        match entry {
            Entry::Signal(submission) => self.refuse(&submission, Refusal::UnknownPath),
            // Who asked learns that nothing was stored, as the answer never comes.
            Entry::Own(_) => self.parts.figures.own_without_path(),
        }
    }

    async fn probe(&mut self) -> Result<(), AppendError> {
        let begun = self.parts.clock.now().mono;
        let result = self.parts.log.probe().await;
        match &result {
            Ok(()) => self.committed(begun),
            Err(error) => self.note_full(error),
        }
        result
    }

    async fn store(&mut self, batch: Vec<Waiting>) -> Result<(), IngestError> {
        let candidates: Vec<Option<Candidate>> = batch.iter().map(Waiting::candidate).collect();
        let found = self.find(&batch, &candidates).await?;
        let now = self.parts.clock.now().mono;
        let verdicts = self.machine.judge(&candidates, &found, now);
        let mut first_seqs = Vec::new();
        if verdicts
            .iter()
            .any(|verdict| matches!(verdict, Verdict::Store(_)))
        {
            let Some(appended) = self.append(&batch, &verdicts).await? else {
                return Ok(());
            };
            first_seqs = appended.first_seqs;
            self.parts.rope.ring(appended.head);
        }
        self.answer(batch, &candidates, &verdicts, &first_seqs);
        Ok(())
    }

    /// Appends the messages that are to be stored; while the disk is full, again and again, since
    /// nothing of these panels may be stored before them (I5). `None` if the engine is stopped
    /// meanwhile: then the gateways still have them.
    ///
    /// After any other failure nobody is answered: what reached the disk is unknown, and the next
    /// engine gets the same signals again, in the same order.
    async fn append(
        &mut self,
        batch: &[Waiting],
        verdicts: &[Verdict],
    ) -> Result<Option<Appended>, IngestError> {
        loop {
            let begun = self.parts.clock.now().mono;
            let messages = batch.iter().zip(verdicts).filter_map(|(waiting, verdict)| {
                let Verdict::Store(seen) = verdict else {
                    return None;
                };
                Some(register::message(
                    waiting,
                    *seen | self.doubt(&waiting.entry, begun),
                ))
            });
            let error = match self.parts.log.append(messages.collect()).await {
                Ok(appended) => {
                    let took = self.parts.clock.now().mono.since(begun);
                    self.parts.figures.commit(appended.first_seqs.len(), took);
                    self.committed(begun);
                    return Ok(Some(appended));
                }
                Err(full @ AppendError::Full { .. }) => full,
                Err(failed @ AppendError::Failed { .. }) => {
                    return Err(IngestError::Append(failed));
                }
            };
            self.note_full(&error);
            if self.parts.entries.is_closed() {
                return Ok(None);
            }
            sleep_until(Instant::now() + limits::FULL_RETRY).await;
        }
    }

    /// R9: what a signal bears while two panels may be living on its path.
    fn doubt(&self, entry: &Entry, now: Mono) -> EventFlags {
        match entry {
            Entry::Signal(submission) => self.parts.places.flags(submission.path, now),
            Entry::Own(_) => EventFlags::empty(),
        }
    }

    async fn find(
        &self,
        batch: &[Waiting],
        candidates: &[Option<Candidate>],
    ) -> Result<Vec<Option<Known>>, IngestError> {
        let mut found = vec![None; batch.len()];
        let asked = candidates.iter().enumerate().filter_map(|(at, candidate)| {
            let must_ask = |candidate: &Candidate| self.machine.must_ask(candidate);
            Some((at, candidate.filter(must_ask)?))
        });
        // R9: it may have come by another path of its panel before.
        let queries = asked.flat_map(|(at, candidate)| {
            let siblings = self.parts.registry.siblings(&batch[at].binding);
            siblings.into_iter().map(move |path| {
                let query = RepeatQuery {
                    path,
                    key: candidate.key,
                    panel_time: candidate.panel_time,
                    numbered: candidate.numbered,
                };
                ((at, candidate), query)
            })
        });
        let (asked, queries): (Vec<_>, Vec<_>) = queries.unzip();
        if queries.is_empty() {
            return Ok(found);
        }
        let answers = self
            .parts
            .log
            .find_repeats(queries)
            .await
            .map_err(IngestError::Read)?;
        for ((at, candidate), answer) in asked.into_iter().zip(answers) {
            found[at] = candidate.deciding(found[at], answer.map(known));
        }
        Ok(found)
    }

    /// Tells everybody of the batch what became of it, in its order.
    fn answer(
        &mut self,
        batch: Vec<Waiting>,
        candidates: &[Option<Candidate>],
        verdicts: &[Verdict],
        first_seqs: &[EventSeq],
    ) {
        let now = self.parts.clock.now().mono;
        let mut stored = first_seqs.iter().copied();
        for ((waiting, candidate), verdict) in batch.into_iter().zip(candidates).zip(verdicts) {
            let seq = match verdict {
                Verdict::Store(_) => {
                    self.parts.figures.stored(&waiting.entry, *verdict, now);
                    let seq = stored.next();
                    Some(seq.expect("append answers one number per message"))
                }
                Verdict::Repeat(Original::Stored(seq)) => Some(*seq),
                Verdict::Repeat(Original::Pending(at)) => Some(first_seqs[*at]),
                Verdict::Refuse => None,
            };
            if let Some(candidate) = candidate {
                self.note(candidate, *verdict, seq, now);
            }
            match (waiting.entry, seq) {
                (Entry::Signal(submission), Some(seq)) => {
                    if let Verdict::Store(seen) = verdict {
                        self.raise(&submission, *seen, seq, now);
                    }
                    self.prove(&submission, seq);
                }
                (Entry::Signal(submission), None) => {
                    self.refuse(&submission, Refusal::OutsideWindow);
                }
                (Entry::Own(report), seq) => tell(report, seq),
            }
        }
    }

    /// Has security events about a stored signal stored with the next commit (R1, I3).
    fn raise(&mut self, submission: &Submission, seen: EventFlags, seq: EventSeq, now: Mono) {
        let flags = submission.signal.flags | seen;
        if flags.contains(EventFlags::SEQUENCE_REGRESSED) {
            self.parts
                .places
                .forked(submission.path, Fork::Sequence, now);
        }
        for code in self.suspicious.raised(submission.path, flags, now) {
            let event = OwnEvent {
                path: submission.path,
                code,
                occurred: None,
                text: Some(format!("event {seq}")),
                flags: EventFlags::empty(),
            };
            self.enqueue(Entry::Own(Report {
                event,
                seen: self.parts.clock.now().wall,
                asker: None,
            }));
        }
        self.parts.figures.untold(self.suspicious.untold());
    }

    /// Has the machine remember what became of a signal.
    fn note(&mut self, candidate: &Candidate, verdict: Verdict, seq: Option<EventSeq>, now: Mono) {
        match (verdict, seq) {
            (Verdict::Store(seen), Some(seq)) => {
                self.machine.remember(candidate, seq);
                if seen.contains(UNTRUSTED) {
                    self.machine.believed(candidate, seq, now);
                }
            }
            (Verdict::Repeat(_), _) => {
                self.parts.figures.repeat();
                self.machine.repeated(candidate, now);
            }
            (Verdict::Refuse, _) => self.machine.refused(candidate, now),
            // What is stored has a number.
            (Verdict::Store(_), None) => {}
        }
    }

    /// I1: the only place of the engine that makes proofs, right after the store's word.
    fn prove(&self, submission: &Submission, seq: EventSeq) {
        let Submission { origin, key, .. } = submission;
        let proof = Committed::attest(origin.token, *key, seq, AckMode::Stored);
        let answer = Answer::Committed {
            connection: origin.connection,
            proof,
        };
        self.send(submission, answer);
    }

    fn refuse(&self, submission: &Submission, reason: Refusal) {
        self.parts.figures.refused(reason);
        let answer = Answer::Refused {
            connection: submission.origin.connection,
            token: submission.origin.token,
            reason,
        };
        self.send(submission, answer);
    }

    fn send(&self, submission: &Submission, answer: Answer) {
        // Closed: the gateway is gone, and its panels will try again. Full cannot be while the
        // gateway keeps to its window; a panel that gets no answer tries again then as well.
        if submission.answers.try_send(answer).is_err() {
            self.parts.figures.unanswerable();
        }
    }

    /// R4: the promise is as old as the beginning of the last commit that succeeded.
    fn committed(&mut self, begun: Mono) {
        if self.full {
            self.full = false;
            tracing::warn!("there is space again; intake is open");
        }
        let committed = |state: &mut IntakeState| state.last_commit = Some(begun);
        self.parts.state.send_modify(committed);
    }

    fn note_full(&mut self, error: &AppendError) {
        if let (AppendError::Full { path }, false) = (error, self.full) {
            self.full = true;
            tracing::error!(
                path,
                "the disk is full; signals stay unacknowledged until there is space"
            );
        }
    }
}

/// Tells who asked the number of an event of our own.
fn tell(report: Report, seq: Option<EventSeq>) {
    if let (Some(asker), Some(seq)) = (report.asker, seq) {
        // Who asked may have gone since; the event is stored all the same.
        asker.stored.send(seq).ok();
    }
}

fn known(message: StoredMessage) -> Known {
    Known {
        key: message.key,
        panel_time: message.panel_time,
        received: message.received,
        at: Original::Stored(message.seq),
    }
}
