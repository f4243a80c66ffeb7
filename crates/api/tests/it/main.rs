//! The API over ports in memory: every operation, every refusal.

#![expect(
    clippy::unwrap_used,
    reason = "a test says with a panic what it did not expect"
)]

mod access;
mod client;
mod events;
mod fakes;
mod health;
mod import;
mod metrics;
mod openapi;
mod panels;
mod paths;
mod performance;
mod problems;
mod quarantine;
mod resources;
mod serve;
mod stream;
mod supervision;
mod trust;
mod verdicts;
