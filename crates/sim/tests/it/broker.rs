//! A server of MQTT under TLS, or in clear, of a few lines, that can be told to misbehave, and remembers what
//! it was sent.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use rustls::{HandshakeKind, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sim::authority::Papers;
use sim::tls::{TrustTerms, Versions};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use wire::mqtt::{
    ConnAck, Decoder, Disconnect, Level, Packet, PubAck, Publish, ReasonCode, encode,
};
use x509_parser::prelude::{FromDer, X509Certificate};

/// What the server does with a publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treat {
    Acknowledge,
    /// As if it had never come.
    Lose,
    /// Takes it, and closes the connection instead of an answer.
    HangUp,
    /// Says that it goes down, and when to come back.
    Farewell,
}

/// What one CONNECT and the certificate before it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    pub(crate) client_id: String,
    pub(crate) certified: Option<String>,
    pub(crate) password: Option<Vec<u8>>,
    pub(crate) resumed: bool,
    pub(crate) level: Level,
}

/// A publish, and by which caller, counted from 0.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    pub(crate) caller: usize,
    pub(crate) publish: Publish,
}

#[derive(Debug, Default)]
struct Memory {
    callers: Vec<Caller>,
    heard: Vec<Heard>,
    /// Connections open now, and those whose other side has ended them.
    open: usize,
    ended: usize,
}

pub(crate) struct Broker {
    pub(crate) address: SocketAddr,
    /// The root under which its certificate is, PEM.
    root: String,
    /// The panels' authority.
    papers: Papers,
    memory: Arc<Mutex<Memory>>,
    /// Rings when every connection is to be closed.
    closing: watch::Sender<()>,
    _tasks: JoinSet<()>,
}

/// What to do with the nth publish, counted from 0 over all connections; and with which reason to
/// answer the nth CONNECT.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) publish: fn(usize) -> Treat,
    pub(crate) connect: fn(usize) -> ReasonCode,
}

pub(crate) const KIND: Rules = Rules {
    publish: |_| Treat::Acknowledge,
    connect: |_| ReasonCode::Success,
};

impl Broker {
    pub(crate) async fn start(rules: Rules) -> Self {
        Self::listen(rules, true).await
    }

    /// Without TLS.
    pub(crate) async fn start_in_clear(rules: Rules) -> Self {
        Self::listen(rules, false).await
    }

    async fn listen(rules: Rules, tls: bool) -> Self {
        let (root, chain, key) = certificate();
        let papers = Papers::new().unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(papers.certificate.as_bytes()).unwrap())
            .unwrap();
        let verifier =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .allow_unauthenticated()
                .build()
                .unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(rustls::ALL_VERSIONS)
            .unwrap()
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let memory = Arc::<Mutex<Memory>>::default();
        let (closing, closed) = watch::channel(());
        let desk = Desk {
            memory: Arc::clone(&memory),
            closing: closed,
            rules,
        };
        let mut tasks = JoinSet::new();
        let acceptor = tls.then(|| TlsAcceptor::from(Arc::new(config)));
        tasks.spawn(accept(listener, acceptor, desk));
        Self {
            address,
            root,
            papers,
            memory,
            closing,
            _tasks: tasks,
        }
    }

    /// What a fleet must know to be let in.
    pub(crate) fn trust(&self) -> TrustTerms {
        TrustTerms {
            server_ca: self.root.clone(),
            server_name: "127.0.0.1".to_owned(),
            authority: Some(self.papers.clone()),
            versions: Versions::Both,
            resumption: true,
        }
    }

    pub(crate) fn callers(&self) -> Vec<Caller> {
        self.memory.lock().unwrap().callers.clone()
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.memory.lock().unwrap().heard.clone()
    }

    /// Closes every connection, without a word.
    pub(crate) fn close_all(&self) {
        self.closing.send_replace(());
    }

    /// Connections open now, and those that the other side has ended.
    pub(crate) fn connections(&self) -> (usize, usize) {
        let memory = self.memory.lock().unwrap();
        (memory.open, memory.ended)
    }
}

/// The server's own root, and its certificate for 127.0.0.1 under it.
fn certificate() -> (String, Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let root_key = KeyPair::generate().unwrap();
    let mut root = CertificateParams::default();
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let pem = root.self_signed(&root_key).unwrap().pem();
    let issuer = rcgen::Issuer::new(root, root_key);
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let pkcs8 = PrivatePkcs8KeyDer::from(key.serialize_der());
    (pem, vec![certificate.der().clone()], pkcs8.into())
}

#[derive(Clone)]
struct Desk {
    memory: Arc<Mutex<Memory>>,
    closing: watch::Receiver<()>,
    rules: Rules,
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, desk: Desk) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (acceptor, desk) = (acceptor.clone(), desk.clone());
        connections.spawn(async move {
            let Some(acceptor) = acceptor else {
                return desk.host(stream, Shown::default()).await;
            };
            if let Ok(stream) = acceptor.accept(stream).await {
                let shown = Shown::of(&stream);
                desk.host(stream, shown).await;
            }
        });
    }
}

/// What the handshake of a connection showed.
#[derive(Clone, Default)]
struct Shown {
    certified: Option<String>,
    resumed: bool,
}

impl Shown {
    fn of(stream: &tokio_rustls::server::TlsStream<tokio::net::TcpStream>) -> Self {
        let (_, tls) = stream.get_ref();
        let certified = tls.peer_certificates().map(|chain| {
            let (_, read) = X509Certificate::from_der(&chain[0]).unwrap();
            read.subject().to_string()
        });
        Self {
            certified,
            resumed: tls.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }
}

impl Desk {
    /// Serves a connection from its beginning to its end.
    async fn host(&self, stream: impl AsyncRead + AsyncWrite + Unpin, shown: Shown) {
        self.memory.lock().unwrap().open += 1;
        let ended = self.serve(stream, shown).await.unwrap_or(true);
        let mut memory = self.memory.lock().unwrap();
        memory.open -= 1;
        memory.ended += usize::from(ended);
    }

    /// Serves a connection; whether the other side ended it.
    async fn serve(
        &self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        shown: Shown,
    ) -> std::io::Result<bool> {
        let mut decoder = Decoder::server(16_384);
        let mut buffer = [0; 4_096];
        let mut caller = None;
        let mut closing = self.closing.clone();
        closing.mark_unchanged();
        loop {
            let octets = tokio::select! {
                octets = stream.read(&mut buffer) => octets?,
                _ = closing.changed() => return Ok(false),
            };
            if octets == 0 {
                return Ok(true);
            }
            let (mut input, mut out) = (&buffer[..octets], Vec::new());
            let mut go_on = true;
            while let Some(packet) = decoder.next(&mut input).unwrap() {
                let level = decoder.level().unwrap();
                let answer = match packet {
                    Packet::Connect(connect) => {
                        let (place, reason) = self.let_in(shown.clone(), level, *connect);
                        caller = Some(place);
                        go_on &= !reason.is_error();
                        Some(Packet::ConnAck(Box::new(ConnAck::because(reason))))
                    }
                    Packet::Publish(publish) => {
                        let caller = caller.expect("CONNECT comes first");
                        self.take(caller, publish, &mut go_on)
                    }
                    Packet::PingReq => Some(Packet::PingResp),
                    Packet::Disconnect(_) => None,
                    other => panic!("a panel says no such thing: {other:?}"),
                };
                if let Some(answer) = answer {
                    encode(&answer, level, &mut out).unwrap();
                }
            }
            stream.write_all(&out).await?;
            stream.flush().await?;
            if !go_on {
                return Ok(false);
            }
        }
    }

    fn let_in(
        &self,
        shown: Shown,
        level: Level,
        connect: wire::mqtt::Connect,
    ) -> (usize, ReasonCode) {
        let mut memory = self.memory.lock().unwrap();
        memory.callers.push(Caller {
            client_id: connect.client_id,
            certified: shown.certified,
            password: connect.password.map(|password| password.expose().to_vec()),
            resumed: shown.resumed,
            level,
        });
        let place = memory.callers.len() - 1;
        (place, (self.rules.connect)(place))
    }

    fn take(&self, caller: usize, publish: Publish, go_on: &mut bool) -> Option<Packet> {
        let mut memory = self.memory.lock().unwrap();
        let treat = (self.rules.publish)(memory.heard.len());
        let packet_id = publish.packet_id;
        memory.heard.push(Heard { caller, publish });
        drop(memory);
        let acknowledge = |id| Packet::PubAck(PubAck::because(id, ReasonCode::Success));
        match treat {
            Treat::Acknowledge => packet_id.map(acknowledge),
            Treat::Lose => None,
            Treat::HangUp => {
                *go_on = false;
                None
            }
            Treat::Farewell => {
                *go_on = false;
                let hint = ("retry-after".to_owned(), "0".to_owned());
                Some(Packet::Disconnect(Disconnect {
                    user_properties: vec![hint],
                    ..Disconnect::because(ReasonCode::ServerShuttingDown)
                }))
            }
        }
    }
}
