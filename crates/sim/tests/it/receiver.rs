//! A receiver of a few lines that can be told to misbehave, and remembers what it was sent.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use wire::dc09::{CrcForm, Deframer, Found, Frame, reply};

/// What the receiver does with a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treatment {
    Acknowledge,
    /// As if it had never come.
    Lose,
    /// Acknowledges twice.
    AcknowledgeTwice,
    /// Takes it, and closes the connection instead of an answer.
    HangUp,
    Duh,
}

/// A frame that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) from: IpAddr,
    pub(crate) account: String,
    pub(crate) covered: Vec<u8>,
}

pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    _tasks: JoinSet<()>,
}

/// What to do with the nth frame, counted from 0 over all connections.
type Rule = fn(usize) -> Treatment;

impl Receiver {
    pub(crate) async fn start(rule: Rule) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&received), rule));
        Self {
            address,
            received,
            _tasks: tasks,
        }
    }

    /// Everything that came, in its order.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}

async fn accept(listener: TcpListener, received: Arc<Mutex<Vec<Received>>>, rule: Rule) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, from) = listener.accept().await.unwrap();
        let received = Arc::clone(&received);
        connections.spawn(async move {
            // A connection that the panel breaks is over, and that is all.
            drop(serve(stream, from.ip(), &received, rule).await);
        });
    }
}

async fn serve(
    mut stream: TcpStream,
    from: IpAddr,
    received: &Mutex<Vec<Received>>,
    rule: Rule,
) -> std::io::Result<()> {
    let mut deframer = Deframer::new();
    let mut buffer = [0; 4_096];
    loop {
        let octets = stream.read(&mut buffer).await?;
        if octets == 0 {
            return Ok(());
        }
        let (mut input, mut out) = (&buffer[..octets], Vec::new());
        while let Some(found) = deframer.next(&mut input) {
            let Found::Frame(envelope) = found else {
                panic!("a panel sends frames only");
            };
            let frame = Frame::parse(envelope.covered()).unwrap();
            let treatment = note(received, from, &frame, envelope.covered(), rule);
            let ack = || reply::acknowledge(&frame, CrcForm::Text);
            match treatment {
                Treatment::Acknowledge => out.extend(ack()),
                Treatment::AcknowledgeTwice => out.extend([ack(), ack()].concat()),
                Treatment::Duh => out.extend(reply::cannot_process(&frame, CrcForm::Text)),
                Treatment::Lose => {}
                Treatment::HangUp => return Ok(()),
            }
        }
        stream.write_all(&out).await?;
    }
}

fn note(
    received: &Mutex<Vec<Received>>,
    from: IpAddr,
    frame: &Frame<'_>,
    covered: &[u8],
    rule: Rule,
) -> Treatment {
    let mut received = received.lock().unwrap();
    let treatment = rule(received.len());
    received.push(Received {
        from,
        account: frame.address().unwrap().account.to_string(),
        covered: covered.to_vec(),
    });
    treatment
}
