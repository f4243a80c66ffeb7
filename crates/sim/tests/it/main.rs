//! Fleets against a receiver that acknowledges, loses, repeats and hangs up.

#![expect(
    clippy::unwrap_used,
    reason = "a test says by its panic what went wrong"
)]

mod broker;
mod clock;
mod faults;
mod fleet;
mod orders;
mod panels;
mod receiver;
mod weight;
