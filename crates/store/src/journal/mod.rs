//! The journal: one file per day, append only, written by one thread.
//!
//! ```text
//!   append(batch) ──► Writer: BEGIN, a row per event, where the chains stand, COMMIT (synced)
//!                        │ answer
//!                        └ then, if the write-ahead log is long: carry it into the file
//!   readers ──► scan (pages by number), repeats (by path and key)
//! ```
//!
//! Invariant: numbers are dense over all files, and so are the numbers in each chain. Numbers of
//! a transaction that failed are not used up.
//! Invariant: an append goes to the file of the UTC day at which it is made, or to the newest if
//! the clock was set back: an older file never grows again.
//! Invariant: what is appended is never changed; a day goes as a whole.
//!
//! Failure: what fails for lack of space is rolled back and may be tried again; any other failure
//! closes the gate ([`crate::gate`]). A transaction whose commit failed may still be found whole
//! by the next start, stored and never acknowledged: a repeat of it is then found as one (R2).

pub(crate) mod blocks;
pub(crate) mod chain;
pub(crate) mod day_file;
pub(crate) mod personal;
pub(crate) mod repeats;
pub(crate) mod rows;
pub(crate) mod scan;
pub(crate) mod tail;
pub(crate) mod writer;
