//! One connection to the receiver, made from an address of the panel's own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(10);

/// Connects to `target`, from `source` if one is given.
pub(crate) async fn dial(target: SocketAddr, source: Option<Ipv4Addr>) -> io::Result<TcpStream> {
    let socket = match target {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if let Some(source) = source {
        socket.bind(SocketAddr::from((source, 0)))?;
    }
    // A frame is one small write whose answer is waited for: nothing to gather.
    socket.set_nodelay(true)?;
    timeout(PATIENCE, socket.connect(target)).await?
}

/// What a look at a socket found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// So many octets.
    Octets(usize),
    /// Nothing yet.
    Nothing,
    /// The other side closed, or the connection broke.
    Gone,
}

/// Takes what has arrived, without waiting.
pub(crate) fn hear(stream: &TcpStream, buffer: &mut [u8]) -> Heard {
    match stream.try_read(buffer) {
        Ok(0) => Heard::Gone,
        Ok(octets) => Heard::Octets(octets),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Heard::Nothing,
        Err(_) => Heard::Gone,
    }
}
