//! The store from outside: what it promises at its ports, and what it does when things go wrong.

#![expect(
    clippy::unwrap_used,
    reason = "everything here is a test, but clippy exempts only functions marked as one"
)]

mod conformance;
mod crash;
mod full_disk;
mod import;
mod keys;
mod memory;
mod memory_registry;
mod memory_trust;
mod property;
mod read_only;
mod retention;
mod scan;
mod support;
mod trust;
mod verify;
