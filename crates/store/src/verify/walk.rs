//! The walk through all files, in the order of numbers.
//!
//! Invariant: every number up to `through` has been met, or reported as missing.

use std::path::{Path, PathBuf};

use model::{EventSeq, RetentionClass};
use rusqlite::Connection;

use super::chains::Chains;
use super::report::{ChainReport, Finding, Progress, VerifyReport};
use crate::archive::{self, Anchor};
use crate::day::Day;
use crate::error::{At, Trouble};
use crate::files::{FileId, days_on_disk};
use crate::journal::chain::{self, Heads, Link};
use crate::journal::{day_file, personal, rows};
use crate::sqlite;
use crate::state::states;

/// Events read in one snapshot.
const STEP: i64 = 4_000;

type Anchors = [Anchor; RetentionClass::ALL.len()];

fn anchors(conn: &Connection) -> rusqlite::Result<Anchors> {
    let mut anchors = Anchors::default();
    for class in RetentionClass::ALL {
        anchors[class.index()] = archive::anchor(conn, class)?;
    }
    Ok(anchors)
}

/// A verification under way.
pub(super) struct Walk<'a> {
    folder: &'a Path,
    progress: &'a mut dyn FnMut(&Progress),
    report: VerifyReport,
    chains: Chains,
    anchors: Anchors,
    /// Events that there were at the start, about.
    total: u64,
    /// Numbers up to here have been dealt with.
    through: u64,
}

impl<'a> Walk<'a> {
    /// Reads where the chains should begin and what they should hold.
    pub(super) fn begin(folder: &'a Path, progress: &'a mut dyn FnMut(&Progress)) -> Self {
        let mut walk = Self {
            folder,
            progress,
            report: VerifyReport::default(),
            chains: Chains::new(Heads::default(), Heads::default()),
            anchors: Anchors::default(),
            total: 0,
            through: 0,
        };
        // What the state file has seen comes first: later events may only add to it.
        let anchored = walk.attempt(FileId::State, |_, conn, path| {
            states::anchored(conn).at(path)
        });
        let anchors = walk.attempt(FileId::Archive, |_, conn, path| anchors(conn).at(path));
        walk.anchors = anchors.unwrap_or_default();
        let mut start = Heads::default();
        for class in RetentionClass::ALL {
            *start.of_mut(class) = walk.anchors[class.index()].link;
        }
        walk.chains = Chains::new(start, anchored.unwrap_or_default());
        walk.total = walk.estimate();
        walk.first_number();
        walk
    }

    /// Looks at a file; that it cannot be read is a finding.
    fn attempt<R>(
        &mut self,
        file: FileId,
        look: impl FnOnce(&mut Self, &Connection, &Path) -> Result<R, Trouble>,
    ) -> Option<R> {
        let path = file.path(self.folder);
        let looked = sqlite::open_reader(&path)
            .at(&path)
            .and_then(|conn| file.kind().check(&conn, &path).map(|()| conn))
            .and_then(|conn| look(self, &conn, &path));
        match looked {
            Ok(answer) => Some(answer),
            Err(trouble) => {
                self.report.find(Finding::Unreadable {
                    file: path,
                    cause: trouble.to_string(),
                });
                None
            }
        }
    }

    fn estimate(&mut self) -> u64 {
        let path = FileId::Archive.path(self.folder);
        let counted = sqlite::open_reader(&path).and_then(|conn| {
            conn.query_row("SELECT count(*) FROM events", [], |row| {
                row.get::<_, i64>(0)
            })
        });
        let mut total = counted.unwrap_or(0).cast_unsigned();
        for day in days_on_disk(self.folder).unwrap_or_default() {
            let path = FileId::Day(day).path(self.folder);
            let counted = sqlite::open_reader(&path).and_then(|conn| {
                let first = day_file::first_seq(&conn)?.unwrap_or(1);
                Ok((day_file::chains(&conn)?.1.seq().0 + 1).saturating_sub(first))
            });
            // That a file cannot be read is reported where its events are looked at.
            total += counted.unwrap_or(0);
        }
        total
    }

    /// The part of the archive that has not been walked yet, of days that it stands for.
    pub(super) fn archived(&mut self) {
        self.attempt(FileId::Archive, |walk, conn, path| {
            for day in archive::days(conn).at(path)? {
                if day.last <= walk.through {
                    continue;
                }
                walk.numbers_up_to(path, day.first);
                let mut after = day.first - 1;
                while let Some(last_read) = walk.rows(conn, path, after, day.last, false)? {
                    after = last_read;
                }
                walk.through = day.last;
            }
            Ok(())
        });
    }

    /// Where numbers begin: everything before has been let go of.
    fn first_number(&mut self) {
        self.report.files += 1;
        let first = self.attempt(FileId::Archive, |walk, conn, path| {
            walk.quick_check(conn, path)?;
            let days = archive::days(conn).at(path)?;
            Ok(days.first().map(|day| day.first))
        });
        // Without archived days every event before the first day's file is behind an anchor, and
        // each event has one number in one chain.
        let let_go = || self.anchors.iter().map(|anchor| anchor.link.no).sum();
        self.through = first.flatten().map_or_else(let_go, |first| first - 1);
    }

    /// Every day that has a file, the oldest first.
    pub(super) fn days(&mut self) {
        let mut done: Option<Day> = None;
        loop {
            let days = days_on_disk(self.folder).unwrap_or_default();
            let Some(day) = days.into_iter().find(|day| Some(*day) > done) else {
                return;
            };
            done = Some(day);
            if self.is_archived(day) || !FileId::Day(day).path(self.folder).exists() {
                // Retention has gone on meanwhile: the archive stands for the day now.
                self.archived();
                continue;
            }
            self.report.files += 1;
            self.attempt(FileId::Day(day), Self::day);
        }
    }

    fn is_archived(&self, day: Day) -> bool {
        let path = FileId::Archive.path(self.folder);
        let days = sqlite::open_reader(&path).and_then(|conn| archive::days(&conn));
        days.is_ok_and(|days| days.iter().any(|archived| archived.day == day))
    }

    fn day(&mut self, conn: &Connection, path: &Path) -> Result<(), Trouble> {
        self.quick_check(conn, path)?;
        let Some(first) = day_file::first_seq(conn).at(path)? else {
            return Ok(());
        };
        let (opening, heads, newest) = {
            // One snapshot: the newest day grows while we look.
            let tx = conn.unchecked_transaction().at(path)?;
            let (opening, heads) = day_file::chains(&tx).at(path)?;
            let newest: Option<i64> = tx
                .query_row("SELECT max(seq) FROM events", [], |row| row.get(0))
                .at(path)?;
            tx.finish().at(path)?;
            (opening, heads, newest.unwrap_or(0).cast_unsigned())
        };
        self.numbers_up_to(path, first);
        self.chains.meet(path, &opening, &mut self.report);
        let last = heads.seq().0.max(first - 1);
        let mut after = first - 1;
        while let Some(last_read) = self.rows(conn, path, after, last, true)? {
            after = last_read;
        }
        self.numbers_up_to(path, last + 1);
        if self.chains.at != heads {
            self.chains.end(path, &heads, &mut self.report);
        }
        if newest > last {
            let seq = EventSeq(last + 1);
            let file = path.to_owned();
            self.report.find(Finding::Added { file, seq });
        }
        Ok(())
    }

    /// Numbers before `next` that have not been met are missing.
    fn numbers_up_to(&mut self, path: &Path, next: u64) {
        let due = self.through + 1;
        if next > due {
            self.report.find(Finding::Missing {
                file: path.to_owned(),
                first: EventSeq(due),
                last: EventSeq(next - 1),
            });
            self.chains.explain();
        }
        self.through = self.through.max(next - 1);
    }

    /// A few thousand rows behind `after`; the number of the last of them.
    fn rows(
        &mut self,
        conn: &Connection,
        path: &Path,
        after: u64,
        last: u64,
        dense: bool,
    ) -> Result<Option<u64>, Trouble> {
        let sql = format!(
            "SELECT {} FROM events WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT {STEP}",
            rows::COLUMNS
        );
        let mut select = conn.prepare_cached(&sql).at(path)?;
        let mut found = select
            .query([after.cast_signed(), last.cast_signed()])
            .at(path)?;
        let mut last_read = None;
        while let Some(row) = found.next().at(path)? {
            let seq = row.get::<_, i64>(0).at(path)?.cast_unsigned();
            if dense {
                self.numbers_up_to(path, seq);
                self.through = seq;
            }
            self.row(conn, path, seq, row)?;
            self.report.events += 1;
            self.report.last = EventSeq(seq);
            last_read = Some(seq);
        }
        (self.progress)(&Progress {
            file: path.to_owned(),
            events: self.report.events,
            of: self.total.max(self.report.events),
        });
        Ok(last_read)
    }

    fn row(
        &mut self,
        conn: &Connection,
        path: &Path,
        seq: u64,
        row: &rusqlite::Row<'_>,
    ) -> Result<(), Trouble> {
        match rows::decode(row) {
            Ok(decoded) => {
                if decoded.chain_no > self.chains.at.of(decoded.retention).no + 1 {
                    self.catch_up(conn, path, &decoded)?;
                }
                let personal = personal::read(conn, seq).at(path)?;
                self.chains
                    .step(path, &decoded, personal.as_ref(), &mut self.report);
            }
            Err(what) => {
                self.report.find(Finding::Changed {
                    file: path.to_owned(),
                    seq: EventSeq(seq),
                    what,
                });
                match stored_link(row, seq) {
                    Some((class, link)) => {
                        self.chains.go_on_from(class, link, &mut self.report);
                    }
                    None => self.chains.explain(),
                }
            }
        }
        Ok(())
    }

    /// Retention may have let go of archived events since the anchors were read.
    fn catch_up(
        &mut self,
        conn: &Connection,
        path: &Path,
        row: &rows::StoredRow,
    ) -> Result<(), Trouble> {
        if path != FileId::Archive.path(self.folder) {
            return Ok(());
        }
        let anchor = archive::anchor(conn, row.retention).at(path)?.link;
        let here = self.chains.at.of_mut(row.retention);
        if anchor.no > here.no && anchor.no < row.chain_no {
            *here = anchor;
        }
        Ok(())
    }

    fn quick_check(&mut self, conn: &Connection, path: &Path) -> Result<(), Trouble> {
        (self.progress)(&Progress {
            file: path.to_owned(),
            events: self.report.events,
            of: self.total,
        });
        let mut check = conn.prepare("PRAGMA quick_check(10)").at(path)?;
        let mut lines = check.query([]).at(path)?;
        while let Some(line) = lines.next().at(path)? {
            let what: String = line.get(0).at(path)?;
            if what != "ok" {
                let file = path.to_owned();
                self.report.find(Finding::Damaged { file, what });
            }
        }
        Ok(())
    }

    /// The state file's turn, and the report.
    pub(super) fn conclude(mut self) -> VerifyReport {
        self.chains.finish(&mut self.report);
        let state: PathBuf = FileId::State.path(self.folder);
        self.attempt(FileId::State, |walk, conn, _| {
            walk.quick_check(conn, &state)
        });
        self.report.files += 1;
        let chains = RetentionClass::ALL.into_iter().map(|class| ChainReport {
            class,
            events: self.chains.at.of(class).no,
            let_go: self.anchors[class.index()].dropped,
            head: self.chains.at.of(class).hash,
        });
        self.report.chains = chains.collect();
        self.report
    }
}

/// Where a chain stands after a row of which the rest makes no sense.
fn stored_link(row: &rusqlite::Row<'_>, seq: u64) -> Option<(RetentionClass, Link)> {
    let class = chain::retention_from(row.get(13).ok()?)?;
    let no = u64::try_from(row.get::<_, i64>(24).ok()?).ok()?;
    let hash = row.get(25).ok()?;
    Some((class, Link { no, hash, seq }))
}
