//! A world with TLS, and panels that speak it.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use gateway::worker::{GatewayLimits, Rate};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, HandshakeKind, StreamOwned, SupportedProtocolVersion,
};

use crate::pki::{Authority, Holder, client, material};
use crate::world::{Engine, PATIENCE, World, eventually, generous};

pub(crate) const BOTH: [&SupportedProtocolVersion; 2] = [&TLS13, &TLS12];

/// A rate that nobody reaches.
pub(crate) const UNLIMITED: Rate = Rate {
    per_second: 1_000_000,
    burst: 1_000_000,
};

/// An authority that has signed the server and the panels.
pub(crate) struct House {
    pub(crate) root: Authority,
    pub(crate) server: Holder,
}

impl House {
    pub(crate) fn new() -> Self {
        let root = Authority::new("house");
        let server = root.issue("server");
        Self { root, server }
    }

    /// A client with a certificate of this account.
    pub(crate) fn panel(&self, account: &str) -> Arc<ClientConfig> {
        client(&self.root, Some(&self.root.issue(account)), &BOTH)
    }

    /// A client without certificate.
    pub(crate) fn nameless(&self) -> Arc<ClientConfig> {
        client(&self.root, None, &BOTH)
    }

    /// Gives the gateway material with these ticket keys, and waits until it is there.
    pub(crate) fn open(&self, world: &World, version: u64, tickets: &[u8]) {
        let roots = [&self.root];
        world
            .tls
            .give(material(version, &self.server, &roots, tickets));
    }

    /// A gateway with material, and its engine, which commits everything.
    pub(crate) fn world(&self) -> (World, Engine) {
        self.world_with(generous())
    }

    pub(crate) fn world_with(&self, limits: GatewayLimits) -> (World, Engine) {
        let (world, engine) = World::with_engine(limits);
        world.intake.commit_by_itself();
        self.open(&world, 1, &[1]);
        (world, engine)
    }
}

/// A panel's connection under TLS.
pub(crate) struct Secure(pub(crate) BufReader<StreamOwned<ClientConnection, TcpStream>>);

impl Secure {
    pub(crate) fn to(address: SocketAddr, config: &Arc<ClientConfig>) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        let name = "localhost".try_into().unwrap();
        let connection = ClientConnection::new(Arc::clone(config), name).unwrap();
        Self(BufReader::new(StreamOwned::new(connection, socket)))
    }

    /// Shakes hands, and says nothing.
    pub(crate) fn shake(&mut self) {
        let StreamOwned { conn, sock } = self.0.get_mut();
        while conn.is_handshaking() {
            conn.complete_io(sock).unwrap();
        }
    }

    /// Says something; what is wrong is found out by reading.
    pub(crate) fn send(&mut self, text: &str) {
        let stream = self.0.get_mut();
        let _sent = stream.write_all(text.as_bytes());
        let _flushed = stream.flush();
    }

    /// The next line, or why there is none; empty at the end in order.
    pub(crate) fn read(&mut self) -> std::io::Result<String> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }

    pub(crate) fn line(&mut self) -> String {
        self.read().expect("an answer")
    }

    /// What is said, and answered so.
    pub(crate) fn ask(&mut self, text: &str) -> String {
        self.send(&format!("{text}\n"));
        self.line()
    }

    /// What TLS found wrong.
    pub(crate) fn trouble(&mut self) -> rustls::Error {
        self.send("1 0 null\n");
        let error = self.read().expect_err("something is wrong");
        let kind = error.kind();
        let inner = error.into_inner().and_then(|inner| inner.downcast().ok());
        *inner.unwrap_or_else(|| panic!("no word of TLS: {kind:?}"))
    }

    /// Whether the other side has ended it by a word of TLS, not only of TCP.
    pub(crate) fn is_ended_in_order(&mut self) -> bool {
        match self.read() {
            Ok(line) => line.is_empty(),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => false,
            Err(error) => panic!("neither an end nor a line: {error}"),
        }
    }

    /// How the handshake was done.
    pub(crate) fn kind(&self) -> Option<HandshakeKind> {
        self.0.get_ref().conn.handshake_kind()
    }
}

/// Waits until the gateway says that it has counted so many.
pub(crate) fn counts(engine: &Engine, reason: &str, count: u64) {
    eventually(reason, || engine.counted(reason) == count);
}
