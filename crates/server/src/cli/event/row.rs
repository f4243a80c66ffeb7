//! An event as a row of a table.

use crate::cli::table::Table;
use crate::cli::view::{Event, or_dash, second};

/// A table of events. Its columns are wide enough for what panels usually send, so that rows
/// that are printed one by one stand under each other.
pub(in crate::cli) fn table() -> Table {
    Table::new(&[
        "seq",
        "time",
        "account",
        "class",
        "code",
        "name",
        "partition",
        "point",
        "flags",
    ])
}

/// Widths for rows that are printed as they come.
pub(super) const STEADY: [usize; 9] = [7, 20, 7, 13, 5, 32, 9, 8, 0];

/// Adds an event.
pub(in crate::cli) fn push(table: &mut Table, event: &Event) {
    table.row(
        event.style(),
        &[
            event.seq.to_string(),
            second(&event.received),
            event.account.clone(),
            event.class.clone(),
            event.code.written.clone(),
            event.code.name.clone(),
            or_dash(event.partition.as_deref()),
            event.point(),
            event.remarks(),
        ],
    );
}
