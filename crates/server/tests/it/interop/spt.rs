//! my-dc09-spt, a dialler: a connection for each message, polls beside the events, no `L`, no `/`
//! between area and code, names within the block, a pad of 2 to 17 octets.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{House, lines, play};
use crate::support::turn::turn;

const SCRIPT: &str = "spt.py";

/// What the dialler says of its work.
#[derive(Debug, Deserialize)]
struct Report {
    messages: Vec<Sent>,
    polls: u32,
    connections: usize,
    exchanges: Vec<Exchange>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Sent {
    acknowledged: bool,
    error: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Exchange {
    sent: String,
    answer: Option<String>,
    pad: Option<usize>,
}

impl Report {
    fn all_acknowledged(&self, count: usize) {
        let acknowledged = Sent {
            acknowledged: true,
            error: None,
        };
        assert_eq!(self.messages.len(), count);
        for (nth, message) in self.messages.iter().enumerate() {
            assert_eq!(*message, acknowledged, "message {}", nth + 1);
        }
    }

    /// The token of each answer, in the order of what was sent.
    fn answers(&self) -> Vec<&str> {
        let answers = self.exchanges.iter().map(|e| e.answer.as_deref());
        answers
            .map(|answer| {
                let text = answer.unwrap_or_default();
                text.split('"').nth(1).unwrap_or("nothing")
            })
            .collect()
    }
}

fn scenario(house: &House, kind: &str, account: &str, messages: &[Value]) -> Value {
    let target = house.server.panels();
    json!({
        "host": target.ip(), "port": target.port(), "type": kind, "account": account,
        "receiver": null, "line": null, "key": null, "clock_error": 0, "polls": 0,
        "messages": messages,
    })
}

/// What an installation says on a day, in the dialler's words.
fn day() -> Vec<Value> {
    vec![
        json!(["SIA-DCS", {"code": "BA", "area": 1, "areaname": "Hall", "zone": 3,
                           "zonename": "Door", "text": "PIR"}]),
        json!(["ADM-CID", {"code": 130, "q": 1, "area": 1, "zone": 15}]),
        json!(["ADM-CID", {"code": 130, "q": 3, "area": 1, "zone": 15}]),
        json!(["SIA-DCS", {"code": "CL", "area": 2, "user": 4}]),
        json!(["ADM-CID", {"code": 401, "q": 1, "area": 2, "user": 4}]),
        json!(["SIA-DCS", {"code": "RP"}]),
        json!(["SIA-DCS", {"text": "Battery changed"}]),
    ]
}

/// The same, as the server must have stored it. Every frame lacks `L`.
const DAY: [&str; 7] = [
    "52A1 0001 SIA BA partition 1 zone 3 +non_standard",
    "52A1 0002 CID 1130 partition 1 zone 15 +non_standard",
    "52A1 0003 CID 3130 partition 1 zone 15 +non_standard",
    "52A1 0004 SIA CL partition 2 user 4 +non_standard",
    "52A1 0005 CID 1401 partition 2 user 4 +non_standard",
    "52A1 0006 SIA RP +non_standard",
    "52A1 0007 RAW SIA-DCS +non_standard +undecoded",
];

async fn spends_a_day(kind: &str, key: Option<&str>) {
    let house = House::open().await;
    let add = ["--account", "52A1"];
    match key {
        Some(key) => house.register(&[&add[..], &["--key", key]].concat()),
        None => house.register(&add),
    }
    let mut scenario = scenario(&house, kind, "52A1", &day());
    scenario["key"] = json!(key);
    scenario["polls"] = json!(10);
    let report: Report = play(SCRIPT, &scenario).await;
    report.all_acknowledged(DAY.len());
    assert!(report.polls >= 10, "{} polls answered", report.polls);
    assert_eq!(
        report.connections,
        report.exchanges.len(),
        "a connection for each message"
    );
    let ack = if key.is_some() { "*ACK" } else { "ACK" };
    assert!(report.answers().iter().all(|answer| *answer == ack));
    assert_eq!(lines(&house.close().await), DAY);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialler_without_line_that_connects_for_each_message_and_polls_beside_is_understood() {
    let _turn = turn("my-dc09-spt, plain over TCP").await;
    spends_a_day("tcp", None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_understood_with_keys_and_over_udp() {
    let _turn = turn("my-dc09-spt, plain and AES-128 and -256, over TCP and UDP").await;
    spends_a_day("udp", None).await;
    for kind in ["tcp", "udp"] {
        spends_a_day(kind, Some("850cba22f7dd4f033405da83e4c5bae9")).await;
        let long = "850cba22f7dd4f033405da83e4c5bae9850cba22f7dd4f033405da83e4c5bae9";
        spends_a_day(kind, Some(long)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pads_of_2_to_17_octets_are_read() {
    let _turn = turn("my-dc09-spt pads").await;
    let house = House::open().await;
    let key = "850cba22f7dd4f033405da83e4c5bae9";
    house.register(&["--account", "52A5", "--key", key]);
    let messages: Vec<_> = (1..=32)
        .map(|length| json!(["SIA-DCS", {"code": "BA", "zone": 1, "text": "x".repeat(length)}]))
        .collect();
    let mut scenario = scenario(&house, "tcp", "52A5", &messages);
    scenario["key"] = json!(key);
    scenario["line"] = json!(0);
    let report: Report = play(SCRIPT, &scenario).await;
    report.all_acknowledged(messages.len());
    let pads: BTreeSet<usize> = report.exchanges.iter().filter_map(|e| e.pad).collect();
    assert_eq!(pads, (2..=17).collect());
    let expected: Vec<_> = (1..=32)
        .map(|n| format!("52A5 {n:04} SIA BA zone 1"))
        .collect();
    assert_eq!(lines(&house.close().await), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialler_sets_its_clock_by_our_nak_and_is_in_time_from_then_on() {
    let _turn = turn("my-dc09-spt with a wrong clock, AES-128").await;
    let house = House::open().await;
    let key = "850cba22f7dd4f033405da83e4c5bae9";
    house.register(&["--account", "52A6", "--key", key]);
    let message = |zone: u8| json!(["SIA-DCS", {"code": "BA", "zone": zone}]);
    let mut scenario = scenario(&house, "tcp", "52A6", &[message(1), message(2), message(3)]);
    scenario["key"] = json!(key);
    scenario["clock_error"] = json!(-120);
    let report: Report = play(SCRIPT, &scenario).await;
    report.all_acknowledged(3);
    assert_eq!(report.answers(), ["NAK", "*ACK", "*ACK", "*ACK"]);
    assert_eq!(
        lines(&house.close().await),
        [
            "52A6 0001 SIA BA zone 1 +non_standard",
            "52A6 0002 SIA BA zone 2 +non_standard",
            "52A6 0003 SIA BA zone 3 +non_standard",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dialler_appends_in_its_own_way_is_kept() {
    let _turn = turn("my-dc09-spt appends extended data").await;
    let house = House::open().await;
    house.register(&["--account", "52A2"]);
    let message = json!(["SIA-DCS", {
        "code": "PA", "area": 1, "zone": 501, "lon": "5.9699", "lat": "52.21",
        "mac": "0026b9e4268b", "verification": "http://verify.example/1", "speed": 3,
        "battery_level": 88, "alt": "12.5M", "gps_position": "GGA,1",
        "event_ts": 1_700_000_000_000_u64,
    }]);
    let mut scenario = scenario(&house, "tcp", "52A2", &[message]);
    scenario["line"] = json!(0);
    scenario["receiver"] = json!(0x57_9BDF);
    let report: Report = play(SCRIPT, &scenario).await;
    report.all_acknowledged(1);
    assert!(
        report.exchanges[0].sent.contains("R579BDFL0#52A2["),
        "{report:?}"
    );
    let stored = house.close().await;
    // The dialler writes the day before the month, and a block whose letter is `$`.
    assert_eq!(
        lines(&stored),
        ["52A2 0001 SIA PA partition 1 zone 501 +non_standard"]
    );
    let blocks = stored[0].blocks();
    for block in [
        "X5.9699",
        "Y52.21",
        "M0026b9e4268b",
        "Vhttp://verify.example/1",
        "S3",
        "B88",
        "Z12.5M",
        "$PGGA,1",
    ] {
        assert!(
            blocks.iter().any(|kept| kept == block),
            "{block}: {blocks:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_the_data_that_nobody_registered_is_kept_and_doubted() {
    let _turn = turn("my-dc09-spt speaks for another account").await;
    let house = House::open().await;
    house.register(&["--account", "52A3"]);
    let message = json!(["ADM-CID", {"account": "9999", "code": 110, "area": 1, "zone": 8}]);
    let report: Report = play(SCRIPT, &scenario(&house, "tcp", "52A3", &[message])).await;
    report.all_acknowledged(1);
    assert_eq!(
        lines(&house.close().await),
        ["9999 0001 CID 1110 partition 1 zone 8 +non_standard +account_mismatch"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialler_that_nobody_registered_is_told_so() {
    let _turn = turn("my-dc09-spt, unknown").await;
    let house = House::open().await;
    let message = json!(["SIA-DCS", {"code": "BA", "zone": 1}]);
    let report: Report = play(SCRIPT, &scenario(&house, "tcp", "52A4", &[message])).await;
    assert!(!report.messages[0].acknowledged, "{report:?}");
    assert!(
        report.answers().iter().all(|answer| *answer == "DUH"),
        "{report:?}"
    );
    let mut stored = house.close().await;
    // What the server says of it itself is another matter.
    stored.retain(|event| !event.is_own());
    assert_eq!(lines(&stored), [""; 0]);
}
