//! Watchfire's policies: what is a repeat, who speaks, who is a stranger, who has fallen silent,
//! whose clock is wrong, whose proofs are good, what follows from an event.
//!
//! Invariant: decisions live in synchronous `machine.rs` files that are given time and facts;
//! `task.rs` files own their state and carry the decisions out; `mod.rs` files offer handles.
//!
//! Invariant: signals flow up through the store, and the only backward arrows are answers and
//! the bell, which carries no data (I3).
//!
//! ```text
//!   hub ──► ingest ──► EventLog (append, sync) ──► answers to the hub
//!    │                       │ bell
//!    │                       ▼
//!    │                    states ──► States (partitions, zones, cursor)
//!    ├──► supervision, clocks, quarantine ──► events of our own ──► ingest
//!    └──► registry (who speaks, what was learned) ◄── trust (certificates, secrets, tickets)
//! ```
//!
//! What never happens here: sockets, files, SQL, HTTP.

pub mod bell;
pub mod clocks;
pub mod condition;
pub mod entry;
#[cfg(test)]
mod fakes;
pub mod health;
pub mod ingest;
pub mod performance;
pub mod ports;
pub mod quarantine;
pub mod registry;
mod seldom;
pub mod sessions;
pub mod states;
pub mod supervision;
mod telling;
pub mod times;
pub mod trust;
pub mod verdicts;
