//! Which numbers lie in which file.
//!
//! Invariant: files follow each other in the order of days and of numbers: every number of an
//! older file is below every number of a newer one.
//! Invariant: a day is either archived or has a file that counts, never both: what retention has
//! copied to the archive is not read from there before the day has changed sides, in one step.

use std::sync::{Arc, PoisonError, RwLock};

use model::{EventSeq, Wall};

use crate::day::Day;
use crate::files::FileId;

/// A day whose file is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ArchivedDay {
    pub(crate) day: Day,
    pub(crate) first: u64,
    /// `first - 1` for a day without events.
    pub(crate) last: u64,
}

/// A day that has a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JournalDay {
    pub(crate) day: Day,
    /// The first number that it may hold.
    pub(crate) first: u64,
}

/// All of them, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Layout {
    pub(crate) archived: Vec<ArchivedDay>,
    pub(crate) days: Vec<JournalDay>,
}

/// A stretch of numbers within a file, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) file: FileId,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Layout {
    pub(crate) fn newest(&self) -> Option<Day> {
        self.days.last().map(|day| day.day)
    }

    /// The files that may hold events received from `from` on and before `until`, the oldest
    /// first. Files are cut by the time of append, which follows the receipt by seconds; a day
    /// more at each end covers midnight and clocks that were set.
    pub(crate) fn segments(&self, from: Option<Wall>, until: Option<Wall>) -> Vec<Segment> {
        let from = from.map_or(i64::MIN, |from| Day::of(from).number() - 1);
        let until = until.map_or(i64::MAX, |until| Day::of(until).number() + 1);
        let wanted = |day: Day| (from..=until).contains(&day.number());

        let mut archived = self.archived.iter().filter(|day| wanted(day.day));
        let archive = archived.next().map(|oldest| Segment {
            file: FileId::Archive,
            first: oldest.first,
            last: archived.next_back().unwrap_or(oldest).last,
        });
        let days = self.days.iter().enumerate();
        let days = days.filter(|(_, day)| wanted(day.day)).map(|(at, day)| {
            let next = self.days.get(at + 1);
            Segment {
                file: FileId::Day(day.day),
                first: day.first,
                last: next.map_or(i64::MAX.unsigned_abs(), |next| next.first - 1),
            }
        });
        let all = archive.into_iter().chain(days);
        all.filter(|segment| segment.first <= segment.last)
            .collect()
    }

    /// The file that holds a number, if it is kept.
    pub(crate) fn file_of(&self, seq: EventSeq) -> Option<FileId> {
        let segments = self.segments(None, None);
        let holds = |segment: &&Segment| (segment.first..=segment.last).contains(&seq.0);
        segments.iter().find(holds).map(|segment| segment.file)
    }
}

/// The layout as it is now, for everyone.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    /// Protects the newest layout; held to clone or replace a pointer.
    current: RwLock<Arc<Layout>>,
}

impl Layouts {
    pub(crate) fn new(layout: Layout) -> Self {
        Self {
            current: RwLock::new(Arc::new(layout)),
        }
    }

    pub(crate) fn current(&self) -> Arc<Layout> {
        let current = self.current.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut Layout)) {
        let current = self.current.write();
        let mut current = current.unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut current));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i64) -> Day {
        Day::from_number(number).unwrap()
    }

    fn layout() -> Layout {
        let archived = |number, first, last| ArchivedDay {
            day: day(number),
            first,
            last,
        };
        let journal = |number, first| JournalDay {
            day: day(number),
            first,
        };
        Layout {
            archived: vec![
                archived(10, 1, 100),
                archived(11, 101, 150),
                archived(12, 151, 150),
            ],
            days: vec![journal(13, 151), journal(14, 201), journal(17, 201)],
        }
    }

    #[test]
    fn every_number_lies_in_exactly_one_file() {
        let layout = layout();
        assert_eq!(layout.file_of(EventSeq(0)), None);
        assert_eq!(layout.file_of(EventSeq(1)), Some(FileId::Archive));
        assert_eq!(layout.file_of(EventSeq(150)), Some(FileId::Archive));
        assert_eq!(layout.file_of(EventSeq(151)), Some(FileId::Day(day(13))));
        assert_eq!(layout.file_of(EventSeq(200)), Some(FileId::Day(day(13))));
        assert_eq!(layout.file_of(EventSeq(201)), Some(FileId::Day(day(17))));
    }

    #[test]
    fn a_window_of_time_leaves_out_whole_files_but_keeps_a_day_at_each_end() {
        let wall = |number: i64| Some(Wall(number * 86_400_000_000));
        let files = |from, until| {
            let segments = layout().segments(from, until).into_iter();
            segments.map(|segment| segment.file).collect::<Vec<_>>()
        };
        assert_eq!(files(wall(15), None), [FileId::Day(day(17))]);
        assert_eq!(files(None, wall(9)), [FileId::Archive]);
        assert_eq!(files(None, wall(8)), []);
        assert_eq!(
            files(wall(12), wall(12)),
            [FileId::Archive, FileId::Day(day(13))]
        );
    }
}
