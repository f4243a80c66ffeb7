//! The floor: a server of plain TCP that answers the same messages and does nothing else, one
//! thread in each of as many processes as its connections need files.
//!
//! What a real server takes beyond it is what TLS, admission, states and the record cost; what the
//! floor takes is the kernel's.

mod answers;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};

use anyhow::Context;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use rustix::process::{Signal, set_parent_process_death_signal};

use super::interrupt::Interrupt;
use super::look::{Process, Role};
use answers::answer;

/// Connections of one process, within the 20,000 files of a small machine.
pub(super) const ROOM: u32 = 18_000;

/// Connections that are ready and looked at in one turn.
const READY: usize = 1_024;

/// Octets that are read at once.
const BUFFER: usize = 16_384;

/// Octets that may wait until a connection takes them; who does not read is let go of.
const UNWRITTEN: usize = 65_536;

const LISTENER: Token = Token(usize::MAX);

/// The floor at work; it is stopped when this is dropped.
#[derive(Debug)]
pub(super) struct Floor {
    processes: Vec<(Child, SocketAddr)>,
}

impl Floor {
    /// Starts as many processes as these panels need.
    pub(super) fn start(panels: u32, interrupt: &Interrupt) -> anyhow::Result<Self> {
        let mut floor = Self {
            processes: Vec::new(),
        };
        for _ in 0..panels.div_ceil(ROOM).max(1) {
            interrupt.check()?;
            let mut child = Command::new(std::env::current_exe()?)
                .arg("floor")
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .spawn()?;
            let out = child.stdout.take().context("no standard output")?;
            let mut line = String::new();
            let read = BufReader::new(out).read_line(&mut line);
            // In its place before anything can fail: it is ended with the others.
            let unknown = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
            floor.processes.push((child, unknown));
            read?;
            let address = line.trim().parse().context("the floor told no address")?;
            if let Some((_, place)) = floor.processes.last_mut() {
                *place = address;
            }
        }
        Ok(floor)
    }

    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        self.processes.iter().map(|(_, address)| *address).collect()
    }

    pub(super) fn processes(&self) -> Vec<Process> {
        let process = |(child, _): &(Child, SocketAddr)| Process {
            role: Role::Gateway,
            pid: child.id(),
        };
        self.processes.iter().map(process).collect()
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        for (child, _) in &mut self.processes {
            crate::processes::end(child);
        }
    }
}

/// A connection, and what could not be read or written whole.
struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
    unwritten: Vec<u8>,
}

/// A process of the floor.
pub(crate) fn run() -> anyhow::Result<()> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let mut listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let mut poll = Poll::new()?;
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{}", listener.local_addr()?)?;
    out.flush()?;
    let mut connections: Vec<Option<Connection>> = Vec::new();
    let mut free = Vec::new();
    let mut events = Events::with_capacity(READY);
    let mut buffer = vec![0; BUFFER];
    loop {
        match poll.poll(&mut events, None) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            polled => polled?,
        }
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, &poll, &mut connections, &mut free)?;
                continue;
            }
            let at = event.token().0;
            let Some(place) = connections.get_mut(at) else {
                continue;
            };
            let go_on = place.as_mut().is_some_and(|one| one.serve(&mut buffer));
            if !go_on && place.take().is_some() {
                free.push(at);
            }
        }
    }
}

fn accept(
    listener: &TcpListener,
    poll: &Poll,
    connections: &mut Vec<Option<Connection>>,
    free: &mut Vec<usize>,
) -> anyhow::Result<()> {
    loop {
        let mut stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
            Err(error) => return Err(error.into()),
        };
        stream.set_nodelay(true)?;
        let at = free.pop().unwrap_or(connections.len());
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(at), interest)?;
        let connection = Some(Connection {
            stream,
            unread: Vec::new(),
            unwritten: Vec::new(),
        });
        match connections.get_mut(at) {
            Some(place) => *place = connection,
            None => connections.push(connection),
        }
    }
}

impl Connection {
    /// Reads and answers all that is there; whether the connection goes on.
    fn serve(&mut self, buffer: &mut [u8]) -> bool {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return false,
                Ok(octets) => {
                    let read = buffer.get(..octets).unwrap_or_default();
                    if !self.take(read) {
                        return false;
                    }
                    // Less than there is room for is all that there is: nothing comes unnoticed,
                    // since what comes later makes the connection ready again.
                    if octets < buffer.len() {
                        return self.write();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return self.write(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
    }

    /// Answers whole packets and keeps the rest.
    fn take(&mut self, read: &[u8]) -> bool {
        if self.unread.is_empty() {
            let Ok(taken) = answer(read, &mut self.unwritten) else {
                return false;
            };
            self.unread.extend(read.get(taken..).unwrap_or_default());
            return true;
        }
        self.unread.extend(read);
        let Ok(taken) = answer(&self.unread, &mut self.unwritten) else {
            return false;
        };
        self.unread.drain(..taken);
        true
    }

    fn write(&mut self) -> bool {
        while !self.unwritten.is_empty() {
            match self.stream.write(&self.unwritten) {
                Ok(0) => return false,
                Ok(octets) => drop(self.unwritten.drain(..octets)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return self.unwritten.len() <= UNWRITTEN;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        // Nothing is kept of an idle connection but its socket.
        self.unwritten = Vec::new();
        true
    }
}
