//! What simulated panels on mutual TLS weigh: octets of the process for each that is connected and
//! idle, and CPU time of the process for each report and its answer.
//!
//! ```text
//! cargo run --release -p sim --example weight -- idle PANELS [clear] [no-tickets]
//! cargo run --release -p sim --example weight -- paced PANELS SECONDS RATE [clear]
//! cargo run --release -p sim --example weight -- most PANELS SECONDS [clear]
//! ```
//!
//! The responder is a process of its own, which says yes to everything. For instructions, run the
//! last under `valgrind --tool=callgrind` and divide by the reports that it tells of. Times are
//! read here, with the operating system's clocks, since this is a tool for people.

#![expect(clippy::print_stdout, reason = "a tool for people")]

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use model::{Clock, Mono, Now, Wall};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use sim::authority::Papers;
use sim::fleet::Sources;
use sim::mqtt::Timeline;
use sim::order::{Accounts, MqttTerms, Order, Part, Speaks, Version};
use sim::run::Run;
use sim::scenario::{Rate, Scenario};
use sim::terms::Span;
use sim::tls::{TrustTerms, Versions};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;
use wire::mqtt::{ConnAck, Decoder, Packet, PubAck, ReasonCode, encode};

/// The runtime's clock. Valgrind bears it, as it does not bear that of `rustix`.
struct Machine(Instant);

impl Clock for Machine {
    fn now(&self) -> Now {
        let elapsed = self.0.elapsed();
        let micros = i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX);
        Now {
            mono: Mono::default().after(elapsed),
            wall: Wall(START.saturating_add(micros)),
            suspect: false,
        }
    }
}

/// When it is at the beginning, in microseconds: in 2026.
const START: i64 = 1_795_000_000_000_000;

/// What this process has had of the processor, all its threads, in units of 10 ms.
fn cpu() -> io::Result<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // Behind the name, which may hold anything: the 14th and the 15th field of all.
    let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
    let fields = behind.split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// The proportional share of memory of this process, in octets.
fn pss() -> io::Result<f64> {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    let kilobytes = kilobytes.and_then(|kilobytes| kilobytes.parse::<f64>().ok());
    kilobytes
        .map(|kilobytes| kilobytes * 1024.0)
        .ok_or_else(|| io::Error::other("no Pss in smaps_rollup"))
}

fn main() -> io::Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let number = |nth: usize| arguments.get(nth).and_then(|number| number.parse().ok());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let panels = number(1).unwrap_or(1_000);
    let seconds = Duration::from_secs(number(2).unwrap_or(5).into());
    let rate = Rate::PerSecond(number(3).unwrap_or(1_000).into());
    let (scenario, duration) = match arguments.first().map(String::as_str) {
        Some("serve") => return runtime.block_on(serve(!has("clear"))),
        Some("idle") => (lived("quiet", None), Duration::from_mins(10)),
        Some("paced") => (lived("seed-day", Some(rate)), seconds),
        Some("most") => (lived("seed-day", Some(Rate::Most)), seconds),
        _ => {
            let how = "idle PANELS, paced PANELS SECONDS RATE, or most PANELS SECONDS";
            return Err(io::Error::other(how));
        }
    };
    let clock = Arc::new(Machine(Instant::now()));
    let served = Served::start(has("clear"))?;
    let mut order = served.order(&clock, scenario, panels, !has("no-tickets"));
    order.duration = Span(duration);
    runtime.block_on(async {
        if has("idle") {
            idle(&order, panels, clock).await
        } else {
            report(&order, panels, clock).await
        }
    })
}

fn lived(scenario: &str, rate: Option<Rate>) -> Scenario {
    Scenario {
        rate,
        ..Scenario::built_in(scenario).expect("it is built in")
    }
}

/// A responder in a process of its own.
struct Served {
    child: Child,
    address: SocketAddr,
    trust: Option<TrustTerms>,
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Served {
    fn start(clear: bool) -> io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .args(clear.then_some("clear"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take();
        let out = out.ok_or_else(|| io::Error::other("no pipe"))?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let (address, server_ca, papers): (SocketAddr, String, Papers) =
            serde_json::from_str(&line)?;
        let trust = TrustTerms {
            server_ca,
            server_name: "127.0.0.1".to_owned(),
            authority: Some(papers),
            versions: Versions::Both,
            resumption: true,
        };
        Ok(Self {
            child,
            address,
            trust: (!clear).then_some(trust),
        })
    }

    fn order(&self, clock: &Machine, what: Scenario, panels: u32, resumption: bool) -> Order {
        let trust = self.trust.clone();
        Order {
            target: self.address,
            accounts: Accounts::from_first("100000", panels).expect("six digits are enough"),
            speaks: Speaks::Mqtt(Box::new(MqttTerms {
                version: Version::V5,
                trust: trust.map(|trust| TrustTerms {
                    resumption,
                    ..trust
                }),
                secrets: BTreeMap::new(),
                cbor: false,
                time: Timeline::of(clock.now()),
            })),
            scenario: what,
            duration: Span(Duration::from_mins(10)),
            grace: Span(Duration::from_secs(5)),
            begin_per_second: 1_000,
            sources: Sources::Loopback(1_000),
            seed: 1,
        }
    }
}

fn start(order: &Order, panels: u32, clock: Arc<Machine>) -> io::Result<Run> {
    let part = Part::all(panels, 1, panels, clock.now().mono)[0];
    Run::start(order, &part, clock).map_err(io::Error::other)
}

async fn idle(order: &Order, panels: u32, clock: Arc<Machine>) -> io::Result<()> {
    let before = pss()?;
    let run = start(order, panels, clock)?;
    let begun = pss()?;
    let mut turns = 0;
    while run.progress().online < panels.into() {
        timeout(Duration::from_millis(500), std::future::pending::<()>())
            .await
            .ok();
        turns += 1;
        if turns > 600 {
            return Err(io::Error::other("not all came"));
        }
    }
    timeout(Duration::from_secs(4), std::future::pending::<()>())
        .await
        .ok();
    let after = pss()?;
    let each = f64::from(panels);
    println!(
        "base {:.1} MB; not connected {:.0} octets a panel; connected {:.0} octets a panel",
        before / 1e6,
        (begun - before) / each,
        (after - before) / each,
    );
    Ok(())
}

async fn report(order: &Order, panels: u32, clock: Arc<Machine>) -> io::Result<()> {
    let run = start(order, panels, Arc::clone(&clock))?;
    let mut begun = None;
    let look = |progress: sim::run::Progress| {
        if progress.sent > 0 && begun.is_none() {
            begun = Some((cpu(), clock.now().mono, progress.acknowledged));
        }
    };
    run.work(Duration::from_millis(100), look, std::future::pending())
        .await;
    let (before, since, already) = begun.ok_or_else(|| io::Error::other("nothing was sent"))?;
    let acknowledged = run.progress().acknowledged - already;
    let (spent, took) = (
        cpu()?.saturating_sub(before?),
        clock.now().mono.since(since),
    );
    let outcome = run.finish().await?;
    #[expect(clippy::cast_precision_loss, reason = "some millions")]
    let reports = acknowledged as f64;
    println!(
        "{:.0} reports a second; {:.2} µs of CPU a report; {} acknowledged in all; p99 {} µs",
        reports / took.as_secs_f64(),
        spent.as_secs_f64() * 1e6 / reports,
        outcome.tally.counters.acknowledged,
        outcome.tally.latency().p99_us,
    );
    Ok(())
}

/// Serves until it is killed.
async fn serve(tls: bool) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let papers = Papers::new().map_err(io::Error::other)?;
    let (root, config) = certified(&papers).map_err(io::Error::other)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let told = (listener.local_addr()?, root, papers);
    println!("{}", serde_json::to_string(&told)?);
    // However the other process ends, its end of this pipe ends with it.
    std::thread::spawn(|| {
        io::copy(&mut io::stdin().lock(), &mut io::sink()).ok();
        std::process::exit(0);
    });
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            // A panel that goes is no matter.
            if !tls {
                answer(stream).await.ok();
            } else if let Ok(stream) = acceptor.accept(stream).await {
                answer(stream).await.ok();
            }
        });
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The responder's root, PEM, and its side of TLS, under which panels must show certificates.
fn certified(papers: &Papers) -> Result<(String, ServerConfig), Failure> {
    let root_key = KeyPair::generate()?;
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = root.self_signed(&root_key)?.pem();
    let issuer = Issuer::new(root, root_key);
    let key = KeyPair::generate()?;
    let certificate =
        CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, &issuer)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(
        papers.certificate.as_bytes(),
    )?)?;
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(rustls::ALL_VERSIONS)?
        .with_client_cert_verifier(verifier.build()?)
        .with_single_cert(vec![certificate.der().clone()], key.into())?;
    // As Watchfire: one ticket, which holds the session itself.
    config.send_tls13_tickets = 1;
    config.ticketer = rustls::crypto::aws_lc_rs::Ticketer::new()?;
    Ok((pem, config))
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Result<(), Failure> {
    let mut decoder = Decoder::server(16_384);
    let mut buffer = [0; 2_048];
    loop {
        let octets = stream.read(&mut buffer).await?;
        if octets == 0 {
            return Ok(());
        }
        let (mut input, mut out) = (&buffer[..octets], Vec::new());
        while let Some(packet) = decoder.next(&mut input)? {
            let answer = match packet {
                Packet::Connect(_) => {
                    Packet::ConnAck(Box::new(ConnAck::because(ReasonCode::Success)))
                }
                Packet::Publish(publish) => match publish.packet_id {
                    Some(id) => Packet::PubAck(PubAck::because(id, ReasonCode::Success)),
                    None => continue,
                },
                Packet::PingReq => Packet::PingResp,
                _ => continue,
            };
            let level = decoder.level().ok_or("nobody was let in")?;
            encode(&answer, level, &mut out)?;
        }
        stream.write_all(&out).await?;
        stream.flush().await?;
    }
}
