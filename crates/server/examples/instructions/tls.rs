//! A gateway's end of TLS 1.3: handshakes, and the records of a status report and of its PUBACK.

use std::io::{Read, Write};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use gateway::tls::{ClientCertificates, Configurations, Secured};
use model::limits;
use proto::Counted;
use rustls::{ClientConfig, ClientConnection};

use crate::calm::NOW;
use crate::count::counted;
use crate::messages;
use crate::pki::{Pki, SERVER};

/// A panel that connects, and the gateway's end of its connection.
struct Connection {
    panel: ClientConnection,
    server: Option<Secured>,
}

/// What a gateway has for all connections.
struct Gateway {
    configurations: Configurations,
    incoming: Vec<u8>,
    plain: Vec<u8>,
    out: Vec<u8>,
}

impl Connection {
    fn new(panel: &Arc<ClientConfig>) -> anyhow::Result<Self> {
        let panel = ClientConnection::new(Arc::clone(panel), SERVER.try_into()?)?;
        Ok(Self {
            panel,
            server: None,
        })
    }

    /// All that the panel has to say.
    fn said(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut said = Vec::new();
        while self.panel.wants_write() {
            self.panel.write_tls(&mut said)?;
        }
        Ok(said)
    }

    /// The panel hears; answers how many octets of it were for its session.
    fn hear(&mut self, mut octets: &[u8]) -> anyhow::Result<usize> {
        let mut heard = 0;
        while !octets.is_empty() {
            self.panel.read_tls(&mut octets)?;
            let state = self.panel.process_new_packets()?;
            let mut plain = vec![0; state.plaintext_bytes_to_read()];
            self.panel.reader().read_exact(&mut plain)?;
            heard += plain.len();
        }
        Ok(heard)
    }
}

impl Gateway {
    fn new(pki: &Pki) -> anyhow::Result<Self> {
        Ok(Self {
            configurations: pki.server()?,
            incoming: vec![0; limits::READ_BUFFER + limits::TLS_PARTIAL],
            plain: Vec::new(),
            out: Vec::new(),
        })
    }

    fn accept(&self) -> anyhow::Result<Secured> {
        Ok(Secured::new(
            self.configurations.of(ClientCertificates::Required),
        )?)
    }

    /// Octets came in, as a read of the socket brings them. What they say is in `plain`, what is to be
    /// answered in `out`.
    fn take(&mut self, server: &mut Secured, octets: &[u8]) -> anyhow::Result<Option<Counted>> {
        self.plain.clear();
        self.out.clear();
        let kept = server.put_back(&mut self.incoming);
        let end = kept + octets.len();
        self.incoming[kept..end].copy_from_slice(octets);
        let at_hand = &mut self.incoming[..end];
        let most = limits::TLS_PARTIAL;
        let taken = server.take(at_hand, most, &mut self.plain, &mut self.out);
        match taken {
            Ok(progress) => Ok(progress.shaken),
            Err(reason) => bail!("TLS failed: {}", reason.as_str()),
        }
    }

    /// Shakes hands with all of them; what the gateway does for it is counted.
    fn shake_hands(&mut self, panels: &[Arc<ClientConfig>], kind: Counted) -> anyhow::Result<()> {
        let connections = panels.iter().map(Connection::new);
        let mut connections = connections.collect::<anyhow::Result<Vec<_>>>()?;
        let hellos = connections.iter_mut().map(Connection::said);
        let hellos = hellos.collect::<anyhow::Result<Vec<_>>>()?;
        let answers = counted(|| {
            let begin = |(connection, hello): (&mut Connection, &Vec<u8>)| {
                let server = connection.server.insert(self.accept()?);
                self.take(server, hello)?;
                anyhow::Ok(self.out.clone())
            };
            let pairs = connections.iter_mut().zip(&hellos);
            pairs.map(begin).collect::<anyhow::Result<Vec<_>>>()
        })?;
        let mut finals = Vec::new();
        for (connection, answer) in connections.iter_mut().zip(&answers) {
            connection.hear(answer)?;
            finals.push(connection.said()?);
        }
        let tickets = counted(|| {
            let end = |(connection, last): (&mut Connection, &Vec<u8>)| {
                let server = connection.server.as_mut().context("it has begun")?;
                let shaken = self.take(server, last)?;
                ensure!(
                    shaken == Some(kind),
                    "the handshake was another: {shaken:?}"
                );
                // The engine is asked who it is by what the certificate says.
                let chain = server.certificates().context("no certificate")?;
                self.configurations.authorities().read(chain, NOW.wall)?;
                anyhow::Ok(self.out.clone())
            };
            let pairs = connections.iter_mut().zip(&finals);
            pairs.map(end).collect::<anyhow::Result<Vec<_>>>()
        })?;
        for (connection, ticket) in connections.iter_mut().zip(&tickets) {
            connection.hear(ticket)?;
        }
        Ok(())
    }
}

/// Full mutual handshakes: both sides show a certificate. What a gateway reads of the panel's is
/// part of it.
pub(crate) fn handshakes(requests: u32) -> anyhow::Result<()> {
    let pki = Pki::new()?;
    let panels = pki.panels(requests)?;
    Gateway::new(&pki)?.shake_hands(&panels, Counted::HandshakeFull)
}

/// Handshakes with the ticket of the one before.
pub(crate) fn resumptions(requests: u32) -> anyhow::Result<()> {
    let pki = Pki::new()?;
    let panels = pki.panels(requests)?;
    let mut gateway = Gateway::new(&pki)?;
    for panel in &panels {
        gateway.greet(panel)?;
    }
    gateway.shake_hands(&panels, Counted::HandshakeResumed)
}

impl Gateway {
    /// Shakes hands with a panel; nothing of it is counted.
    fn greet(&mut self, panel: &Arc<ClientConfig>) -> anyhow::Result<(ClientConnection, Secured)> {
        let mut connection = Connection::new(panel)?;
        let mut server = self.accept()?;
        while server.is_handshaking() {
            let said = connection.said()?;
            ensure!(!said.is_empty(), "the panel has nothing to say");
            self.take(&mut server, &said)?;
            connection.hear(&self.out)?;
        }
        Ok((connection.panel, server))
    }
}

/// A PUBACK of MQTT 5, which is what a status report is answered by.
const PUBACK: [u8; 4] = [0x40, 2, 0, 1];

/// The record of a status report opened, that of its PUBACK sealed.
pub(crate) fn status(requests: u32) -> anyhow::Result<()> {
    let pki = Pki::new()?;
    let mut gateway = Gateway::new(&pki)?;
    let panel = pki.panels(1)?.pop().context("one panel")?;
    let (panel, mut server) = gateway.greet(&panel)?;
    let mut connection = Connection {
        panel,
        server: None,
    };
    let report = messages::status(&messages::account(0)?)?;
    let mut records = Vec::new();
    for _ in 0..=requests {
        connection.panel.writer().write_all(&report)?;
        records.push(connection.said()?);
    }
    let (first, others) = records.split_first().context("one more than is counted")?;
    let mut answer = |record: &[u8]| {
        gateway.take(&mut server, record)?;
        server.seal(&PUBACK, &mut gateway.out);
        anyhow::Ok((gateway.plain.len(), gateway.out.len()))
    };
    let (opened, sealed) = answer(first)?;
    ensure!(opened == report.len() && sealed > PUBACK.len());
    counted(|| {
        for record in others {
            let (opened, sealed) = answer(record)?;
            ensure!(opened == report.len() && sealed > PUBACK.len());
        }
        Ok(())
    })
}
