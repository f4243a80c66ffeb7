//! What a request costs in instructions: each row does requests of one kind by the real code, without
//! sockets, and with nothing around them that depends on time.
//!
//! ```text
//! instructions            the rows, and how many requests each counts
//! instructions ROW        does them
//! ```
//!
//! `cargo xtask instructions` runs a row under valgrind's callgrind and takes the instructions between
//! [`count::begin_counting`] and [`count::end_counting`]; what is set up before, and the panel's side of
//! a conversation, is not counted. Without callgrind a row does the same, and nobody counts.
//!
//! Invariant: a row does the same in every run, but for what hash maps and keys draw by chance.
//! Invariant: a row fails if a request was not answered as it should be: what is counted is what works.

mod calm;
mod condition;
mod count;
mod dc09;
mod durable;
mod house;
mod identity;
mod ledger;
mod link;
mod messages;
mod mqtt;
mod pki;
mod signs;
mod tls;

use std::io::Write;

use anyhow::Context;

/// Requests of one kind.
struct Row {
    name: &'static str,
    /// How many are counted: enough for chance to even out.
    requests: u32,
    /// Does as many, and has them counted.
    run: fn(u32) -> anyhow::Result<()>,
}

const fn row(name: &'static str, requests: u32, run: fn(u32) -> anyhow::Result<()>) -> Row {
    Row {
        name,
        requests,
        run,
    }
}

/// In the order of a request's way.
const ROWS: &[Row] = &[
    row("tls.handshake", 24, tls::handshakes),
    row("tls.resumption", 24, tls::resumptions),
    row("tls.status", 500, tls::status),
    row("mqtt.connect", 500, mqtt::connects),
    row("mqtt.ping", 2_000, mqtt::pings),
    row("mqtt.status", 1_000, mqtt::status),
    row("mqtt.event", 1_000, mqtt::events),
    row("dc09.event", 1_000, dc09::plain),
    row("dc09.encrypted", 1_000, dc09::encrypted),
    row("link.identity", 1_000, link::identities),
    row("link.status", 1_024, link::status),
    row("link.event", 1_000, link::events),
    row("engine.identity", 1_000, identity::admissions),
    row("engine.sign", 8_000, signs::signs),
    row("engine.status", 2_000, condition::status),
    row("engine.event", 1_024, durable::judged),
    row("store.repeats", 1_024, durable::repeats),
    row("store.alone", 48, durable::alone),
    row("store.gathered", 1_024, durable::gathered),
];

fn main() -> anyhow::Result<()> {
    let Some(name) = std::env::args().nth(1) else {
        let mut out = std::io::stdout().lock();
        for row in ROWS {
            writeln!(out, "{} {}", row.name, row.requests)?;
        }
        return Ok(());
    };
    let row = ROWS.iter().find(|row| row.name == name);
    let row = row.with_context(|| format!("there is no row `{name}`"))?;
    (row.run)(row.requests)
}
