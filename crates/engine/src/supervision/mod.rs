//! Supervision: who has fallen silent, and since when.
//!
//! Invariant: a path that was heard within its time is never reported lost, one that was not is
//! within a second of its deadline; both whatever happens to us (R4, R10, R11, I6).
//! Invariant: a loss, its end, a reminder is told once: what counts is what the journal has (I3).
//! Invariant: neither wall clock nor restart makes or hides a loss (I11).
//!
//! ```text
//!   hub ── heard, left, gateway ──► Machine ── Report ──► Reports (the journal)
//!                                      ▲ tests                 │ bell
//!                    settings, faults, │ presence              ▼
//!                         SupervisionStore ◄──────── follower behind a cursor
//! ```

mod clock;
mod hold;
mod machine;
mod outbreak;
mod reporting;
mod resume;
mod slot;
#[cfg(test)]
mod tests;
mod wheel;

pub use clock::Served;
pub use machine::{Machine, Report};
pub use outbreak::{Group, MassOutage};
pub use reporting::Ticket;
pub use slot::{Expected, Fault, Times, Watched};
