//! Live sessions: taken over, disabled, revoked, expired, and their end.

use serde_json::{Value, json};

use super::{House, OPTIONAL, Operator, line, topic};
use crate::interop::{Script, play};

const SCRIPT: &str = "paho_panel.py";

async fn told(clients: Value, steps: Value) -> Vec<Value> {
    play(SCRIPT, &json!({ "clients": clients, "steps": steps })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newer_of_two_connections_of_a_path_takes_over_on_whichever_gateway() {
    let house = House::open(OPTIONAL).await;
    house.register("4711");
    let identity = house.enrol("4711");
    let client = house.client("4711", 5, Some(&identity));
    let clients = json!({ "first": client, "second": client, "third": client });
    let steps = json!([
        { "client": "first", "do": "connect" },
        { "client": "second", "do": "connect" },
        { "client": "first", "do": "await_end" },
        { "client": "third", "do": "connect" },
        { "client": "second", "do": "await_end" },
        { "client": "third", "do": "disconnect" },
    ]);
    let told = told(clients, steps).await;
    assert_eq!(told[2]["ended"], json!(0x8E), "{told:?}");
    assert_eq!(told[4]["ended"], json!(0x8E), "{told:?}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_session_ends_when_its_panel_is_disabled_or_its_certificate_revoked() {
    let house = House::open(OPTIONAL).await;
    house.register("4711");
    house.register("4712");
    let disabled = house.enrol("4711");
    let revoked = house.enrol("4712");
    let clients = json!({
        "disabled": house.client("4711", 5, Some(&disabled)),
        "revoked": house.client("4712", 5, Some(&revoked)),
    });
    let mut script = Script::start(
        SCRIPT,
        &json!({
            "clients": clients,
            "steps": [
                { "client": "disabled", "do": "connect", "say": "connected" },
                { "client": "revoked", "do": "connect", "say": "connected" },
                { "client": "disabled", "do": "await_end" },
                { "client": "revoked", "do": "await_end" },
                { "client": "disabled", "do": "connect" },
                { "client": "revoked", "do": "connect" },
            ],
        }),
    )
    .await;
    script.said("connected").await;
    script.said("connected").await;
    house
        .server
        .command(&["panel", "disable", "4711", "--reason", "sold"]);
    let listed = house
        .server
        .output(&["panel", "certificate", "list", "4712", "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let serial = listed["certificates"][0]["serial"].as_str().unwrap();
    house
        .server
        .command(&["panel", "certificate", "revoke", serial]);
    let told: Vec<Value> = script.report().await;
    for ended in &told[2..4] {
        assert_eq!(ended["ended"], json!(0x98), "{told:?}");
    }
    for again in &told[4..] {
        assert_eq!(again["reason"], json!(0x87), "{told:?}");
    }
    house
        .server
        .command(&["panel", "enable", "4711", "--reason", "back"]);
    let client = house.client("4711", 5, Some(&disabled));
    let enabled = self::told(
        json!({ "panel": client }),
        json!([{ "client": "panel", "do": "connect" }]),
    );
    assert_eq!(enabled.await[0]["reason"], json!(0));
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_gets_its_alarms_in_with_the_doubt_named() {
    let folder = tempfile::tempdir().unwrap();
    let operator = Operator::new(folder.path(), "operator");
    let roots = format!("[\"{}\"]", operator.root().display());
    let house = House::open_in(folder, &[("WATCHFIRE__TLS__CLIENT_CA", &roots)]).await;
    house.register("4711");
    house.register("4712");
    let last_month = operator.panel_until("4711", -30);
    let long_ago = operator.panel_until("4712", -200);
    let clients = json!({
        "expired": house.client("4711", 5, Some(&last_month)),
        "long expired": house.client("4712", 5, Some(&long_ago)),
    });
    let evt = topic("4711", "evt");
    let alarm = json!({ "seq": 1, "boot": 1, "cid": "1130", "part": 1, "zone": 3 });
    let told = told(
        clients,
        json!([
            { "client": "expired", "do": "connect" },
            { "client": "expired", "do": "publish", "topic": evt, "payload": alarm },
            { "client": "long expired", "do": "connect" },
        ]),
    )
    .await;
    assert_eq!(told[0]["reason"], json!(0), "R27: {told:?}");
    assert_eq!(told[1]["reason"], json!(0), "R27: {told:?}");
    assert_eq!(told[2]["reason"], json!(0x87), "R27: {told:?}");
    let lines: Vec<_> = house.close().await.iter().map(line).collect();
    assert_eq!(
        lines,
        ["4711 1 CID 1130 partition 1 zone 3 +expired_certificate"]
    );
}
