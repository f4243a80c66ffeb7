//! One of each message, with every number of every enumeration in it: what `testdata/` records.

use arrayvec::ArrayString;
use engine::ports::Answer;
use model::{
    Account, AccountKey, AckMode, Code, Committed, Epoch, EventClass, EventFlags, EventSeq,
    Extended, FamilyName, IntakeState, Item, Mono, PanelIndex, PathIndex, Point, PointNumber,
    Refusal, RepeatKey, Signal, SignalToken, Stream, Wall,
};
use proto::{Admitted, Outgoing};

use super::{
    Counters, Downward, Gauges, Heard, Hello, IdentityAnswer, SessionRow, Upward, VERSION,
};

pub(super) fn key() -> AccountKey {
    AccountKey {
        family: FamilyName::parse("line").unwrap(),
        account: Account::parse(b"12AB").unwrap(),
        receiver: Some(7),
        line: None,
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
            Upward::Identify {
                connection: 5,
                key: key(),
            },
        ),
        (
            "alive".to_owned(),
            Upward::Alive(vec![Heard {
                path: PathIndex(41),
                ago: 499,
            }]),
        ),
        ("closed".to_owned(), Upward::Closed { connection: 5 }),
        (
            "counters".to_owned(),
            Upward::Counters(Counters {
                counts: vec![0, 1, u64::MAX],
                gauges: Gauges {
                    connections: 3,
                    without_identity: 2,
                    unacknowledged: 1,
                },
            }),
        ),
        ("ready".to_owned(), Upward::Ready),
    ];
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
            outgoing: Box::new(outgoing),
        };
        (format!("signal-{class}"), signal)
    }));
    samples
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
    let admitted = Admitted {
        panel: PanelIndex(40),
        path: PathIndex(41),
        epoch: Epoch(6),
        hub: true,
    };
    let mut samples = vec![
        (
            "welcome".to_owned(),
            Downward::Welcome {
                build: "0.1.0+abc".to_owned(),
            },
        ),
        ("admitted".to_owned(), identity(Some(admitted))),
        ("not-admitted".to_owned(), identity(None)),
        (
            "committed".to_owned(),
            Downward::Answer(Answer::Committed {
                connection: 5,
                proof,
            }),
        ),
        ("forget".to_owned(), Downward::Forget(vec![key(), key()])),
        ("forget-all".to_owned(), Downward::ForgetAll),
        (
            "intake".to_owned(),
            Downward::Intake(IntakeState {
                last_commit: Some(Mono(86_400_000_000_000)),
            }),
        ),
        (
            "intake-never".to_owned(),
            Downward::Intake(IntakeState { last_commit: None }),
        ),
    ];
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
