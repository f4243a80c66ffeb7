//! The real binary under everything that can go wrong around it.
//!
//! Invariant: each scenario holds what a fleet knows to have been acknowledged against what the
//! server says that it stored; the server's own word counts for nothing else.
//!
//! Scenarios take turns, since each wants the machine for itself, and print what they did. They
//! are told apart from the server by nothing: they start it, feed it as panels do and read it over
//! the API, as users do. In `interop` the panels are real ones.

#![expect(
    clippy::unwrap_used,
    reason = "a test says by its panic what went wrong"
)]
#![expect(clippy::print_stdout, reason = "a scenario prints what it did")]

mod certificates;
mod cli;
mod crash;
mod datagrams;
mod doors;
mod failing_sync;
mod flood;
mod full_disk;
mod interop;
mod many_connections;
mod performance;
mod power_cut;
mod secure;
mod simulated;
mod slowloris;
mod supervision;
mod support;
