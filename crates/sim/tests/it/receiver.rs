//! A receiver of a few lines, over TCP and UDP, that can be told to misbehave, and remembers what
//! it was sent.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use model::{CipherKey, Wall};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::task::JoinSet;
use wire::dc09::{Body, CrcForm, Deframer, Found, Frame, decrypt, reply};

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
    /// NAK, with the receiver's time, where the frame's is over 40 s off; otherwise acknowledges.
    CheckTime,
}

/// The receiver's time for [`Treatment::CheckTime`]: the tests' clock begins here.
pub(crate) const TODAY: Wall = Wall(1_750_000_000_000_000);

/// A frame that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) from: IpAddr,
    pub(crate) account: String,
    pub(crate) covered: Vec<u8>,
    /// How many octets were read along with its last one, itself included.
    pub(crate) read_with: usize,
    /// Whether it opened with the receiver's key.
    pub(crate) opened: bool,
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
        Self::with_key(rule, None).await
    }

    /// A receiver that decrypts, and acknowledges under the same key.
    pub(crate) async fn with_key(rule: Rule, key: Option<CipherKey>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let socket = UdpSocket::bind(address).await.unwrap();
        let received = Arc::<Mutex<Vec<Received>>>::default();
        let desk = Desk {
            received: Arc::clone(&received),
            rule,
            key,
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(take_datagrams(socket, desk.clone()));
        tasks.spawn(accept(listener, desk));
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

/// Who reads and answers.
#[derive(Clone)]
struct Desk {
    received: Arc<Mutex<Vec<Received>>>,
    rule: Rule,
    key: Option<CipherKey>,
}

async fn accept(listener: TcpListener, desk: Desk) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, from) = listener.accept().await.unwrap();
        let desk = desk.clone();
        connections.spawn(async move {
            // A connection that the panel breaks is over, and that is all.
            drop(serve(stream, from.ip(), &desk).await);
        });
    }
}

async fn serve(mut stream: TcpStream, from: IpAddr, desk: &Desk) -> std::io::Result<()> {
    let mut deframer = Deframer::new();
    let mut buffer = [0; 4_096];
    loop {
        let octets = stream.read(&mut buffer).await?;
        if octets == 0 {
            return Ok(());
        }
        let mut input = &buffer[..octets];
        let Some(out) = desk.answer(&mut deframer, &mut input, from) else {
            return Ok(());
        };
        stream.write_all(&out).await?;
    }
}

async fn take_datagrams(socket: UdpSocket, desk: Desk) {
    let mut buffer = [0; 4_096];
    loop {
        let (octets, from) = socket.recv_from(&mut buffer).await.unwrap();
        let mut input = &buffer[..octets];
        let out = desk.answer(&mut Deframer::new(), &mut input, from.ip());
        let frames = input.is_empty();
        assert!(frames, "a datagram is a frame");
        if let Some(out) = out.filter(|out| !out.is_empty()) {
            socket.send_to(&out, from).await.unwrap();
        }
    }
}

impl Desk {
    /// The answers to what the input completes; `None` to hang up.
    fn answer(&self, deframer: &mut Deframer, input: &mut &[u8], from: IpAddr) -> Option<Vec<u8>> {
        let (read_with, mut out) = (input.len(), Vec::new());
        while let Some(found) = deframer.next(input) {
            let Found::Frame(envelope) = found else {
                panic!("a panel sends frames only");
            };
            let covered = envelope.covered();
            let frame = Frame::parse(covered).unwrap();
            let ack = || self.acknowledge(&frame);
            match self.note(from, &frame, covered, read_with) {
                Treatment::AcknowledgeTwice => out.extend([ack(), ack()].concat()),
                Treatment::Duh => out.extend(reply::cannot_process(&frame, CrcForm::Text)),
                Treatment::Lose => {}
                Treatment::HangUp => return None,
                Treatment::CheckTime if self.time(&frame).abs() > 40_000_000 => {
                    out.extend(reply::try_again_at(TODAY, CrcForm::Text));
                }
                Treatment::CheckTime | Treatment::Acknowledge => out.extend(ack()),
            }
        }
        Some(out)
    }

    fn acknowledge(&self, frame: &Frame<'_>) -> Vec<u8> {
        match &self.key {
            Some(key) if frame.encrypted => {
                reply::acknowledge_encrypted(frame, CrcForm::Text, key, [b'p'; _], TODAY)
            }
            _ => reply::acknowledge(frame, CrcForm::Text),
        }
    }

    /// How far the frame's time is from the receiver's, in microseconds.
    fn time(&self, frame: &Frame<'_>) -> i64 {
        let opened = self.open(frame);
        let body = opened.as_deref().unwrap_or(frame.body);
        Body::parse(body).unwrap().sent.unwrap() - TODAY
    }

    fn open(&self, frame: &Frame<'_>) -> Option<Vec<u8>> {
        let key = self.key.as_ref().filter(|_| frame.encrypted)?;
        let plain = decrypt(key, &frame.body[1..]).ok()?;
        Some(plain.body().to_vec())
    }

    fn note(&self, from: IpAddr, frame: &Frame<'_>, covered: &[u8], read_with: usize) -> Treatment {
        let mut received = self.received.lock().unwrap();
        let treatment = (self.rule)(received.len());
        received.push(Received {
            from,
            account: frame.address().unwrap().account.to_string(),
            covered: covered.to_vec(),
            read_with,
            opened: self.open(frame).is_some(),
        });
        treatment
    }
}
