//! From sockets to sessions.

use std::io::{ErrorKind, Read};

use model::limits;
use proto::{CloseReason, Counted};

use super::channel::Nothing;
use super::connection::{Connection, Input, Phase};
use super::{Lists, Worker};

impl Lists {
    /// Has the connection read in this turn or the next.
    pub(super) fn note_readable(&mut self, place: usize, connection: &mut Connection) {
        if std::mem::replace(&mut connection.marks.readable, true) {
            return;
        }
        if connection.channel.is_handshaking() {
            self.handshaking.push_back(place);
        } else {
            self.readable.push(place);
        }
    }
}

impl Worker {
    /// Reads what is readable, a buffer of each connection a turn, as long as there is room.
    pub(super) fn read_sockets(&mut self) {
        self.resume_stalled();
        let mut places = std::mem::take(&mut self.scratch.places);
        places.append(&mut self.lists.readable);
        for place in places.drain(..) {
            self.read_socket(place);
        }
        self.scratch.places = places;
        self.go_on_with_handshakes();
    }

    /// Goes on with those that waited for room, the longest waiting first.
    fn resume_stalled(&mut self) {
        for _ in 0..self.lists.stalled.len() {
            if !self.has_room() {
                return;
            }
            let Some(place) = self.lists.stalled.pop_front() else {
                return;
            };
            if let Some(connection) = self.connections.get_mut(place) {
                connection.marks.stalled = false;
                self.drive(place);
                self.mark_readable(place);
            }
        }
    }

    pub(super) fn read_socket(&mut self, place: usize) {
        let has_room = self.has_room();
        let Some(connection) = self.connections.get_mut(place) else {
            return;
        };
        connection.marks.readable = false;
        if let Phase::Lingering(_) = connection.phase {
            return self.throw_away(place);
        }
        if self.drain.is_some() || !connection.may_read() {
            return; // What holds it back will bring it back.
        }
        if !has_room {
            return self.stall(place);
        }
        let room = match connection.path {
            Some(_) => limits::READ_BUFFER,
            None => limits::READ_WITHOUT_IDENTITY,
        };
        let (channel, unsent) = (&mut connection.channel, &mut connection.unsent);
        match channel.receive(room, &mut self.scratch.buffers, unsent) {
            Ok(received) => {
                if let Some(shaken) = received.shaken {
                    self.counts.add(shaken);
                    connection.withheld = received.may_wait;
                }
                connection.heard = self.now.mono;
                if !received.plain.is_empty() {
                    connection.session.handle_bytes(self.now, received.plain);
                }
                // A short read leaves nothing, unless the end is still to be read.
                if received.drained && connection.input == Input::Ready {
                    connection.input = Input::Quiet;
                }
                // The other side may still read: what it sent is answered before the session
                // learns of the end.
                if received.ended {
                    connection.phase = Phase::Ended(self.now.mono);
                }
                self.drive(place);
            }
            Err(Nothing::Yet) => connection.input = Input::Quiet,
            Err(Nothing::Broken) => self.peer_gone(place, Counted::Broken),
            Err(Nothing::Refused(reason)) => self.refuse_tls(place, reason),
        }
    }

    /// Reads what nobody wants to know any more; closes when the other side has.
    fn throw_away(&mut self, place: usize) {
        let Some(connection) = self.connections.get_mut(place) else {
            return;
        };
        let Some(socket) = connection.channel.socket() else {
            return;
        };
        match socket.read(&mut self.scratch.buffers.incoming) {
            Ok(1..) => self.mark_readable(place),
            Err(error) if error.kind() == ErrorKind::WouldBlock => connection.input = Input::Quiet,
            Err(error) if error.kind() == ErrorKind::Interrupted => self.mark_readable(place),
            Ok(0) | Err(_) => self.remove(place),
        }
    }

    /// The other side is gone: the session sees to what it has left, and is closed.
    pub(super) fn peer_gone(&mut self, place: usize, reason: Counted) {
        if let Some(connection) = self.connections.get_mut(place) {
            connection.session.handle_close(self.now, CloseReason::Peer);
            self.drive(place);
            self.cut(place, reason);
        }
    }

    /// Has the connection read in this turn or the next.
    pub(super) fn mark_readable(&mut self, place: usize) {
        if let Some(connection) = self.connections.get_mut(place) {
            self.lists.note_readable(place, connection);
        }
    }

    /// Has the connection wait until there is room (I7).
    pub(super) fn stall(&mut self, place: usize) {
        if let Some(connection) = self.connections.get_mut(place)
            && !std::mem::replace(&mut connection.marks.stalled, true)
        {
            self.lists.stalled.push_back(place);
        }
    }
}
