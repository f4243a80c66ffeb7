//! What a repeat is (R2), decided without waiting for anything.
//!
//! Invariant: `judge` changes nothing; only what is told after a commit or with an answer does.
//! A batch that could not be stored leaves no trace.
//!
//! A signal is a repeat of a stored one with the same key if both bear the same frame timestamp
//! and that is at most 24 h off our clock, or if it comes within 60 s and nothing else of the
//! account was stored in between. A signal whose key is known but for which neither holds is
//! stored and flagged: a swallowed second alarm is worse than a doubled one.
//!
//! A message that bears a number of the panel's own is a repeat of what has the same number and content,
//! however old, and of nothing else. The same number with other content is stored and flagged.
//!
//! A skewed alarm that is no repeat is refused twice, then stored ([`super::skewed`], R3).
//!
//! | memory | holds | answers |
//! | --- | --- | --- |
//! | ring of an account | its last messages, newest last | repeats in practice |
//! | the two newest day files | keys by path | replays of old frames, flags |
//!
//! The disk is not asked about a signal that bears a newer timestamp than anything stored of its
//! account since the start: no stored signal can have the same one. Nor is it asked when the ring
//! has decided.

use std::collections::HashMap;

use model::{Account, EventFlags, EventSeq, Mono, PanelIndex, RepeatKey, Wall, limits, micros};

use super::ring::Ring;
use super::skewed::Skewed;

/// R3: what an alarm bears that was believed in spite of its time.
pub(super) const UNTRUSTED: EventFlags =
    EventFlags::CLOCK_UNTRUSTED.union(EventFlags::CLOCK_OUTSIDE_WINDOW);

/// Whose repeats are compared: an account of a panel, whichever path it comes by.
pub(super) type Scope = (PanelIndex, Account);

/// What a message is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) scope: Scope,
    pub(super) key: RepeatKey,
    pub(super) panel_time: Option<Wall>,
    pub(super) received: Wall,
    /// R3: an alarm whose frame timestamp is outside the window.
    pub(super) skewed: bool,
    /// R2: its key has the panel's own number in it, and no age makes it anything but a repeat.
    pub(super) numbered: bool,
}

/// Where the original of a repeat is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Original {
    /// In the journal.
    Stored(EventSeq),
    /// In this batch, at this position of the messages to be stored.
    Pending(usize),
}

/// A message that a later one may repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) key: RepeatKey,
    pub(super) panel_time: Option<Wall>,
    pub(super) received: Wall,
    pub(super) at: Original,
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is stored, and bears these flags beside its own: [`EventFlags::POSSIBLE_REPEAT`] if its key is
    /// known and only age differs, [`EventFlags::SEQUENCE_REGRESSED`] if its number is known with other
    /// content, [`UNTRUSTED`] if it was refused for its time before and is now believed (R3).
    Store(EventFlags),
    /// R3: it is refused for its time, so that the panel sets its clock and tries again.
    Refuse,
    /// It is acknowledged again.
    Repeat(Original),
}

/// What ingest remembers of the accounts.
#[derive(Debug)]
pub(super) struct Machine {
    rings: HashMap<Scope, Ring>,
    skewed: Skewed,
    started: Wall,
}

impl Machine {
    pub(super) fn new(started: Wall) -> Self {
        Self {
            rings: HashMap::new(),
            skewed: Skewed::default(),
            started,
        }
    }

    /// Remembers a message that is in the journal, under the number of its first event.
    pub(super) fn remember(&mut self, candidate: &Candidate, seq: EventSeq) {
        let ring = self.rings.entry(candidate.scope).or_default();
        ring.remember(candidate, seq);
    }

    /// Whether the journal must be asked before this can be judged.
    pub(super) fn must_ask(&self, candidate: &Candidate) -> bool {
        let ring = self.rings.get(&candidate.scope);
        if candidate.numbered {
            let same = |known: Known| known.key == candidate.key;
            return !ring.is_some_and(|ring| ring.messages().any(same));
        }
        if ring.is_some_and(|ring| repeated(candidate, ring.messages()).is_some()) {
            return false;
        }
        let newer_than_all = candidate.panel_time.is_some_and(|time| {
            // What was stored before the start can bear such a timestamp only if the panel's
            // clock was ahead of ours by more than the window; then it is stored twice at worst.
            time - self.started > micros(limits::WINDOW_AHEAD)
                && ring.is_none_or(|ring| ring.newest_panel_time() < Some(time))
        });
        !newer_than_all
    }

    /// Remembers a skewed message that was stored all the same, so that further tries are known.
    pub(super) fn believed(&mut self, candidate: &Candidate, seq: EventSeq, now: Mono) {
        self.skewed.stored(candidate, seq, now);
    }

    /// Counts a message that was refused for its time.
    pub(super) fn refused(&mut self, candidate: &Candidate, now: Mono) {
        self.skewed.refused(candidate, now);
    }

    /// Takes note of a repeat that was acknowledged again.
    pub(super) fn repeated(&mut self, candidate: &Candidate, now: Mono) {
        if candidate.skewed {
            self.skewed.repeated(candidate, now);
        }
    }

    /// Judges the messages of a batch, in their order; those that are no candidates are stored.
    /// `found` are the journal's answers, in the same order, where it was asked.
    pub(super) fn judge(
        &self,
        batch: &[Option<Candidate>],
        found: &[Option<Known>],
        now: Mono,
    ) -> Vec<Verdict> {
        let mut pending: HashMap<Scope, Pending> = HashMap::new();
        let mut to_store = 0;
        let mut verdicts = Vec::with_capacity(batch.len());
        for (candidate, found) in batch.iter().zip(found) {
            let verdict = match candidate {
                None => Verdict::Store(EventFlags::empty()),
                Some(candidate) => {
                    let in_batch = pending.entry(candidate.scope).or_default();
                    let verdict = self.judge_one(candidate, in_batch, found.as_ref(), now);
                    in_batch.note(candidate, verdict, to_store);
                    verdict
                }
            };
            to_store += usize::from(matches!(verdict, Verdict::Store(_)));
            verdicts.push(verdict);
        }
        verdicts
    }

    fn judge_one(
        &self,
        candidate: &Candidate,
        in_batch: &Pending,
        found: Option<&Known>,
        now: Mono,
    ) -> Verdict {
        let ring = self.rings.get(&candidate.scope).into_iter();
        let stored = ring.flat_map(Ring::messages);
        let remembered = stored.chain(in_batch.stored.iter().copied());
        if candidate.numbered {
            return numbered(candidate, remembered.chain(found.copied()));
        }
        if let Some(original) = repeated(candidate, remembered.clone()) {
            return Verdict::Repeat(original);
        }
        // What only the journal knows is older than a minute, or the ring would hold it: the
        // frame timestamp alone can make this a repeat of it.
        if let Some(known) = found.filter(|known| same_frame(candidate, known)) {
            return Verdict::Repeat(known.at);
        }
        let newest = remembered.clone().next_back();
        let possible_repeat = remembered
            .chain(found.copied())
            .any(|known| known.key == candidate.key);
        let mut seen = EventFlags::empty();
        seen.set(EventFlags::POSSIBLE_REPEAT, possible_repeat);
        if !candidate.skewed {
            return Verdict::Store(seen);
        }
        let in_between = newest.is_none_or(|known| known.key != candidate.key);
        if let Some(seq) = self.skewed.original(candidate, in_between, now) {
            return Verdict::Repeat(Original::Stored(seq));
        }
        if self
            .skewed
            .refuses(candidate, in_batch.refusals(candidate), now)
        {
            return Verdict::Refuse;
        }
        Verdict::Store(seen | UNTRUSTED)
    }
}

/// What a batch has of an account so far.
#[derive(Debug, Default)]
struct Pending {
    stored: Vec<Known>,
    refused: Vec<RepeatKey>,
}

impl Pending {
    fn note(&mut self, candidate: &Candidate, verdict: Verdict, to_store: usize) {
        match verdict {
            Verdict::Store(_) => self
                .stored
                .push(candidate.known(Original::Pending(to_store))),
            Verdict::Refuse => self.refused.push(candidate.key),
            Verdict::Repeat(_) => {}
        }
    }

    fn refusals(&self, candidate: &Candidate) -> u32 {
        let same = self.refused.iter().filter(|key| **key == candidate.key);
        u32::try_from(same.count()).unwrap_or(u32::MAX)
    }
}

impl Candidate {
    /// Of what several paths of the panel have stored with its key, that which decides: what has the very same
    /// key, then what bears the same frame timestamp, then what is newer.
    pub(super) fn deciding(&self, one: Option<Known>, other: Option<Known>) -> Option<Known> {
        let rank = |known: &Known| {
            let same_time = known.panel_time == self.panel_time;
            (known.key == self.key, same_time, known.received)
        };
        one.into_iter().chain(other).max_by_key(rank)
    }

    pub(super) fn known(&self, at: Original) -> Known {
        Known {
            key: self.key,
            panel_time: self.panel_time,
            received: self.received,
            at,
        }
    }
}

/// The original among `known`, oldest first, that the candidate repeats.
fn repeated(
    candidate: &Candidate,
    known: impl DoubleEndedIterator<Item = Known>,
) -> Option<Original> {
    let mut newest_first = known.rev().enumerate();
    newest_first.find_map(|(age, known)| {
        let soon_and_next = age == 0 && known.key == candidate.key && soon_after(candidate, &known);
        (soon_and_next || same_frame(candidate, &known)).then_some(known.at)
    })
}

/// R2: of messages with numbers, what has the same key is the same, however old it is; what has the same
/// number and says something else is stored, and flagged.
fn numbered(candidate: &Candidate, known: impl Iterator<Item = Known> + Clone) -> Verdict {
    let same = known.clone().find(|known| known.key == candidate.key);
    if let Some(original) = same {
        return Verdict::Repeat(original.at);
    }
    let number = candidate.key.number();
    let mut seen = EventFlags::empty();
    let regressed = known.into_iter().any(|known| known.key.number() == number);
    seen.set(EventFlags::SEQUENCE_REGRESSED, regressed);
    Verdict::Store(seen)
}

/// The same content and the same frame timestamp, not too far from our clock.
fn same_frame(candidate: &Candidate, known: &Known) -> bool {
    let near =
        |time: Wall| (candidate.received - time).abs() <= micros(limits::REPEAT_BY_TIMESTAMP);
    known.key == candidate.key
        && known.panel_time == candidate.panel_time
        && candidate.panel_time.is_some_and(near)
}

/// Received within 60 s of each other. A wall clock that jumped makes a signal look older, and
/// then it is stored: the safe side.
fn soon_after(candidate: &Candidate, known: &Known) -> bool {
    (candidate.received - known.received).abs() <= micros(limits::REPEAT_BY_CONTENT)
}
