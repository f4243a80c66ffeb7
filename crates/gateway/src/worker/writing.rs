//! From sessions to sockets, and what follows once everything is written.

use std::io::{ErrorKind, Write};

use mio::net::TcpStream;
use proto::Counted;

use super::Worker;
use super::connection::{Channel, Phase};

/// The shared buffer is given back when one turn needed more than this.
const TRANSMIT_KEPT: usize = 64 << 10;

impl Worker {
    /// Writes what sessions have to say, of every connection that was touched in this turn.
    pub(super) fn write_sockets(&mut self) {
        let mut places = std::mem::take(&mut self.scratch.places);
        places.append(&mut self.lists.touched);
        for place in places.drain(..) {
            self.write_socket(place);
        }
        self.scratch.places = places;
        self.scratch.transmit.shrink_to(TRANSMIT_KEPT);
    }

    fn write_socket(&mut self, place: usize) {
        let Some(connection) = self.connections.get_mut(place) else {
            return;
        };
        connection.marks.touched = false;
        let Channel::Stream(socket) = &mut connection.channel else {
            return self.answer_datagram(place);
        };
        let out = &mut self.scratch.transmit;
        out.clear();
        out.append(&mut connection.unsent);
        while connection.session.poll_transmit(out) {}
        match write_some(socket, out) {
            Some(written) => {
                // No memory is kept by a connection that has nothing unsent.
                connection.unsent = out.get(written..).unwrap_or_default().to_vec();
                self.settle(place);
            }
            None => self.peer_gone(place, Counted::Broken),
        }
    }

    /// Closes what is to be closed, otherwise reads on and looks at the deadline.
    fn settle(&mut self, place: usize) {
        let Some(connection) = self.connections.get(place) else {
            return;
        };
        let number = connection.number;
        let answered = !self.window.awaits(number)
            && !self.identities.awaits(number)
            && !connection.marks.stalled;
        match connection.phase {
            Phase::Closing(_) if connection.unsent.is_empty() => self.remove(place),
            Phase::Ended(_) if connection.unsent.is_empty() && answered => {
                self.peer_gone(place, Counted::ClosedByPeer);
            }
            _ => {
                let goes_on = self.drain.is_none() && connection.may_read();
                if goes_on && self.has_room() {
                    self.mark_readable(place);
                } else if goes_on {
                    self.stall(place);
                }
                self.arm(place);
            }
        }
    }
}

/// Writes as much as the socket takes; `None` if it takes nothing ever again.
fn write_some(socket: &mut TcpStream, out: &[u8]) -> Option<usize> {
    let mut written = 0;
    while let Some(rest) = out.get(written..).filter(|rest| !rest.is_empty()) {
        match socket.write(rest) {
            Ok(0) => return None,
            Ok(count) => written += count,
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => break,
                ErrorKind::Interrupted => {}
                _ => return None,
            },
        }
    }
    Some(written)
}
