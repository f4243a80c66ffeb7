//! Simulated panels: one, a fleet, a demonstration.
//!
//! A panel is a pure [`machine`]: [`panel`] speaks DC-09, [`mqtt`] the panel protocol. [`fleet`]
//! runs many of one kind over TCP, [`tls`] or UDP and keeps a [`journal`] of what was sent and
//! acknowledged, so that a server's record can be held against it; an [`authority`] certifies
//! them; [`flood`] is the crowd that says nothing; [`demo`] plays a few panels that live. An
//! [`order`] says what a whole fleet does: a [`scenario`] at a rate, with [`faults`]; a [`run`]
//! carries out a part of it, and its tallies add up to one [`report`].
//!
//! What never happens here: the engine's or the store's code. A simulated panel knows the wire
//! and nothing of what is behind it, so that it is a witness and not an accomplice.

pub mod authority;
pub mod content;
pub mod demo;
mod dial;
pub mod dice;
pub mod faults;
pub mod fleet;
pub mod flood;
mod frame;
pub mod journal;
pub mod kind;
pub mod machine;
mod mixed;
pub mod mqtt;
pub mod order;
pub mod panel;
pub mod reason;
pub mod report;
pub mod run;
pub mod scenario;
mod schedule;
pub mod script;
pub mod tally;
pub mod terms;
pub mod tls;
mod wait;
