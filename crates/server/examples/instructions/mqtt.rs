//! The session of the panel protocol, driven as the gateway's loop drives it.

use std::sync::Arc;

use anyhow::ensure;
use families::mqtt::Mqtt;
use model::{Account, AckMode, Committed, EventSeq, ListenerName, PanelIndex, PathIndex, Proven};
use proto::{
    Admitted, Family, Identity, Outgoing, Session, SessionBounds, SessionEvent, SessionSetting,
    Strangers,
};
use wire::mqtt::Packet;

use crate::calm::NOW;
use crate::count::counted;
use crate::messages;

/// A connection, and a gateway and an engine that do at once what its session wants.
#[derive(Debug)]
pub(crate) struct Line {
    session: Box<dyn Session>,
    admitted: Arc<Admitted>,
    /// What the panel is to hear; taken away after each request, as the socket does.
    pub(crate) heard: Vec<u8>,
    pub(crate) signals: Vec<Outgoing>,
}

impl Line {
    pub(crate) fn new(family: &dyn Family, admitted: &Arc<Admitted>) -> anyhow::Result<Self> {
        let setting = SessionSetting {
            listener: listener()?,
            strangers: Strangers::Decline,
            seed: [7; 16],
            bounds: SessionBounds::default(),
        };
        Ok(Self {
            session: family.open_stream(setting),
            admitted: Arc::clone(admitted),
            heard: Vec::new(),
            signals: Vec::new(),
        })
    }

    /// A panel that was let in.
    fn live(account: &Account) -> anyhow::Result<Self> {
        let mut line = Self::new(&Mqtt, &admitted())?;
        line.say(&messages::connect(account)?);
        ensure!(line.is_answered(), "CONNECT was not answered");
        Ok(line)
    }

    /// Octets came in: does what the session wants, until it wants nothing.
    pub(crate) fn say(&mut self, octets: &[u8]) {
        self.heard.clear();
        self.session.handle_bytes(NOW, octets);
        while let Some(event) = self.session.poll_event() {
            match event {
                SessionEvent::Identify(_) => {
                    let identity = Identity::Admitted(Arc::clone(&self.admitted));
                    self.session.handle_identity(NOW, identity);
                }
                SessionEvent::Signal(outgoing) => {
                    let (token, key) = (outgoing.token, outgoing.key);
                    let proof = Committed::attest(token, key, EventSeq(1), AckMode::Stored);
                    self.session.handle_committed(NOW, proof);
                    self.signals.push(*outgoing);
                }
                _ => {}
            }
        }
        while self.session.poll_transmit(&mut self.heard) {}
    }

    pub(crate) fn is_answered(&self) -> bool {
        !self.heard.is_empty()
    }
}

pub(crate) fn listener() -> anyhow::Result<ListenerName> {
    ListenerName::parse("mqtt").ok_or_else(|| anyhow::anyhow!("a listener's name"))
}

/// The path of the panels here, proven by a certificate.
pub(crate) fn admitted() -> Arc<Admitted> {
    Arc::new(Admitted {
        proven: Proven::ByCertificate,
        ..Admitted::plain(PanelIndex(3), PathIndex(5))
    })
}

/// Connections that are accepted, say CONNECT, and are let in.
pub(crate) fn connects(requests: u32) -> anyhow::Result<()> {
    let account = messages::account(1)?;
    let connect = messages::connect(&account)?;
    let admitted = admitted();
    let mut lines = Vec::with_capacity(usize::try_from(requests)?);
    counted(|| {
        for _ in 0..requests {
            let mut line = Line::new(&Mqtt, &admitted)?;
            line.say(&connect);
            lines.push(line);
        }
        anyhow::Ok(())
    })?;
    ensure!(
        lines.iter().all(Line::is_answered),
        "CONNECT was not answered"
    );
    Ok(())
}

/// Has a panel that was let in say the same again and again.
fn again(octets: &[u8], requests: u32) -> anyhow::Result<()> {
    let mut line = Line::live(&messages::account(1)?)?;
    line.say(octets);
    let answered = counted(|| {
        let mut answered = 0;
        for _ in 0..requests {
            line.say(octets);
            answered += u32::from(line.is_answered());
        }
        answered
    });
    ensure!(
        answered == requests,
        "{answered} of {requests} were answered"
    );
    Ok(())
}

/// PINGREQ, PINGRESP.
pub(crate) fn pings(requests: u32) -> anyhow::Result<()> {
    again(&messages::packet(&Packet::PingReq)?, requests)
}

/// PUBLISH of a status report, PUBACK.
pub(crate) fn status(requests: u32) -> anyhow::Result<()> {
    again(&messages::status(&messages::account(1)?)?, requests)
}

/// PUBLISH of an event, the proof that it is stored, PUBACK.
pub(crate) fn events(requests: u32) -> anyhow::Result<()> {
    let account = messages::account(1)?;
    let mut line = Line::live(&account)?;
    let events = (0..=requests).map(|number| messages::event(&account, number));
    let events = events.collect::<anyhow::Result<Vec<_>>>()?;
    let (first, others) = events.split_first().expect("one more than is counted");
    line.say(first);
    line.signals.reserve(events.len());
    let answered = counted(|| {
        let mut answered = 0;
        for event in others {
            line.say(event);
            answered += u32::from(line.is_answered());
        }
        answered
    });
    ensure!(
        answered == requests,
        "{answered} of {requests} were answered"
    );
    Ok(())
}

/// The first events of a panel, as its session hands them on.
pub(crate) fn outgoing(account: &Account, count: u32) -> anyhow::Result<Vec<Outgoing>> {
    let mut line = Line::live(account)?;
    for number in 0..count {
        line.say(&messages::event(account, number)?);
    }
    Ok(line.signals)
}
