//! The listening sockets, for connections and for datagrams: probed for others, then made once and kept for the server's life.
//!
//! Invariant: a port that anybody else listens on is refused, never shared: the exclusive probe
//! fails even if the other side would allow sharing (`SO_REUSEPORT`).
//! Invariant: the supervisor keeps a duplicate of every socket, so that the queue of a dead
//! gateway is served by its replacement.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;

use anyhow::Context;
use model::limits::DATAGRAM_BUFFER;
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
    let probe = patiently(|| TcpListener::bind(address)).with_context(|| taken(address, what))?;
    let real = probe.local_addr()?;
    Ok((probe, real))
}

/// Probes for connections and for datagrams, which share a number. A port that is to be taken
/// freely (0) is looked for until one is free for both.
fn probe_both(
    address: SocketAddr,
    what: &str,
) -> anyhow::Result<(TcpListener, UdpSocket, SocketAddr)> {
    let mut tries = 1;
    loop {
        let (stream, real) = probe(address, what)?;
        let datagrams = if address.port() == 0 {
            UdpSocket::bind(real)
        } else {
            patiently(|| UdpSocket::bind(real))
        };
        match datagrams {
            Ok(datagrams) => return Ok((stream, datagrams, real)),
            Err(error) if is_taken(&error) && address.port() == 0 && tries < TRIES => tries += 1,
            Err(error) => {
                let what = format!("datagrams of {what}");
                return Err(error).with_context(|| taken(real, &what));
            }
        }
    }
}

/// Tries again for a moment while somebody has the port.
fn patiently<T>(bind: impl Fn() -> io::Result<T>) -> io::Result<T> {
    let mut bound = bind();
    for _ in 1..TRIES {
        if !bound.as_ref().is_err_and(is_taken) {
            break;
        }
        wait();
        bound = bind();
    }
    bound
}

fn is_taken(error: &io::Error) -> bool {
    error.kind() == ErrorKind::AddrInUse
}

fn taken(address: SocketAddr, what: &str) -> String {
    format!(
        "cannot listen on {address} for {what}: another program (or another watchfire) may be \
         using this port; stop it or choose another address in the configuration"
    )
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

/// The sockets of a listener: one of each kind for each gateway, among which the kernel spreads
/// what comes.
#[derive(Debug)]
pub(crate) struct Shared {
    /// For connections.
    pub(crate) streams: Vec<OwnedFd>,
    /// For datagrams, on the same port; none if they are not wanted.
    pub(crate) datagrams: Vec<OwnedFd>,
    /// Where they are.
    pub(crate) address: SocketAddr,
}

/// `count` sockets on one address, and as many for datagrams if they are wanted.
pub(crate) fn shared(
    address: SocketAddr,
    count: usize,
    datagrams: bool,
    what: &str,
) -> anyhow::Result<Shared> {
    let real = if datagrams {
        probe_both(address, what)?.2
    } else {
        probe(address, what)?.1
    };
    let sockets = |kind, wanted| {
        let sockets = (0..wanted).map(|_| socket(real, kind));
        let sockets = sockets.collect::<Result<Vec<_>, _>>();
        sockets.with_context(|| format!("cannot listen on {real} for {what}"))
    };
    Ok(Shared {
        streams: sockets(SocketType::STREAM, count)?,
        datagrams: sockets(SocketType::DGRAM, if datagrams { count } else { 0 })?,
        address: real,
    })
}

/// A socket that shares its port with others of ours.
fn socket(address: SocketAddr, kind: SocketType) -> rustix::io::Result<OwnedFd> {
    let family = if address.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, kind, flags, None)?;
    if kind == SocketType::STREAM {
        sockopt::set_socket_reuseaddr(&socket, true)?;
    } else {
        // The kernel takes as much of it as it allows.
        sockopt::set_socket_recv_buffer_size(&socket, DATAGRAM_BUFFER)?;
    }
    sockopt::set_socket_reuseport(&socket, true)?;
    bind(&socket, &address)?;
    if kind == SocketType::STREAM {
        listen(&socket, BACKLOG)?;
    }
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const ANYWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

    #[test]
    fn a_port_shared_by_our_gateways_is_refused_to_a_second_server() {
        let first = shared(ANYWHERE, 3, false, "tests").unwrap();
        assert_eq!(first.streams.len(), 3);
        assert!(first.datagrams.is_empty());
        let refused = shared(first.address, 1, false, "tests").unwrap_err();
        let text = refused.to_string();
        assert!(text.contains(&first.address.to_string()), "{text}");
    }

    #[test]
    fn datagrams_have_the_number_of_the_connections_and_are_not_shared_with_others_either() {
        let first = shared(ANYWHERE, 3, true, "tests").unwrap();
        assert_eq!(first.datagrams.len(), 3);
        for socket in first.datagrams {
            let socket = UdpSocket::from(socket);
            assert_eq!(socket.local_addr().unwrap(), first.address);
        }
    }

    #[test]
    fn a_port_whose_datagrams_somebody_else_takes_is_refused() {
        let other = socket(ANYWHERE, SocketType::DGRAM).unwrap();
        let other = UdpSocket::from(other);
        let address = other.local_addr().unwrap();
        let refused = shared(address, 1, true, "tests").unwrap_err();
        let text = refused.to_string();
        assert!(text.contains("datagrams of tests"), "{text}");
        assert!(shared(address, 1, false, "tests").is_ok());
    }
}
