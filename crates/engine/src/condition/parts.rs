//! The partitions, zones and outputs of a panel, in eight octets each. Pure.
//!
//! Invariant: at most [`REPORTED_POINTS`] parts are kept, whatever numbers a panel makes up (I7).
//! Invariant: a part that is told again keeps the time since when it is so.
//!
//! When parts were last told is the same for all that one report named, mostly for all: those times are kept
//! once each, and a part has the number of its time.

use model::limits::REPORTED_POINTS;
use model::{ReportedPartition, ZoneState};

/// What kind of a part it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Partition,
    Zone,
    Output,
}

/// A partition, zone or output.
#[derive(Debug, Clone, Copy)]
struct Part {
    /// Since when it is so, in seconds since 1970.
    since: u32,
    number: u16,
    /// The number of the time when it was last told, three bits of state, two of kind.
    packed: u16,
}

const STATE_BITS: u32 = 3;
const KIND_BITS: u32 = 2;
const WHAT_BITS: u32 = STATE_BITS + KIND_BITS;

/// Times that can be told apart.
const TIMES: usize = 1 << (u16::BITS - WHAT_BITS);

const _: () = assert!(REPORTED_POINTS < TIMES, "there is a time for each part");
const _: () = assert!(
    ReportedPartition::ALL.len() <= 1 << STATE_BITS && ZoneState::ALL.len() <= 1 << STATE_BITS,
    "every state has a number"
);

fn packed(time: usize, kind: Kind, state: u8) -> u16 {
    let what = u16::from(state) << KIND_BITS | kind as u16;
    u16::try_from(time).expect("below TIMES") << WHAT_BITS | what
}

impl Part {
    fn time(self) -> usize {
        usize::from(self.packed >> WHAT_BITS)
    }

    /// Kind and state.
    fn what(self) -> u16 {
        self.packed & ((1 << WHAT_BITS) - 1)
    }

    fn is(self, kind: Kind, number: u16) -> bool {
        self.number == number && self.packed & ((1 << KIND_BITS) - 1) == kind as u16
    }
}

/// A part, as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) number: u16,
    /// The position among the states of its kind.
    pub(super) state: usize,
    /// In seconds since 1970.
    pub(super) since: u32,
    /// In seconds since 1970.
    pub(super) told: u32,
}

/// The parts of a panel.
#[derive(Debug, Default)]
pub(super) struct Parts {
    parts: Box<[Part]>,
    /// When they were last told, in seconds since 1970.
    times: Box<[u32]>,
}

/// A report's parts on their way in.
#[derive(Debug)]
pub(super) struct Telling<'a> {
    parts: &'a mut Parts,
    /// In seconds since 1970.
    now: u32,
    /// The number of that time, once there is a part that was told then.
    time: Option<usize>,
    /// Panels name their parts in the same order each time: each is mostly where it was.
    place: usize,
    new: Vec<Part>,
    left_out: usize,
}

impl Parts {
    /// A report begins that was told at `now`, in seconds since 1970.
    pub(super) fn tell(&mut self, now: u32) -> Telling<'_> {
        Telling {
            parts: self,
            now,
            time: None,
            place: 0,
            new: Vec::new(),
            left_out: 0,
        }
    }

    /// The parts of a kind.
    pub(super) fn of(&self, kind: Kind) -> impl Iterator<Item = Shown> + '_ {
        let of_kind = move |part: &&Part| part.is(kind, part.number);
        self.parts.iter().filter(of_kind).map(|part| Shown {
            number: part.number,
            state: usize::from(part.what() >> KIND_BITS),
            since: part.since,
            told: self.times[part.time()],
        })
    }

    /// The number of a time: of that which is there, or in the place of one that is no part's any more.
    fn time(&mut self, now: u32) -> usize {
        if let Some(at) = self.times.iter().position(|time| *time == now) {
            return at;
        }
        let mut used = [false; TIMES];
        for part in &self.parts {
            used[part.time()] = true;
        }
        if let Some(at) = (0..self.times.len()).find(|at| !used[*at]) {
            self.times[at] = now;
            return at;
        }
        self.times = self.times.iter().copied().chain([now]).collect();
        self.times.len() - 1
    }

    /// Octets on the heap.
    #[cfg(test)]
    pub(super) fn octets(&self) -> usize {
        size_of_val(&*self.parts) + size_of_val(&*self.times)
    }
}

impl Telling<'_> {
    /// One part of it.
    pub(super) fn put(&mut self, kind: Kind, number: u16, state: u8) {
        let time = match self.time {
            Some(time) => time,
            None => *self.time.insert(self.parts.time(self.now)),
        };
        let told = packed(time, kind, state);
        let parts = &mut self.parts.parts;
        let at = match parts.get(self.place) {
            Some(part) if part.is(kind, number) => Some(self.place),
            _ => parts.iter().position(|part| part.is(kind, number)),
        };
        let part = match at {
            Some(at) => {
                self.place = at + 1;
                Some(&mut parts[at])
            }
            None => self.new.iter_mut().find(|part| part.is(kind, number)),
        };
        if let Some(part) = part {
            let before = part.what();
            part.packed = told;
            if before != part.what() {
                part.since = self.now;
            }
        } else if parts.len() + self.new.len() < REPORTED_POINTS {
            self.new.push(Part {
                since: self.now,
                number,
                packed: told,
            });
        } else {
            self.left_out += 1;
        }
    }

    /// Its end; answers how many parts there was no room for.
    pub(super) fn end(self) -> usize {
        if !self.new.is_empty() {
            // Exactly as many as there are: a panel does not get more each day.
            let known = self.parts.parts.iter().copied();
            self.parts.parts = known.chain(self.new).collect();
        }
        self.left_out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_part_takes_eight_octets_and_times_are_shared() {
        let mut parts = Parts::default();
        for now in 0..1_000 {
            let mut telling = parts.tell(now);
            for zone in 1..=16 {
                telling.put(Kind::Zone, zone, 0);
            }
            assert_eq!(telling.end(), 0);
        }
        assert_eq!(parts.octets(), 16 * 8 + 2 * 4);
        assert!(
            parts
                .of(Kind::Zone)
                .all(|part| (part.since, part.told) == (0, 999))
        );
    }

    proptest! {
        /// As if each part bore its own times.
        #[test]
        fn every_part_is_as_it_was_last_told(
            reports in proptest::collection::vec(
                proptest::collection::vec((0_u8..3, 0_u16..200, 0_u8..7), 0..30), 0..60,
            )
        ) {
            let kinds = [Kind::Partition, Kind::Zone, Kind::Output];
            let mut parts = Parts::default();
            let mut plain: Vec<((u8, u16), Shown)> = Vec::new();
            for (report, now) in reports.iter().zip(1..) {
                let mut telling = parts.tell(now);
                let mut left_out = 0;
                for (kind, number, state) in report {
                    telling.put(kinds[usize::from(*kind)], *number, *state);
                    let at = plain.iter().position(|(of, _)| *of == (*kind, *number));
                    let since = at.map(|at| plain[at].1).filter(|one| one.state == usize::from(*state));
                    let shown = Shown {
                        number: *number,
                        state: usize::from(*state),
                        since: since.map_or(now, |one| one.since),
                        told: now,
                    };
                    match at {
                        Some(at) => plain[at].1 = shown,
                        None if plain.len() < REPORTED_POINTS => plain.push(((*kind, *number), shown)),
                        None => left_out += 1,
                    }
                }
                prop_assert_eq!(telling.end(), left_out);
            }
            for (kind, number) in kinds.iter().zip(0..) {
                let known = plain.iter().filter(|((of, _), _)| *of == number);
                let mut known: Vec<Shown> = known.map(|(_, shown)| *shown).collect();
                let mut found: Vec<Shown> = parts.of(*kind).collect();
                known.sort_unstable_by_key(|one| one.number);
                found.sort_unstable_by_key(|one| one.number);
                prop_assert_eq!(found, known);
            }
        }
    }
}
