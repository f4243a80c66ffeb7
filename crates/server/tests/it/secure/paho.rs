//! paho-mqtt, MQTT 5 and 3.1.1, as panels.

use serde_json::{Value, json};

use super::{House, Identity, OPTIONAL, Operator, line, topic};
use crate::interop::play;

const SCRIPT: &str = "paho_panel.py";

/// What paho was told at each step.
async fn told(clients: Value, steps: Value) -> Vec<Value> {
    play(SCRIPT, &json!({ "clients": clients, "steps": steps })).await
}

fn evt(seq: u64, code: &str) -> Value {
    json!({ "seq": seq, "boot": 1, "cid": code, "part": 1, "zone": 3 })
}

fn publish(client: &str, topic: &str, payload: &Value) -> Value {
    json!({ "client": client, "do": "publish", "topic": topic, "payload": payload })
}

fn connect(client: &str) -> Value {
    json!({ "client": client, "do": "connect" })
}

fn reasons(told: &[Value]) -> Vec<i64> {
    let reason = |step: &Value| {
        let found = step.get("reason").or_else(|| step.get("ended"));
        found.and_then(Value::as_i64).unwrap_or(-1)
    };
    told.iter().map(reason).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_versions_of_mqtt_report_and_what_is_acknowledged_is_stored() {
    let house = House::open(OPTIONAL).await;
    for (account, version) in [("4711", 5), ("4712", 4)] {
        house.register(account);
        let identity = house.enrol(account);
        let client = house.client(account, version, Some(&identity));
        let conn = json!({ "state": "online", "boot": 1, "fw": "2.1" });
        let status = json!({ "rssi": -71, "battery": 93, "mains": true });
        let repeat = evt(1, "1130");
        let steps = json!([
            connect("panel"),
            { "client": "panel", "do": "publish", "topic": topic(account, "conn"),
              "payload": conn, "retain": true },
            publish("panel", &topic(account, "status"), &status),
            publish("panel", &topic(account, "evt"), &repeat),
            publish("panel", &topic(account, "evt"), &repeat),
            publish("panel", &topic(account, "evt"), &evt(2, "3130")),
            { "client": "panel", "do": "subscribe", "topic": topic(account, "#") },
            { "client": "panel", "do": "disconnect" },
        ]);
        let told = told(json!({ "panel": client }), steps).await;
        assert_eq!(reasons(&told[..6]), [0; 6], "{told:?}");
        assert_eq!(told[0]["session_present"], json!(false));
        assert_eq!(told[6]["reasons"], json!([1]), "{told:?}");
        if version == 5 {
            let properties = &told[0]["properties"];
            assert_eq!(properties["ReceiveMaximum"], json!(16), "{properties}");
            assert_eq!(properties["MaximumQoS"], json!(1), "{properties}");
        }
    }
    let stored = house.close().await;
    let lines: Vec<_> = stored.iter().map(line).collect();
    let expected = [
        "4711 1 CID 1130 partition 1 zone 3",
        "4711 2 CID 3130 partition 1 zone 3",
        "4712 1 CID 1130 partition 1 zone 3",
        "4712 2 CID 3130 partition 1 zone 3",
    ];
    assert_eq!(
        lines, expected,
        "R2: a repeat is acknowledged and stored once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_offered_is_refused_with_the_reason_of_the_standard() {
    let house = House::open(OPTIONAL).await;
    house.register("4711");
    house.register("4799");
    let identity = house.enrol("4711");
    let client = house.client("4711", 5, Some(&identity));
    let wrong = "{\"seq\": 7, \"boot\": 1, \"cid\":";
    let steps = json!([
        connect("panel"),
        publish("panel", &topic("4799", "evt"), &evt(1, "1130")),
        publish("panel", &topic("4711", "weather"), &json!({})),
        publish("panel", &topic("4711", "cmd/res"), &json!({})),
        { "client": "panel", "do": "publish", "topic": topic("4711", "evt"), "payload": wrong },
        { "client": "panel", "do": "publish", "topic": topic("4711", "status"), "payload": wrong },
        { "client": "panel", "do": "subscribe", "topic": topic("4799", "#") },
        { "client": "panel", "do": "subscribe", "topic": "#" },
        { "client": "panel", "do": "subscribe", "topic": format!("$share/a/{}", topic("4711", "#")) },
        publish("panel", &topic("4711", "evt"), &evt(2, "1131")),
        { "client": "panel", "do": "publish", "topic": topic("4711", "evt"),
          "payload": evt(3, "1132"), "qos": 2 },
    ]);
    let told = told(json!({ "panel": client }), steps).await;
    assert_eq!(
        reasons(&told[..6]),
        [0, 0x87, 0x90, 0x83, 0x99, 0x99],
        "{told:?}"
    );
    assert_eq!(told[6]["reasons"], json!([0x87]), "{told:?}");
    assert_eq!(told[7]["reasons"], json!([0x87]), "{told:?}");
    assert_eq!(told[8]["reasons"], json!([0x9E]), "{told:?}");
    assert_eq!(reasons(&told[9..10]), [0], "{told:?}");
    // paho itself keeps to the server's Maximum QoS, or is told.
    assert_ne!(reasons(&told[10..]), [0], "{told:?}");
    let stored = house.close().await;
    assert_eq!(
        stored.len(),
        2,
        "what could not be read is kept, too: {stored:?}"
    );
    assert!(
        stored[0].flags.contains(&"undecoded".to_owned()),
        "{stored:?}"
    );
    assert_eq!(stored[1].code.code, "1131");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_in_with_a_name_secret_or_certificate_that_is_not_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let operator = Operator::new(folder.path(), "operator");
    let stranger = Operator::new(folder.path(), "stranger");
    let roots = format!("[\"{}\"]", operator.root().display());
    let house = House::open_in(folder, &[("WATCHFIRE__TLS__CLIENT_CA", &roots)]).await;
    for account in ["4711", "4712", "4713"] {
        house.register(account);
    }
    let own = house.enrol("4711");
    let bought = operator.panel("4712");
    let foreign = stranger.panel("4712");
    let client = |id: &str, identity: Option<&Identity>| house.client(id, 5, identity);
    let mut by_secret = client("4713", None);
    by_secret["user"] = json!("4713");
    by_secret["password"] = json!("wfp_not-the-secret-at-all-but-as-long-as-one-would-be-x");
    let mut older = client("4712", Some(&foreign));
    older["tls"] = json!("1.2");
    let clients = json!({
        "own": client("4711", Some(&own)),
        "bought": client("4712", Some(&bought)),
        "another's name": client("4712", Some(&own)),
        "another's name, bought": client("4711", Some(&bought)),
        "no proof": client("4711", None),
        "wrong secret": by_secret,
        "nobody": client("9999", Some(&own)),
        "no client id": client("", Some(&own)),
        "foreign": client("4712", Some(&foreign)),
        "foreign, 1.2": older,
    });
    let names = [
        "own",
        "bought",
        "another's name",
        "another's name, bought",
        "no proof",
        "wrong secret",
        "nobody",
        "no client id",
        "foreign",
        "foreign, 1.2",
    ];
    let steps: Vec<_> = names.into_iter().map(connect).collect();
    let told = told(clients, json!(steps)).await;
    assert_eq!(
        reasons(&told[..8]),
        [0, 0, 0x87, 0x87, 0x87, 0x87, 0x87, 0x85],
        "{told:?}"
    );
    // An authority that nobody trusts ends in a TLS alert: there is no CONNACK at all.
    for told in &told[8..] {
        assert!(told.get("reason").is_none(), "{told:?}");
    }
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_stands_for_a_certificate_where_certificates_cannot_be_had() {
    let house = House::open(OPTIONAL).await;
    house.register("4711");
    let secret = house.folder.path().join("secret");
    let secret_text = secret.to_str().unwrap();
    house
        .server
        .command(&["panel", "secret", "4711", "--out", secret_text]);
    let secret = std::fs::read_to_string(secret).unwrap();
    let mut client = house.client("4711", 4, None);
    client["user"] = json!("4711");
    client["password"] = json!(secret.trim());
    let steps = json!([
        connect("panel"),
        publish("panel", &topic("4711", "evt"), &evt(1, "1110")),
    ]);
    let before = told(json!({ "panel": client }), steps.clone()).await;
    assert_eq!(reasons(&before), [0, 0], "{before:?}");
    house
        .server
        .command(&["panel", "secret", "4711", "--remove"]);
    let after = told(json!({ "panel": client }), json!([connect("panel")])).await;
    assert_ne!(reasons(&after), [0], "{after:?}");
    assert_eq!(house.close().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn cbor_is_read_where_the_content_type_says_so() {
    let house = House::open(OPTIONAL).await;
    house.register("4711");
    let identity = house.enrol("4711");
    let client = house.client("4711", 5, Some(&identity));
    // {"seq": 9, "boot": 1, "cid": "1110"}
    let octets = "a3637365710964626f6f74016363696464 31313130".replace(' ', "");
    let steps = json!([
        connect("panel"),
        { "client": "panel", "do": "publish", "topic": topic("4711", "evt"), "hex": octets,
          "content_type": "application/cbor" },
    ]);
    let told = told(json!({ "panel": client }), steps).await;
    assert_eq!(reasons(&told), [0, 0], "{told:?}");
    let lines: Vec<_> = house.close().await.iter().map(line).collect();
    assert_eq!(lines, ["4711 9 CID 1110"]);
}
