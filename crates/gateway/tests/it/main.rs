//! A gateway and a hub, with real sockets, a panel protocol of lines and an intake in the test's
//! hand.

#![cfg(test)]

mod drain;
mod fakes;
mod family;
mod journey;
mod limits;
mod outage;
#[path = "../../src/tls/tests/pki.rs"]
#[expect(dead_code, reason = "the unit tests use the rest")]
mod pki;
mod presence;
mod pressure;
mod promise;
mod proving;
mod resumption;
mod secure;
mod takeover;
mod tls;
mod udp;
mod world;
