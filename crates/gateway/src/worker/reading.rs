//! From sockets to sessions.

use std::io::{ErrorKind, Read};

use model::limits;
use proto::{CloseReason, Counted};

use super::Worker;
use super::connection::{Channel, Input, Phase};

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

    fn read_socket(&mut self, place: usize) {
        let has_room = self.has_room();
        let Some(connection) = self.connections.get_mut(place) else {
            return;
        };
        connection.marks.readable = false;
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
        let Channel::Stream(socket) = &mut connection.channel else {
            return; // A datagram was read as a whole.
        };
        let buffer = &mut self.scratch.read[..room];
        match socket.read(buffer) {
            Ok(0) => self.peer_ended(place),
            Ok(count) => {
                connection.heard = self.now.mono;
                connection.session.handle_bytes(self.now, &buffer[..count]);
                // A short read leaves nothing, unless the end is still to be read.
                if count < room && connection.input == Input::Ready {
                    connection.input = Input::Quiet;
                }
                self.drive(place);
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => connection.input = Input::Quiet,
                ErrorKind::Interrupted => self.mark_readable(place),
                _ => self.peer_gone(place, Counted::Broken),
            },
        }
    }

    /// The other side closed its direction. It may still read: what it sent is answered before
    /// the session learns of the end.
    fn peer_ended(&mut self, place: usize) {
        if let Some(connection) = self.connections.get_mut(place) {
            connection.phase = Phase::Ended(self.now.mono);
            self.drive(place);
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
        if let Some(connection) = self.connections.get_mut(place)
            && !std::mem::replace(&mut connection.marks.readable, true)
        {
            self.lists.readable.push(place);
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
