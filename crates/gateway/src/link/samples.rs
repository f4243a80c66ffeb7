//! One of each message, with every number of every enumeration in it: what `testdata/` records.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use arrayvec::{ArrayString, ArrayVec};
use engine::ports::{Answer, TICKET_KEY, TicketKey, TlsMaterial};
use engine::times::Times;
use model::{
    Account, AccountKey, AckMode, CipherKey, Code, Committed, ConnectionReport, ConnectionState,
    Epoch, EventClass, EventFlags, EventSeq, Extended, FamilyName, Forgery, IdentityClaim,
    IdentityRefusal, IntakeState, Issuer, Item, Learned, LinkKind, ListenerName, Mono, OwnCode,
    PanelIndex, PanelReport, PanelSecret, PathIndex, PathPolicy, PeerCertificate, Point,
    PointNumber, Proven, RebootReason, Refusal, RepeatKey, ReportedPartition, Signal, SignalToken,
    StatusReport, Stream, Wall, ZoneState,
};
use proto::{Admitted, Outgoing, Stray, StrayReason};
use zeroize::Zeroizing;

use super::{
    Arrived, Counters, Downward, Gauges, Gone, Heard, Hello, IdentityAnswer, Question, SessionRow,
    Told, Upward, VERSION,
};

pub(super) fn key() -> AccountKey {
    AccountKey {
        family: FamilyName::parse("line").unwrap(),
        account: Account::parse(b"12AB").unwrap(),
        listener: ListenerName::parse("dc09").unwrap(),
        receiver: Some(7),
        line: None,
        path_name: None,
    }
}

fn item(code: Code, point: fn(PointNumber) -> Point) -> Item {
    Item {
        account: Account::parse(b"99").ok(),
        code,
        partition: PointNumber::parse(b"1"),
        point: PointNumber::parse(b"A10").map(point),
        text: Some("Küche".to_owned()),
        flags: EventFlags::empty(),
    }
}

pub(super) fn outgoing() -> Outgoing {
    Outgoing {
        token: SignalToken(3),
        path: PathIndex(41),
        class: EventClass::Burglary,
        key: RepeatKey([0xA5; 16]),
        received: Wall(1_795_000_000_000_001),
        skewed: true,
        numbered: false,
        signal: Signal {
            account: Account::parse(b"12AB").unwrap(),
            format: ArrayString::from("ADM-CID").unwrap(),
            panel_sequence: Some(9_999),
            panel_time: Some(Wall(-1)),
            occurred: None,
            flags: EventFlags::all(),
            items: vec![
                item(Code::contact_id(b"1130").unwrap(), Point::Zone),
                item(Code::sia(*b"OP").unwrap(), Point::User),
                item(Code::Own(OwnCode::UnknownAccount), Point::Zone),
                Item {
                    account: None,
                    code: Code::undecoded("ACR-SF").unwrap(),
                    partition: None,
                    point: None,
                    text: None,
                    flags: EventFlags::PERSISTS,
                },
            ],
            extended: vec![Extended {
                letter: b'M',
                content: vec![0, 255],
            }],
            raw: b"\n0000\x00raw\r".to_vec(),
        },
    }
}

fn learned(forgery: Forgery) -> Learned {
    Learned {
        once_encrypted: true,
        forgery,
        memo: ArrayVec::from_iter([0, 1, 255]),
    }
}

fn stray(reason: StrayReason) -> Stray {
    Stray {
        key: key(),
        reason,
        format: ArrayString::from("SIA-DCS").unwrap(),
        encrypted: true,
        acknowledged: false,
        received: Wall(1_795_000_000_000_001),
        raw: b"\n0000\x00raw\r".to_vec(),
    }
}

fn counters() -> Counters {
    Counters {
        counts: vec![0, 1, u64::MAX],
        turns: turns(),
        gauges: Gauges {
            connections: 3,
            without_identity: 2,
            unacknowledged: 1,
            unacknowledged_octets: 300,
            questions: 4,
            stalled: 5,
            longest_turn: 20_000,
        },
    }
}

pub(super) fn upward() -> Vec<(String, Upward)> {
    let mut samples = vec![
        (
            "snapshot".to_owned(),
            Upward::Snapshot(vec![
                SessionRow {
                    connection: 1 << 40,
                    lowest: SignalToken(2),
                    path: Some(PathIndex(41)),
                },
                SessionRow {
                    connection: 2,
                    lowest: SignalToken(1),
                    path: None,
                },
            ]),
        ),
        (
            "identify".to_owned(),
            Upward::Identify(Box::new(Question {
                connection: 5,
                source: IpAddr::from([192, 0, 2, 7]),
                claim: IdentityClaim::of_account(key()),
                certificate: None,
            })),
        ),
        (
            "identify-certificate".to_owned(),
            Upward::Identify(proving()),
        ),
        ("closed".to_owned(), Upward::Closed { connection: 5 }),
        (
            "counters".to_owned(),
            Upward::Counters(Box::new(counters())),
        ),
        ("ready".to_owned(), Upward::Ready),
    ];
    samples.extend(sightings());
    samples.extend(Stream::ALL.map(|stream| {
        let hello = Hello {
            version: VERSION,
            build: "0.1.0+abc".to_owned(),
            incarnation: 0x0102_0304_0506_0708,
            attempt: 9,
            gateway: 2,
            pid: 4_711,
            stream,
        };
        let name = format!("hello-{stream:?}").to_lowercase();
        (name, Upward::Hello(hello))
    }));
    samples.extend(EventClass::ALL.iter().map(|class| {
        let outgoing = Outgoing {
            class: *class,
            ..outgoing()
        };
        let signal = Upward::Signal {
            connection: 5,
            read_at: Mono(86_400_000_000_007),
            outgoing: Box::new(outgoing),
        };
        (format!("signal-{class}"), signal)
    }));
    samples
}

fn turns() -> Times {
    let mut turns = Times::default();
    for millis in [0, 1, 20, 200_000] {
        turns.add(Duration::from_millis(millis));
    }
    turns
}

/// A question with all that can go with one.
fn proving() -> Box<Question> {
    Box::new(Question {
        connection: 5,
        source: IpAddr::from([192, 0, 2, 7]),
        claim: IdentityClaim {
            key: key(),
            secret: Some(PanelSecret::new(b"wfp_secret".to_vec())),
            must_prove: true,
        },
        certificate: Some(PeerCertificate {
            issuer: Issuer([1; 32]),
            signer: Issuer([2; 32]),
            serial: ArrayVec::from_iter([0x7F, 0, 255]),
            not_after: Wall(1_795_000_000_000_000),
            names: ["12AB", "12ab.panels.example"]
                .into_iter()
                .map(|name| ArrayString::from(name).unwrap())
                .collect(),
        }),
    })
}

fn status() -> StatusReport {
    StatusReport {
        at: Some(Wall(1_795_000_000_000_000)),
        rssi: Some(-71),
        link: Some(LinkKind::Ethernet),
        battery: Some(100),
        millivolts: Some(13_600),
        mains: Some(true),
        decidegrees: Some(-5),
        retries: Some(2),
        round_trip: Some(45),
        uptime: Some(86_400),
        partitions: (1..).zip(ReportedPartition::ALL.iter().copied()).collect(),
        zones: (1..).zip(ZoneState::ALL.iter().copied()).collect(),
        outputs: vec![(1, true), (2, false)],
    }
}

fn told(report: PanelReport) -> Told {
    Told {
        path: PathIndex(41),
        at: Mono(86_400_000_000_004),
        report,
    }
}

/// Every number of every enumeration in them.
fn reports() -> Vec<Told> {
    let of_link = |link: &LinkKind| StatusReport {
        link: Some(*link),
        ..StatusReport::default()
    };
    let of_state = |(at, state): (usize, &ConnectionState)| ConnectionReport {
        state: *state,
        boot: 7,
        firmware: Some("2.4.1".parse().unwrap()),
        model: Some("WF-16".parse().unwrap()),
        reason: RebootReason::ALL.get(at).copied(),
        at: Some(Wall(1_795_000_000_000_000)),
    };
    let of_reason = |reason: &RebootReason| ConnectionReport {
        reason: Some(*reason),
        ..of_state((0, &ConnectionState::ALL[0]))
    };
    let links = LinkKind::ALL.iter().map(of_link).map(PanelReport::Status);
    let states = ConnectionState::ALL.iter().enumerate().map(of_state);
    let reasons = RebootReason::ALL.iter().map(of_reason);
    let connections = states.chain(reasons).map(PanelReport::Connection);
    let all = [PanelReport::Status(status())].into_iter();
    all.chain(links).chain(connections).map(told).collect()
}

fn sightings() -> Vec<(String, Upward)> {
    let mut samples = vec![
        (
            "alive".to_owned(),
            Upward::Alive(vec![Heard {
                path: PathIndex(41),
                epoch: Epoch(86_400_000_000_001),
                at: Mono(86_400_000_000_002),
                agreed: true,
            }]),
        ),
        (
            "left".to_owned(),
            Upward::Left(vec![Gone {
                path: PathIndex(41),
                epoch: Epoch(86_400_000_000_001),
                at: Mono(86_400_000_000_003),
            }]),
        ),
        ("reports".to_owned(), Upward::Reports(reports())),
        (
            "arrived".to_owned(),
            Upward::Arrived(Arrived {
                connection: 5,
                path: PathIndex(41),
                source: IpAddr::from([192, 0, 2, 7]),
                at: Mono(86_400_000_000_005),
            }),
        ),
        (
            "departed".to_owned(),
            Upward::Departed {
                connection: 5,
                at: Mono(86_400_000_000_006),
            },
        ),
        (
            "skewed".to_owned(),
            Upward::Skewed(vec![PathIndex(41), PathIndex(42)]),
        ),
        (
            "flood".to_owned(),
            Upward::Flood {
                source: IpAddr::from([192, 0, 2, 7]),
                path: None,
            },
        ),
    ];
    samples.extend(Forgery::ALL.map(|forgery| {
        let learned = Upward::Learned {
            path: PathIndex(41),
            learned: learned(forgery),
        };
        (format!("learned-{}", forgery.as_str()), learned)
    }));
    samples.extend(StrayReason::ALL.map(|reason| {
        let stray = Upward::Stray {
            source: IpAddr::from([0x2001, 0xdb8, 1, 2, 0, 0, 0, 0]),
            path: Some(PathIndex(41)),
            stray: Box::new(stray(reason)),
        };
        let name = format!("stray-{}", reason.as_str().replace('_', "-"));
        (name, stray)
    }));
    samples
}

fn admitted() -> Arc<Admitted> {
    Arc::new(Admitted {
        panel: PanelIndex(40),
        path: PathIndex(41),
        policy: PathPolicy {
            hub: true,
            accept_skewed: false,
        },
        keys: [&b"sixteen letters!"[..], b"twenty-four letters here"]
            .iter()
            .map(|octets| CipherKey::from_octets(octets).unwrap())
            .collect(),
        learned: learned(Forgery::Visible),
        proven: Proven::ByFrames,
        keep_alive: Some(Duration::from_secs(39)),
    })
}

fn material() -> TlsMaterial {
    let ticket = |octet| TicketKey {
        name: [octet; 16],
        key: Zeroizing::new([!octet; TICKET_KEY]),
        made: Wall(1_795_000_000_000_000),
    };
    TlsMaterial {
        version: 3,
        chain: vec![vec![0x30, 1], vec![0x30, 2]],
        key: Zeroizing::new(vec![0x30, 3]),
        roots: vec![vec![0x30, 4], vec![0x30, 5]],
        tickets: vec![ticket(1), ticket(2)],
    }
}

pub(super) fn downward() -> Vec<(String, Downward)> {
    let proof = Committed::attest(
        SignalToken(3),
        RepeatKey([0xA5; 16]),
        EventSeq(1_000_000_007),
        AckMode::Stored,
    );
    let identity = |admitted| {
        Downward::Identity(IdentityAnswer {
            connection: 5,
            key: key(),
            admitted,
        })
    };
    let plain = Arc::new(Admitted::plain(PanelIndex(40), PathIndex(41)));
    let mut samples = vec![
        (
            "welcome".to_owned(),
            Downward::Welcome {
                build: "0.1.0+abc".to_owned(),
            },
        ),
        ("admitted".to_owned(), identity(Ok(admitted()))),
        ("admitted-plain".to_owned(), identity(Ok(plain))),
        (
            "committed".to_owned(),
            Downward::Answer(Answer::Committed {
                connection: 5,
                proof,
            }),
        ),
        (
            "forget".to_owned(),
            Downward::Forget(vec![(key().family, key().account); 2]),
        ),
        ("forget-all".to_owned(), Downward::ForgetAll),
        ("tls".to_owned(), Downward::Tls(Box::new(material()))),
        (
            "taken-over".to_owned(),
            Downward::TakenOver { connection: 5 },
        ),
        (
            "intake".to_owned(),
            Downward::Intake(IntakeState {
                last_commit: Some(Mono(86_400_000_000_000)),
                clock_suspect: true,
            }),
        ),
        (
            "intake-never".to_owned(),
            Downward::Intake(IntakeState::default()),
        ),
    ];
    samples.extend(IdentityRefusal::ALL.iter().map(|reason| {
        let name = format!("not-admitted-{}", reason.as_str().replace('_', "-"));
        (name, identity(Err(*reason)))
    }));
    samples.extend(Refusal::ALL.map(|reason| {
        let answer = Answer::Refused {
            connection: 5,
            token: SignalToken(4),
            reason,
        };
        let name = format!("refused-{}", reason.as_str().replace('_', "-"));
        (name, Downward::Answer(answer))
    }));
    samples
}
