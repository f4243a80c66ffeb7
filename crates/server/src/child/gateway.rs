//! The gateway process: takes its sockets and hands itself to the event loop.

use std::net::TcpListener;

use anyhow::Context;

use super::control::{Word, say};
use super::setup::{BUILD, GatewaySetup};

/// Runs a gateway until it is drained or its supervisor is gone.
pub fn run() -> anyhow::Result<()> {
    let (control, setup, descriptors) = super::begin(|setup: &GatewaySetup| &setup.common, "gateway")?;
    let _ = (BUILD, TcpListener::from, say, Word::Ready { note: String::new() });
    let _ = (control, setup, descriptors);
    None::<()>.context("unfinished")
}
