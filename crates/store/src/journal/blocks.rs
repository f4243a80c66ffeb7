//! What stretches of 4,096 numbers hold, so that a query for a time or for rare classes passes
//! over millions of rows that are neither.
//!
//! Invariant: a block never claims less than its rows hold, so that passing over it loses
//! nothing. It may claim more: of an archived block, rows may have been let go of.

use std::collections::BTreeMap;

use engine::ports::EventFilter;
use model::{EventClass, NewEvent, Wall};
use rusqlite::{Connection, params};

use crate::layout::Segment;

const SIZE: u64 = 4_096;

/// Numbers from the first to the second, both included.
pub(crate) type Run = (u64, u64);

/// What is added to blocks by one transaction.
#[derive(Debug, Default)]
pub(crate) struct Blocks(BTreeMap<u64, Block>);

#[derive(Debug)]
struct Block {
    earliest: Wall,
    latest: Wall,
    classes: i64,
}

impl Blocks {
    /// Takes note of a row.
    pub(crate) fn note(&mut self, seq: u64, event: &NewEvent) {
        let received = event.received;
        let block = self.0.entry(seq / SIZE).or_insert(Block {
            earliest: received,
            latest: received,
            classes: KNOWS_DOUBT,
        });
        block.earliest = block.earliest.min(received);
        block.latest = block.latest.max(received);
        block.classes |= bit(event.class);
        if event.flags.is_doubtful() {
            block.classes |= DOUBTFUL;
        }
    }

    /// Writes down what was noted.
    pub(crate) fn write(&self, conn: &Connection) -> rusqlite::Result<()> {
        let mut upsert = conn.prepare_cached(&format!(
            "INSERT INTO blocks (block, earliest, latest, classes) VALUES (?1, ?2, ?3, ?4) {}",
            merge()
        ))?;
        for (number, block) in &self.0 {
            upsert.execute(params![
                number.cast_signed(),
                block.earliest.0,
                block.latest.0,
                block.classes
            ])?;
        }
        Ok(())
    }
}

/// What an insert does where the block has a row already, so that the row claims what both do.
pub(crate) fn merge() -> String {
    format!(
        "ON CONFLICT (block) DO UPDATE SET earliest = min(earliest, excluded.earliest), \
         latest = max(latest, excluded.latest), \
         classes = ((classes | excluded.classes) & ~{KNOWS_DOUBT}) \
                   | (classes & excluded.classes & {KNOWS_DOUBT})"
    )
}

/// The stretches of a segment that may hold what the filter wants, in order of numbers.
pub(crate) fn runs(
    conn: &Connection,
    filter: &EventFilter,
    segment: Segment,
) -> rusqlite::Result<Vec<Run>> {
    let bounds = (segment.first, segment.last);
    let anything = filter.classes.is_empty() && !filter.doubtful;
    if filter.from.is_none() && filter.until.is_none() && anything {
        return Ok(vec![bounds]);
    }
    let classes = match filter.classes.as_slice() {
        [] => -1,
        classes => classes.iter().fold(0, |bits, class| bits | bit(*class)),
    };
    let mut select = conn.prepare_cached(
        "SELECT block FROM blocks WHERE block BETWEEN ?1 AND ?2 \
         AND latest >= ?3 AND earliest < ?4 AND classes & ?5 <> 0 \
         AND (classes & ?6 <> 0 OR classes & ?7 = 0) ORDER BY block",
    )?;
    let blocks = select.query_map(
        params![
            (segment.first / SIZE).cast_signed(),
            (segment.last / SIZE).cast_signed(),
            filter.from.map_or(i64::MIN, |from| from.0),
            filter.until.map_or(i64::MAX, |until| until.0),
            classes,
            if filter.doubtful { DOUBTFUL } else { -1 },
            KNOWS_DOUBT
        ],
        |row| row.get::<_, i64>(0).map(i64::cast_unsigned),
    )?;
    let mut runs: Vec<Run> = Vec::new();
    for block in blocks {
        let first = (block? * SIZE).max(bounds.0);
        let last = (first / SIZE * SIZE + (SIZE - 1)).min(bounds.1);
        match runs.last_mut() {
            Some(run) if run.1 + 1 == first => run.1 = last,
            _ => runs.push((first, last)),
        }
    }
    Ok(runs)
}

/// From the first number of the first run to the last of the last.
pub(crate) fn span(runs: &[Run]) -> Option<Run> {
    Some((runs.first()?.0, runs.last()?.1))
}

/// Set if an event of the block is doubtful (R1).
const DOUBTFUL: i64 = 1 << 21;

/// Set if every writer of the block set [`DOUBTFUL`] where it was due; without it, any of its
/// events may be doubtful.
const KNOWS_DOUBT: i64 = 1 << 22;

/// The bit of a class. They are in files, as those above: never reuse one.
const fn bit(class: EventClass) -> i64 {
    1 << match class {
        EventClass::Fire => 0,
        EventClass::Gas => 1,
        EventClass::Medical => 2,
        EventClass::Panic => 3,
        EventClass::Burglary => 4,
        EventClass::Tamper => 5,
        EventClass::FireSupervisory => 6,
        EventClass::Environment => 7,
        EventClass::Communication => 8,
        EventClass::Power => 9,
        EventClass::Trouble => 10,
        EventClass::System => 11,
        EventClass::Schedule => 12,
        EventClass::Bypass => 13,
        EventClass::Unbypass => 14,
        EventClass::Arm => 15,
        EventClass::Disarm => 16,
        EventClass::Access => 17,
        EventClass::Remote => 18,
        EventClass::Cancel => 19,
        EventClass::Test => 20,
        // Bits 21 and 22 say something else.
        EventClass::Status => 23,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_have_bits_of_their_own() {
        let bits = EventClass::ALL.iter().map(|class| bit(*class));
        let all = bits.fold(DOUBTFUL | KNOWS_DOUBT, |all, bit| {
            assert_eq!(all & bit, 0);
            all | bit
        });
        assert_eq!(all.count_ones() as usize, 2 + EventClass::ALL.len());
    }

    /// A file with a block of each kind: of an older writer, of one without doubt, of one with.
    fn file() -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE blocks (block INTEGER PRIMARY KEY, earliest INTEGER NOT NULL, \
             latest INTEGER NOT NULL, classes INTEGER NOT NULL)",
        )
        .unwrap();
        let older = bit(EventClass::Burglary);
        conn.execute("INSERT INTO blocks VALUES (0, 1, 1, ?1)", [older])
            .unwrap();
        for (block, classes) in [(1, 0), (2, DOUBTFUL)] {
            let classes = KNOWS_DOUBT | older | classes;
            conn.execute("INSERT INTO blocks VALUES (?1, 1, 1, ?2)", [block, classes])
                .unwrap();
        }
        conn
    }

    fn doubtful(conn: &Connection) -> Vec<Run> {
        let filter = EventFilter {
            doubtful: true,
            ..EventFilter::default()
        };
        let all = Segment {
            file: crate::files::FileId::Archive,
            first: 1,
            last: 3 * SIZE - 1,
        };
        runs(conn, &filter, all).unwrap()
    }

    #[test]
    fn a_search_for_doubt_passes_over_what_is_known_to_have_none() {
        let conn = file();
        assert_eq!(doubtful(&conn), [(1, SIZE - 1), (2 * SIZE, 3 * SIZE - 1)]);
    }

    #[test]
    fn a_block_that_an_older_writer_began_may_hold_any_doubt_for_ever() {
        let conn = file();
        let mut later = Blocks::default();
        for number in 0..2 {
            let block = Block {
                earliest: Wall(1),
                latest: Wall(2),
                classes: KNOWS_DOUBT | bit(EventClass::Fire),
            };
            later.0.insert(number, block);
        }
        later.write(&conn).unwrap();
        assert_eq!(doubtful(&conn), [(1, SIZE - 1), (2 * SIZE, 3 * SIZE - 1)]);
    }
}
