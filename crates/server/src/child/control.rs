//! The control socket between the supervisor and a child: a setup with descriptors at the start,
//! single octets afterwards, lines back.
//!
//! | direction | what | meaning |
//! | --- | --- | --- |
//! | down, first | u32 length (LE), JSON, descriptors (`SCM_RIGHTS`) | the child's setup |
//! | down | `D` | stop in order |
//! | down | `R` | read the files of TLS again; for the engine |
//! | down | end of stream | the supervisor is gone: end at once |
//! | up | a JSON line, [`Word`] | ready, or why not |
//!
//! The socket is the child's standard input, so that it needs no number agreed upon and no other
//! descriptor is inherited.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Descriptors in one setup at most: two for each listener, and the kernel's own bound is 253.
const DESCRIPTORS: usize = 128;

/// The octet that asks a child to stop in order.
pub(crate) const STOP: u8 = b'D';

/// The octet that asks the engine to read the files of TLS again.
pub(crate) const RELOAD: u8 = b'R';

/// What a child tells its supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Word {
    /// The child does its work.
    Ready {
        /// What a person may like to know, such as how many panels are registered.
        note: String,
    },
    /// The child cannot start, for a reason that starting again will not mend.
    Failed {
        /// What happened and what to do.
        why: String,
    },
}

/// Sends a setup and the descriptors that go with it.
pub(crate) fn send_setup<T: Serialize>(
    socket: &UnixStream,
    setup: &T,
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let body = serde_json::to_vec(setup)?;
    let length = u32::try_from(body.len())
        .map_err(io::Error::other)?
        .to_le_bytes();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(descriptors)) {
        return Err(io::Error::other("too many descriptors for one setup"));
    }
    let sent = sendmsg(
        socket,
        &[IoSlice::new(&length)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?;
    let mut socket = socket;
    socket.write_all(&length[sent..])?;
    socket.write_all(&body)
}

/// Receives the setup and its descriptors, in the order they were sent. Reads nothing beyond.
pub(crate) fn receive_setup<T: DeserializeOwned>(
    socket: &UnixStream,
) -> io::Result<(T, Vec<OwnedFd>)> {
    let mut length = [0; 4];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut parts = [IoSliceMut::new(&mut length)];
    let got = recvmsg(
        socket.as_fd(),
        &mut parts,
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )?
    .bytes;
    let mut descriptors = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(received) = message {
            descriptors.extend(received);
        }
    }
    let mut socket = socket;
    socket.read_exact(&mut length[got..])?;
    let length = usize::try_from(u32::from_le_bytes(length)).map_err(io::Error::other)?;
    let mut body = vec![0; length];
    socket.read_exact(&mut body)?;
    Ok((serde_json::from_slice(&body)?, descriptors))
}

/// Tells the supervisor something.
pub(crate) fn say(socket: &UnixStream, word: &Word) -> io::Result<()> {
    let mut line = serde_json::to_vec(word)?;
    line.push(b'\n');
    let mut socket = socket;
    socket.write_all(&line)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_setup_arrives_with_its_descriptors_and_nothing_beyond_is_read() {
        let (supervisor, child) = UnixStream::pair().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        send_setup(&supervisor, &vec!["a", "b"], &[listener.as_fd()]).unwrap();
        (&supervisor).write_all(&[STOP]).unwrap();
        let (setup, descriptors) = receive_setup::<Vec<String>>(&child).unwrap();
        assert_eq!(setup, ["a", "b"]);
        let received = TcpListener::from(descriptors.into_iter().next().unwrap());
        assert_eq!(
            received.local_addr().unwrap(),
            listener.local_addr().unwrap()
        );
        let mut octet = [0];
        (&child).read_exact(&mut octet).unwrap();
        assert_eq!(octet, [STOP]);
    }

    #[test]
    fn a_supervisor_that_dies_before_the_setup_is_an_error() {
        let (supervisor, child) = UnixStream::pair().unwrap();
        drop(supervisor);
        assert!(receive_setup::<String>(&child).is_err());
    }
}
