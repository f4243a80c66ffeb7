//! Crash and smash: who enters, and destroys the panel before it can tell (R12).
//!
//! Invariant: only committed events are read, behind a cursor (I3); what was told is in the journal, so that a
//! restart neither repeats nor forgets it.
//! Invariant: a panel that is lost while a partition of it is armed is told at once, whatever else is lost;
//! no event of ours on it ends by itself.
//!
//! ```text
//!   journal ──bell──► Task ──► Machine ──► Reports: crash_smash, lost_armed
//!                       ▲ partitions (States)   ▲ link (supervision)
//! ```
//!
//! Failure: after a restart the last minutes before the newest event are read again. Where the states lag
//! behind the journal, they are waited for, for two seconds; then what they say is believed, and of what they do
//! not know it is assumed that it is armed.

mod machine;
mod task;
#[cfg(test)]
mod tests;

pub use task::{Parts, Task};
