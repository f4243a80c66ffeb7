//! The gateway process: takes its sockets and hands itself to the event loop.

use std::net::{TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use gateway::worker::{self, GatewayLimits, Listening};
use model::ListenerName;

use super::control::{Word, say};
use super::setup::{BUILD, GatewaySetup, ListenerSetup};
use crate::clock::{SystemClock, SystemEntropy};

/// Runs a gateway until it is drained or its supervisor is gone.
pub(crate) fn run() -> anyhow::Result<()> {
    let (control, setup, descriptors) =
        super::begin(|setup: &GatewaySetup| &setup.common, "gateway")?;
    let mut descriptors = descriptors.into_iter();
    let listeners = setup
        .listeners
        .iter()
        .map(|listener| open(listener, &mut descriptors));
    let listeners = listeners.collect::<anyhow::Result<Vec<_>>>()?;
    say(
        &control,
        &Word::Ready {
            note: String::new(),
        },
    )
    .context("the supervisor is gone")?;
    let worker = worker::GatewaySetup {
        index: setup.index,
        incarnation: setup.common.incarnation,
        build: BUILD.to_owned(),
        listeners,
        link_path: setup.link,
        limits: GatewayLimits::default(),
        clock: Arc::new(SystemClock),
        entropy: Box::new(SystemEntropy),
    };
    worker::run(worker, control)?;
    Ok(())
}

fn open(
    listener: &ListenerSetup,
    descriptors: &mut impl Iterator<Item = OwnedFd>,
) -> anyhow::Result<Listening> {
    let mut socket = || {
        let socket = descriptors.next();
        socket.ok_or_else(|| anyhow!("the supervisor sent no socket for {listener:?}"))
    };
    let stream = TcpListener::from(socket()?);
    let datagrams = listener.udp.then(&mut socket).transpose()?;
    let known = families::FAMILIES
        .iter()
        .find(|known| known.name().as_str() == listener.family);
    let name = ListenerName::parse(&listener.name);
    Ok(Listening {
        name: name.ok_or_else(|| anyhow!("no listener can be called so: {listener:?}"))?,
        family: *known.ok_or_else(|| anyhow!("there is no such family: {listener:?}"))?,
        strangers: listener.strangers.into(),
        tls: listener.tls.map(Into::into),
        stream,
        datagrams: datagrams.map(UdpSocket::from),
    })
}
