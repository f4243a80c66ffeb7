//! mosquitto's tools as panels.

use std::process::{Command, Output};

use super::{House, Identity, OPTIONAL, line, topic};
use crate::support::tools;

fn publish(house: &House, identity: &Identity, id: &str, arguments: &[&str]) -> Output {
    let port = house.mqtt().port().to_string();
    let mut command = Command::new(tools::find("mosquitto_pub", "WATCHFIRE_MOSQUITTO_PUB"));
    command
        .args(["-h", "localhost", "-p", &port, "-i", id, "--cafile"])
        .arg(house.authority())
        .arg("--cert")
        .arg(&identity.certificate)
        .arg("--key")
        .arg(&identity.key)
        .args(arguments);
    command.output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn mosquitto_pub_reports_an_alarm_in_both_versions() {
    let house = House::open(OPTIONAL).await;
    house.register("4711");
    let identity = house.enrol("4711");
    let evt = topic("4711", "evt");
    for (seq, version) in [(1, "mqttv5"), (2, "mqttv311")] {
        let payload = format!(r#"{{"seq":{seq},"boot":1,"cid":"1110","part":1,"zone":{seq}}}"#);
        let arguments = ["-V", version, "-q", "1", "-t", &evt, "-m", &payload];
        let output = publish(&house, &identity, "4711", &arguments);
        assert!(output.status.success(), "{output:?}");
    }
    // A topic of somebody else is refused, which mosquitto_pub says.
    let foreign = topic("4712", "evt");
    let arguments = ["-V", "mqttv5", "-q", "1", "-t", &foreign, "-m", "{}"];
    let output = publish(&house, &identity, "4711", &arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("Not authorized"),
        "{said} {:?}",
        output.status
    );
    let lines: Vec<_> = house.close().await.iter().map(line).collect();
    let expected = [
        "4711 1 CID 1110 partition 1 zone 1",
        "4711 2 CID 1110 partition 1 zone 2",
    ];
    assert_eq!(lines, expected);
}
