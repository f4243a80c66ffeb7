//! Who is in the quarantine, what came since it was last written down, and who is let in. Pure.
//!
//! Invariant: a stranger beyond a quota leaves no trace but a count (I4, I7).
//! Invariant: what waits to be written is bounded: by the number of entries, and for each by the
//! frames and addresses kept, however much comes.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use arrayvec::ArrayString;
use model::{Wall, limits};

use crate::ports::{
    KeptFrame, Standing, StrayEntry, StrayFrame, StrayIdentity, StraySeen, StrayUpdate,
};

/// What became of a stray.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is kept.
    Kept,
    /// Its entry was rejected: it is counted there.
    Muted,
    /// There is no room for another stranger, or none for one from this address.
    OverQuota,
}

#[derive(Debug)]
struct Entry {
    muted: bool,
    opened_by: IpAddr,
    sources: Vec<IpAddr>,
    last: Wall,
    waiting: Option<StrayUpdate>,
}

/// The quarantine in memory.
#[derive(Debug, Default)]
pub(super) struct Machine {
    entries: HashMap<StrayIdentity, Entry>,
    by_address: HashMap<IpAddr, usize>,
    dirty: BTreeSet<StrayIdentity>,
}

/// What a frame says of who sent it; `None` if its reason is no name of one.
pub(super) fn identity(frame: &StrayFrame) -> Option<StrayIdentity> {
    Some(StrayIdentity {
        family: frame.key.family,
        account: frame.key.account,
        receiver: frame.key.receiver,
        line: frame.key.line,
        reason: ArrayString::from(frame.reason).ok()?,
    })
}

impl Machine {
    /// Knows an entry that is in the store.
    pub(super) fn load(&mut self, entry: &StrayEntry) {
        let known = Entry {
            muted: entry.standing == Standing::Rejected,
            opened_by: entry.seen.opened_by,
            sources: entry.seen.sources.clone(),
            last: entry.seen.last,
            waiting: None,
        };
        self.insert(entry.identity, known);
    }

    fn insert(&mut self, identity: StrayIdentity, entry: Entry) {
        *self.by_address.entry(entry.opened_by).or_default() += 1;
        self.entries.insert(identity, entry);
    }

    /// Takes a frame in.
    pub(super) fn take(&mut self, identity: StrayIdentity, frame: StrayFrame) -> Taken {
        if !self.entries.contains_key(&identity) {
            let of_address = self.by_address.get(&frame.source).copied().unwrap_or(0);
            if self.entries.len() >= limits::QUARANTINE_ENTRIES
                || of_address >= limits::QUARANTINE_PER_ADDRESS
            {
                return Taken::OverQuota;
            }
            let entry = Entry {
                muted: false,
                opened_by: frame.source,
                sources: Vec::new(),
                last: frame.received,
                waiting: None,
            };
            self.insert(identity, entry);
        }
        let Some(entry) = self.entries.get_mut(&identity) else {
            return Taken::OverQuota;
        };
        let muted = entry.muted;
        entry.take(identity, frame);
        self.dirty.insert(identity);
        if muted { Taken::Muted } else { Taken::Kept }
    }

    /// What is to be written next, at most `most` entries. What cannot be goes to
    /// [`Self::put_back`].
    pub(super) fn waiting(&mut self, most: usize) -> Vec<StrayUpdate> {
        let mut batch = Vec::new();
        while batch.len() < most
            && let Some(identity) = self.dirty.pop_first()
        {
            let entry = self.entries.get_mut(&identity);
            batch.extend(entry.and_then(|entry| entry.waiting.take()));
        }
        batch
    }

    /// What could not be written waits again, with what came meanwhile.
    pub(super) fn put_back(&mut self, batch: Vec<StrayUpdate>) {
        for update in batch {
            let identity = update.identity;
            if let Some(entry) = self.entries.get_mut(&identity) {
                let later = entry.waiting.take();
                entry.waiting = Some(match later {
                    Some(later) => joined(update, later),
                    None => update,
                });
                self.dirty.insert(identity);
            }
        }
    }

    /// Mutes an entry, or listens to it again.
    pub(super) fn mute(&mut self, identity: &StrayIdentity, muted: bool) {
        if let Some(entry) = self.entries.get_mut(identity) {
            entry.muted = muted;
        }
    }

    /// Forgets a stranger, which is none any more.
    pub(super) fn remove(&mut self, identity: &StrayIdentity) {
        self.dirty.remove(identity);
        if let Some(entry) = self.entries.remove(identity) {
            self.leave(entry.opened_by);
        }
    }

    /// Forgets those of whom nothing came at or after `since`.
    pub(super) fn forget(&mut self, since: Wall) {
        let gone: Vec<StrayIdentity> = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.last < since)
            .map(|(identity, _)| *identity)
            .collect();
        for identity in &gone {
            self.remove(identity);
        }
    }

    fn leave(&mut self, address: IpAddr) {
        if let Some(count) = self.by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&address);
            }
        }
    }

    /// How many strangers there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

impl Entry {
    fn take(&mut self, identity: StrayIdentity, frame: StrayFrame) {
        self.last = self.last.max(frame.received);
        if !self.muted {
            self.sources.retain(|source| *source != frame.source);
            self.sources.insert(0, frame.source);
            self.sources.truncate(limits::QUARANTINE_SOURCES);
        }
        let update = self.waiting.get_or_insert_with(|| StrayUpdate {
            identity,
            seen: StraySeen {
                listener: frame.key.listener,
                path: frame.path,
                opened_by: self.opened_by,
                sources: Vec::new(),
                first: frame.received,
                last: frame.received,
                count: 0,
                acknowledged: 0,
            },
            frames: Vec::new(),
        });
        update.seen.sources.clone_from(&self.sources);
        update.seen.listener = frame.key.listener;
        update.seen.path = frame.path;
        update.seen.first = update.seen.first.min(frame.received);
        update.seen.last = update.seen.last.max(frame.received);
        update.seen.count += 1;
        update.seen.acknowledged += u64::from(frame.acknowledged);
        if !self.muted {
            keep(&mut update.frames, kept(frame));
        }
    }
}

/// Keeps the newest few.
fn keep(frames: &mut Vec<KeptFrame>, frame: KeptFrame) {
    if frames.len() >= limits::QUARANTINE_FRAMES {
        frames.remove(0);
    }
    frames.push(frame);
}

fn kept(mut frame: StrayFrame) -> KeptFrame {
    frame.raw.truncate(limits::QUARANTINE_FRAME);
    KeptFrame {
        received: frame.received,
        source: frame.source,
        format: frame.format,
        encrypted: frame.encrypted,
        acknowledged: frame.acknowledged,
        raw: frame.raw,
    }
}

/// Two updates of one entry as one.
fn joined(mut earlier: StrayUpdate, later: StrayUpdate) -> StrayUpdate {
    let seen = &mut earlier.seen;
    seen.listener = later.seen.listener;
    seen.path = later.seen.path;
    seen.sources = later.seen.sources;
    seen.last = seen.last.max(later.seen.last);
    seen.count += later.seen.count;
    seen.acknowledged += later.seen.acknowledged;
    for frame in later.frames {
        keep(&mut earlier.frames, frame);
    }
    earlier
}
