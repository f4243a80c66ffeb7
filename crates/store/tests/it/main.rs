//! The store from outside: what it promises at its ports, and what it does when things go wrong.

#![cfg(test)]

mod conformance;
mod crash;
mod full_disk;
mod import;
mod memory;
mod property;
mod read_only;
mod retention;
mod scan;
mod support;
mod verify;
