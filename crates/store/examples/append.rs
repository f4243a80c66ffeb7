//! What a commit costs, by the number of messages in it: wall time, and CPU time of the process.
//!
//! ```text
//! cargo run --release -p store --example append -- [EVENTS] [BATCH …] [--folder FOLDER]
//! cargo run --release -p store --example append -- EVENTS --rate RATE [--folder FOLDER]
//! ```
//!
//! Each batch size gets a new store below FOLDER (the current folder unless given), and EVENTS
//! messages of one event each, from 50,000 paths in no order, as fast as they go: every append
//! waits for the one before, as ingest's does. With `--rate` messages arrive evenly, that many a
//! second, and are gathered as ingest does it; then the times are those from a message's arrival
//! to its commit. Times are read here, with the operating system's clocks, since this is a tool
//! for people.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use arrayvec::ArrayString;
use engine::ports::{EventLog, NewMessage, Sealer};
use model::{
    Account, Clock, Code, Entropy, EventFlags, FamilyName, IdSource, Message, Mono, NewEvent, Now,
    OrganisationId, PanelId, PathId, PathIndex, Point, PointNumber, RepeatKey, SiteId, Wall,
    limits,
};
use rustix::event::poll;
use rustix::time::{ClockId, Timespec, clock_gettime};
use store::{Settings, Store};

const PATHS: u64 = 50_000;

struct Machine;

impl Clock for Machine {
    fn now(&self) -> Now {
        let wall = since_zero(clock_gettime(ClockId::Realtime));
        let mono = since_zero(clock_gettime(ClockId::Monotonic));
        Now {
            mono: Mono(u64::try_from(mono.as_nanos()).unwrap_or(u64::MAX)),
            wall: Wall(i64::try_from(wall.as_micros()).unwrap_or(i64::MAX)),
            suspect: false,
        }
    }
}

fn since_zero(time: Timespec) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn cpu() -> Duration {
    since_zero(clock_gettime(ClockId::ProcessCPUTime))
}

/// A well-mixed number: paths and keys that lie in no order, and the same in every run.
fn mixed(n: u64) -> u64 {
    let mut x = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

struct Mixed(u64);

impl Entropy for Mixed {
    fn fill(&mut self, buffer: &mut [u8]) {
        for octet in buffer {
            self.0 += 1;
            *octet = mixed(self.0).to_be_bytes()[0];
        }
    }
}

/// Events have no secrets.
struct NothingToSeal;

impl Sealer for NothingToSeal {
    fn seal(&self, _: &[u8], _: &[u8]) -> Vec<u8> {
        unreachable!("no panel is registered")
    }

    fn open(&self, _: &[u8], _: &[u8]) -> Option<zeroize::Zeroizing<Vec<u8>>> {
        None
    }
}

fn message(n: u64, received: Wall) -> Option<NewMessage> {
    let path = u32::try_from(mixed(n) % PATHS).ok()?;
    let raw = format!(
        "\nA1B2005A\"ADM-CID\"{:04}R1L0#{path:06}[#{path:06}|1130 01 {:03}]_12:00:00,03-10-2026\r",
        n % 9_999 + 1,
        n % 16
    );
    let code = Code::contact_id(b"1130")?;
    let mut key = [0; 16];
    key[..8].copy_from_slice(&mixed(n).to_be_bytes());
    key[8..].copy_from_slice(&n.to_be_bytes());
    let event = NewEvent {
        path: PathIndex(path),
        path_id: PathId::from_bytes(u128::from(mixed(u64::from(path))).to_le_bytes()),
        panel: PanelId::from_bytes(u128::from(mixed(u64::from(path) << 20)).to_le_bytes()),
        site: SiteId::from_bytes([1; 16]),
        organisation: OrganisationId::from_bytes([2; 16]),
        family: FamilyName::parse("dc09")?,
        format: ArrayString::from("ADM-CID").ok()?,
        account: Account::parse(format!("{path:06}").as_bytes()).ok()?,
        code,
        class: code.meaning().class,
        partition: PointNumber::parse(b"01"),
        point: PointNumber::parse(format!("{:03}", n % 16).as_bytes()).map(Point::Zone),
        panel_sequence: Some(n % 9_999 + 1),
        panel_time: Some(received),
        occurred: None,
        received,
        flags: EventFlags::empty(),
        text: None,
        message: Some(Message {
            key: RepeatKey(key),
            extended: Vec::new(),
            raw: raw.into_bytes(),
        }),
    };
    Some(NewMessage {
        events: vec![event],
    })
}

struct Wanted {
    rate: Option<u64>,
    events: u64,
    batches: Vec<u64>,
    folder: PathBuf,
}

fn wanted() -> Result<Wanted, Box<dyn std::error::Error>> {
    let mut wanted = Wanted {
        rate: None,
        events: 20_000,
        batches: Vec::new(),
        folder: PathBuf::from("."),
    };
    let mut arguments = std::env::args().skip(1);
    let mut numbers = Vec::new();
    while let Some(argument) = arguments.next() {
        if argument == "--folder" {
            wanted.folder = arguments.next().ok_or("--folder wants a folder")?.into();
        } else if argument == "--rate" {
            wanted.rate = Some(arguments.next().ok_or("--rate wants a number")?.parse()?);
        } else {
            numbers.push(argument.parse()?);
        }
    }
    if let Some((events, batches)) = numbers.split_first() {
        wanted.events = *events;
        wanted.batches = batches.to_vec();
    }
    if wanted.batches.is_empty() {
        wanted.batches = vec![1, 4, 16, 48, 128, 400, 1_024];
    }
    Ok(wanted)
}

struct Cost {
    commits: u64,
    times: Vec<Duration>,
    wall: Duration,
    cpu: Duration,
    events: u64,
    octets: u64,
}

/// How messages come: so many at once, or so many a second.
#[derive(Clone, Copy)]
enum Load {
    Batch(u64),
    Rate(u64),
}

impl Load {
    /// Waits for the next messages: how many, and when the first of them arrived.
    fn gather(self, clock: &dyn Clock, began: Mono, done: u64, last: Mono) -> (u64, Mono) {
        let rate = match self {
            Self::Batch(batch) => return (batch, clock.now().mono),
            Self::Rate(rate) => rate,
        };
        let arrival = |n: u64| Mono(began.0 + n.saturating_mul(1_000_000_000) / rate);
        let start = last.after(limits::COMMIT_GATHER).max(arrival(done + 1));
        loop {
            let now = clock.now().mono;
            let left = start.since(now);
            if left.is_zero() {
                let arrived = now.since(began).as_nanos() * u128::from(rate) / 1_000_000_000;
                let waiting = u64::try_from(arrived)
                    .unwrap_or(u64::MAX)
                    .saturating_sub(done);
                return (
                    waiting.clamp(1, limits::COMMIT_SIGNALS as u64),
                    arrival(done + 1),
                );
            }
            let timeout = Timespec::try_from(left).ok();
            // Nothing to wait for but the time. Woken early, we wait again.
            let _woken = poll(&mut [], timeout.as_ref());
        }
    }
}

async fn measure(
    folder: &Path,
    events: u64,
    load: Load,
) -> Result<Cost, Box<dyn std::error::Error>> {
    let clock: Arc<dyn Clock> = Arc::new(Machine);
    let ids = IdSource::new(Arc::clone(&clock), Box::new(Mixed(0)));
    let store = Store::open(Settings::new(
        folder.to_owned(),
        Arc::clone(&clock),
        ids,
        Arc::new(NothingToSeal),
    ))?;
    let mut cost = Cost {
        commits: 0,
        times: Vec::new(),
        wall: Duration::ZERO,
        cpu: Duration::ZERO,
        events: 0,
        octets: 0,
    };
    let began = clock.now().mono;
    let mut last = began;
    while cost.events < events {
        let (count, arrived) = load.gather(&*clock, began, cost.events, last);
        let received = clock.now().wall;
        let numbers = cost.events..cost.events + count;
        let messages: Option<Vec<_>> = numbers.map(|n| message(n, received)).collect();
        let messages = messages.ok_or("a message that is none")?;
        let cpu_began = cpu();
        last = clock.now().mono;
        store.append(messages).await?;
        let ended = clock.now().mono;
        cost.cpu += cpu().saturating_sub(cpu_began);
        cost.wall += ended.since(last);
        cost.commits += 1;
        match load {
            Load::Batch(_) => cost.times.push(ended.since(last)),
            Load::Rate(rate) => cost
                .times
                .extend((0..count).map(|n| {
                    ended.since(Mono(arrived.0 + n.saturating_mul(1_000_000_000) / rate))
                })),
        }
        cost.events += count;
    }
    store.close();
    for file in std::fs::read_dir(folder.join("journal"))? {
        cost.octets += file?.metadata()?.len();
    }
    cost.times.sort_unstable();
    Ok(cost)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted = wanted()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{:>6} {:>8} {:>10} {:>10} {:>10} {:>12} {:>12} {:>12} {:>12}",
        "batch",
        "commits",
        "p50 ms",
        "p99 ms",
        "max ms",
        "events/s",
        "wall µs/ev",
        "CPU µs/ev",
        "octets/ev"
    )?;
    let loads = match wanted.rate {
        Some(rate) => vec![Load::Rate(rate.max(1))],
        None => wanted
            .batches
            .iter()
            .map(|batch| Load::Batch((*batch).max(1)))
            .collect(),
    };
    for load in loads {
        let place = tempfile::tempdir_in(&wanted.folder)?;
        let cost = runtime.block_on(measure(place.path(), wanted.events, load))?;
        let at = |part: usize| cost.times[(cost.times.len() - 1) * part / 100].as_secs_f64() * 1e3;
        let events = f64::from(u32::try_from(cost.events)?);
        let each = |time: Duration| time.as_secs_f64() * 1e6 / events;
        writeln!(
            out,
            "{:>6} {:>8} {:>10.3} {:>10.3} {:>10.3} {:>12.0} {:>12.1} {:>12.1} {:>12}",
            cost.events / cost.commits,
            cost.commits,
            at(50),
            at(99),
            at(100),
            events / cost.wall.as_secs_f64(),
            each(cost.wall),
            each(cost.cpu),
            cost.octets / cost.events
        )?;
    }
    Ok(())
}
