//! pysiaalarm, a receiver, hears our simulated panels: what they send is DC-09 to others as well.

use std::collections::BTreeMap;
use std::time::Duration;

use model::CipherKey;
use serde::Deserialize;
use serde_json::{Value, json};
use sim::content::Content;
use sim::fleet::{Fleet, FleetPlan, Member, Transport};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::Child;

use super::{python, report};
use crate::support::clock::clock;
use crate::support::turn::turn;

const SCRIPT: &str = "pysiaalarm_station.py";

/// Every kind of signal twice.
const SIGNALS: u64 = 26;

const GRACE: Duration = Duration::from_secs(20);

/// What the station took.
#[derive(Debug, Deserialize)]
struct Report {
    events: Vec<Heard>,
    counts: BTreeMap<String, u64>,
}

/// An event, as the station read it.
#[derive(Debug, Deserialize)]
struct Heard {
    code: Option<String>,
    qualifier: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    partition: Option<String>,
    sequence: String,
}

impl Heard {
    /// Panics unless it is the first event of the panel's signal of that number.
    fn must_be(&self, number: u64) {
        let sent = &Content::numbered(number).happenings[0];
        let code = match sent.code.format() {
            "CID" => [&self.qualifier, &self.kind]
                .map(|part| part.as_deref().unwrap_or(""))
                .concat(),
            _ => self.code.clone().unwrap_or_default(),
        };
        let partition = self.partition.as_deref().and_then(|text| text.parse().ok());
        assert_eq!(code, sent.code.to_string(), "{self:?}");
        assert_eq!(partition, Some(sent.partition), "{self:?}");
        assert_eq!(self.sequence, format!("{number:04}"));
    }
}

/// The station at work, and the port where it listens.
async fn station(wanted: &Value) -> (Child, u16) {
    let mut child = python(SCRIPT).spawn().unwrap();
    let input = child.stdin.as_mut().unwrap();
    input
        .write_all(format!("{wanted}\n").as_bytes())
        .await
        .unwrap();
    let mut port = String::new();
    let mut output = BufReader::new(child.stdout.as_mut().unwrap());
    output.read_line(&mut port).await.unwrap();
    let port = port.trim().parse();
    (child, port.expect("the station says where it listens"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_station_takes_what_our_simulated_panels_send() {
    let _turn = turn("pysiaalarm takes our panels' signals").await;
    for transport in [Transport::Tcp, Transport::Udp] {
        for key in [
            None,
            Some("Sixteen letters!"),
            Some("Thirty-two letters are AES-256.!"),
        ] {
            takes_everything(transport, key).await;
        }
    }
}

async fn takes_everything(transport: Transport, key: Option<&str>) {
    let mut member = Member::many(0x51_A001, 1).remove(0);
    // The station answers a message without `R` with the word `None`.
    member.identity.receiver = Some(0x12);
    member.key = key.map(|key| CipherKey::from_ascii(key).unwrap());
    let account = member.identity.account.to_string();
    let wanted = json!({"type": transport, "account": account, "key": key});
    let (child, port) = station(&wanted).await;
    let plan = FleetPlan {
        transport,
        signals_per_panel: SIGNALS,
        ..FleetPlan::full_speed(([127, 0, 0, 1], port).into(), vec![member])
    };
    let mut fleet = Fleet::start(plan, clock(), None);
    fleet.work(GRACE).await;
    let finished = fleet.finish(GRACE).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let mut report: Report = report(SCRIPT, &output);
    // It answers each datagram in a thread of its own before it tells of it.
    report.events.sort_by(|a, b| a.sequence.cmp(&b.sequence));
    let mut errors = report
        .counts
        .iter()
        .filter(|(what, _)| what.starts_with("error_"));
    assert!(errors.all(|(_, count)| *count == 0), "{:?}", report.counts);
    assert_eq!(
        finished.report.counters.acknowledged, SIGNALS,
        "{}",
        finished.report
    );
    assert_eq!(report.events.len() as u64, SIGNALS);
    for (heard, number) in report.events.iter().zip(1..) {
        heard.must_be(number);
    }
}
