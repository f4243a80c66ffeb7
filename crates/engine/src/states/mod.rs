//! What follows from events: which partitions and zones there are, and what state they are in.
//!
//! Invariant: only committed events are read, behind a durable cursor (I3); a projection and its
//! cursor are one transaction, so every event counts exactly once, whatever crashes between.
//! Invariant: a doubtful calming event moves nothing (R1); what moves a partition is R13's list.
//!
//! Failure: if the state file cannot be written, the journal is not concerned: the projection
//! stops, is tried again at the next stroke of the bell, and catches up from its cursor.

mod machine;
mod task;
#[cfg(test)]
pub(crate) mod tests;

pub(crate) use machine::moved_if_effective;
pub use task::Task;
