//! The processes that do the work: how each begins, and what it does when the supervisor is gone.
//!
//! Invariant: a child never outlives its supervisor: the kernel kills it when the supervisor's
//! main thread dies (PDEATHSIG), and the end of the control socket ends it as well.
//! Invariant: SIGINT, SIGTERM and SIGHUP do nothing to a child; only the supervisor stops it, in order.

pub(crate) mod authority;
pub(crate) mod control;
pub(crate) mod engine;
pub(crate) mod gateway;
mod house;
mod policies;
mod retention;
mod seal;
mod secrets;
pub(crate) mod setup;

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};
use serde::de::DeserializeOwned;

use crate::log;
use setup::Common;

/// Takes the control socket from standard input, binds this process's life to the supervisor's,
/// and receives the setup.
fn begin<T: DeserializeOwned>(
    common: impl Fn(&T) -> &Common,
    role: &'static str,
) -> anyhow::Result<(UnixStream, T, Vec<std::os::fd::OwnedFd>)> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let socket = std::io::stdin().as_fd().try_clone_to_owned()?;
    let socket = UnixStream::from(socket);
    let (setup, descriptors) = control::receive_setup::<T>(&socket)
        .context("this subcommand is started by `watchfire serve`, never by hand")?;
    let common = common(&setup);
    if getppid() != Pid::from_raw(common.supervisor) {
        bail!("the supervisor was gone before this {role} began");
    }
    log::start(role, &common.log_filter, common.log_json)?;
    Ok((socket, setup, descriptors))
}
