//! A gateway and a hub, with real sockets, a panel protocol of lines and an intake in the test's
//! hand.

#![cfg(test)]

mod drain;
mod fakes;
mod family;
mod journey;
mod limits;
mod outage;
mod presence;
mod promise;
mod udp;
mod world;
