//! Waiting until something happens, not too often and not too long.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use mio::Token;
use model::{Mono, Now, limits};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::connection::Input;
use super::{CONNECTIONS, CONTROL, DATAGRAMS, EVENTS, GatewayError, LISTENERS, Worker, uplink};

/// The supervisor's word for "drain and end".
const DRAIN: u8 = b'D';

impl Worker {
    /// Waits for readiness or the next deadline, and notes what is ready. `false` if there was
    /// more than one look shows.
    pub(super) fn wait(&mut self) -> Result<bool, GatewayError> {
        let patience = self.patience();
        if !patience.is_zero() {
            self.gather();
        }
        match self.poll.poll(&mut self.events, Some(patience)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => {
                return Err(GatewayError::Poll(error));
            }
            _ => {}
        }
        self.now = Now {
            suspect: self.promise.clock_is_suspect(), // R3
            ..self.clock.now()
        };
        let mut count = 0;
        for event in &self.events {
            count += 1;
            let readable = event.is_readable() || event.is_read_closed() || event.is_error();
            let writable = event.is_writable() || event.is_error();
            match event.token() {
                token if uplink::TOKENS.contains(&token) => {
                    self.uplink.stir(token, readable, writable);
                }
                CONTROL => self.control_stirred = true,
                Token(token) if token >= CONNECTIONS => {
                    let place = token - CONNECTIONS;
                    let ending = event.is_read_closed() || event.is_error();
                    if let Some(connection) = self.connections.get_mut(place) {
                        if ending {
                            connection.input = Input::Ending;
                        } else if readable && connection.input == Input::Quiet {
                            connection.input = Input::Ready;
                        }
                        if readable {
                            self.lists.note_readable(place, connection);
                        }
                        if writable
                            && !connection.unsent.is_empty()
                            && !std::mem::replace(&mut connection.marks.touched, true)
                        {
                            self.lists.touched.push(place);
                        }
                    }
                }
                Token(token) if token >= DATAGRAMS => self.datagrams.stir(token - DATAGRAMS),
                Token(token) => self.gate.stir(token - LISTENERS),
            }
        }
        Ok(count < EVENTS)
    }

    /// Under load, lets wakeups by sockets gather for a moment; an answer of the engine ends it.
    fn gather(&self) {
        let since = self.clock.now().mono.since(self.now.mono);
        let most = if self.window.is_empty() {
            limits::WAKE_GATHER_CALM
        } else {
            limits::WAKE_GATHER
        };
        let Some(rest) = most.checked_sub(since) else {
            return; // The last turn is long ago, or was long: nothing to gather.
        };
        let Some(urgent) = self.uplink.urgent() else {
            return;
        };
        let timeout = Timespec::try_from(rest).ok();
        // Interrupted or not, the loop goes on to look at everything.
        let _ready = poll(&mut [PollFd::new(&urgent, PollFlags::IN)], timeout.as_ref());
    }

    /// How long nothing needs to be done if nothing happens.
    fn patience(&self) -> Duration {
        let left_over = !self.lists.readable.is_empty()
            || !self.lists.handshaking.is_empty()
            || !self.lists.touched.is_empty()
            || (!self.lists.stalled.is_empty() && self.has_room())
            || self.uplink.has_more()
            || (self.gate.has_more(self.securing.is_ready()) && self.may_accept())
            || (self.datagrams.has_more() && self.may_read_datagrams());
        if left_over {
            return Duration::ZERO;
        }
        let most = if self.drain.is_some() {
            limits::LINK_RETRY
        } else {
            limits::LINK_PERIOD
        };
        let deadlines = [self.wheel.next(), self.uplink.wakes_at()];
        let deadlines = deadlines.into_iter().flatten();
        let soonest = deadlines.fold(self.now.mono.after(most), Mono::min);
        soonest.since(self.now.mono)
    }

    /// Reads the control stream, where something has come: a word, or its end.
    pub(super) fn hear_supervisor(&mut self) -> Result<(), GatewayError> {
        if !self.control_stirred {
            return Ok(());
        }
        let mut words = [0; 16];
        match self.control.read(&mut words) {
            Ok(0) => Err(GatewayError::SupervisorGone),
            Ok(count) => {
                if words[..count].contains(&DRAIN) {
                    self.begin_drain("the supervisor asks for it");
                }
                Ok(())
            }
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => {
                    self.control_stirred = false;
                    Ok(())
                }
                ErrorKind::Interrupted => Ok(()),
                ErrorKind::ConnectionReset => Err(GatewayError::SupervisorGone),
                _ => Err(GatewayError::Control(error)),
            },
        }
    }
}
