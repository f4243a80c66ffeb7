//! The listening sockets: probed for others, then made once and kept for the server's life.
//!
//! Invariant: a port that anybody else listens on is refused, never shared: the exclusive probe
//! fails even if the other side would allow sharing (`SO_REUSEPORT`).
//! Invariant: the supervisor keeps a duplicate of every socket, so that the queue of a dead
//! gateway is served by its replacement.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;

use anyhow::Context;
use rustix::event::Timespec;
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, listen, socket_with, sockopt};

/// Connections that may wait to be accepted: a storm of 50,000 panels comes back within
/// seconds, and the kernel caps this at `net.core.somaxconn` anyway.
const BACKLOG: i32 = 4_096;

/// How often a taken port is tried again. A predecessor that was killed may hold it for a moment
/// longer, while its last write to the disk ends.
const TRIES: u32 = 10;

/// The time between two tries.
const BETWEEN_TRIES: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 100_000_000,
};

/// Probes that nobody listens on the address, and returns it with its real port.
fn probe(address: SocketAddr, what: &str) -> anyhow::Result<(TcpListener, SocketAddr)> {
    let mut bound = TcpListener::bind(address);
    for _ in 1..TRIES {
        if !bound
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::AddrInUse)
        {
            break;
        }
        wait();
        bound = TcpListener::bind(address);
    }
    let probe = bound.with_context(|| {
        format!(
            "cannot listen on {address} for {what}: another program (or another watchfire) may be \
             using this port; stop it or choose another address in the configuration"
        )
    })?;
    let real = probe.local_addr()?;
    Ok((probe, real))
}

/// Before anything runs there is nothing else to wait for, and nobody who waits.
fn wait() {
    let nothing = &mut [];
    // Whether it was the time that passed or a signal that came, the port is tried again.
    rustix::event::poll(nothing, Some(&BETWEEN_TRIES)).ok();
}

/// One socket that nobody shares, for the API.
pub(crate) fn exclusive(
    address: SocketAddr,
    what: &str,
) -> anyhow::Result<(TcpListener, SocketAddr)> {
    probe(address, what)
}

/// `count` sockets on one address, among which the kernel spreads connections.
pub(crate) fn shared(
    address: SocketAddr,
    count: usize,
    what: &str,
) -> anyhow::Result<(Vec<OwnedFd>, SocketAddr)> {
    let (probe, real) = probe(address, what)?;
    drop(probe);
    let make = || -> rustix::io::Result<OwnedFd> {
        let family = if real.is_ipv4() {
            AddressFamily::INET
        } else {
            AddressFamily::INET6
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(family, SocketType::STREAM, flags, None)?;
        sockopt::set_socket_reuseaddr(&socket, true)?;
        sockopt::set_socket_reuseport(&socket, true)?;
        bind(&socket, &real)?;
        listen(&socket, BACKLOG)?;
        Ok(socket)
    };
    let sockets = (0..count).map(|_| make()).collect::<Result<Vec<_>, _>>();
    Ok((
        sockets.with_context(|| format!("cannot listen on {real} for {what}"))?,
        real,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_shared_by_our_gateways_is_refused_to_a_second_server() {
        let any = "127.0.0.1:0".parse().unwrap();
        let (sockets, address) = shared(any, 3, "tests").unwrap();
        assert_eq!(sockets.len(), 3);
        let refused = shared(address, 1, "tests").unwrap_err();
        assert!(
            refused.to_string().contains(&address.to_string()),
            "{refused}"
        );
    }
}
