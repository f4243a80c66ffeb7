//! From sessions to sockets, and what follows once everything is written.

use std::net::Shutdown;

use proto::Counted;

use super::Worker;
use super::channel::{Channel, write_some};
use super::connection::Phase;

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
        self.scratch.buffers.shrink();
    }

    fn write_socket(&mut self, place: usize) {
        let Some(connection) = self.connections.get_mut(place) else {
            return;
        };
        connection.marks.touched = false;
        if connection.is_datagram() {
            return self.answer_datagram(place);
        }
        let out = &mut self.scratch.transmit;
        out.clear();
        out.append(&mut connection.unsent);
        let before = out.len();
        let is_all = matches!(connection.phase, Phase::Closing(_));
        let session = connection.session.as_mut();
        let channel = &mut connection.channel;
        channel.gather(session, is_all, &mut self.scratch.buffers, out);
        if connection.withheld && out.len() == before && connection.phase == Phase::Open {
            connection.unsent.extend_from_slice(out);
            return self.settle(place);
        }
        connection.withheld = false;
        let socket = channel.socket();
        match socket.map_or(Ok(0), |socket| write_some(socket, out)) {
            Ok(written) => {
                // No memory is kept by a connection that has nothing unsent.
                connection.unsent = out.get(written..).unwrap_or_default().to_vec();
                self.settle(place);
            }
            Err(_) => self.peer_gone(place, Counted::Broken),
        }
    }

    /// All is written. Under TLS the last word is an alert or a reason that the panel shall read
    /// although it may have sent more meanwhile; a gateway that drains has no time for that.
    fn end(&mut self, place: usize) {
        let now = self.now.mono;
        let lingers = self.drain.is_none();
        if let Some(connection) = self.connections.get_mut(place)
            && lingers
            && let Channel::Tls(_) = connection.channel
            && let Some(socket) = connection.channel.socket()
            && socket.shutdown(Shutdown::Write).is_ok()
        {
            connection.phase = Phase::Lingering(now);
            self.mark_readable(place);
            return self.arm(place);
        }
        self.remove(place);
    }

    /// Closes what is to be closed, otherwise reads on and looks at the deadline.
    fn settle(&mut self, place: usize) {
        let Some(connection) = self.connections.get(place) else {
            return;
        };
        let answered = || {
            let number = connection.number;
            let awaits = self.window.awaits(number) || self.identities.awaits(number);
            !awaits && !connection.marks.stalled
        };
        match connection.phase {
            Phase::Closing(_) if connection.unsent.is_empty() => self.end(place),
            Phase::Ended(_) if connection.unsent.is_empty() && answered() => {
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
