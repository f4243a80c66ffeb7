//! The command line against a server that follows a script.
//!
//! The script stands in for the API: it says which requests must come, in order, and what they
//! are answered. What the API itself does is proved where it is.

mod credentials;
mod fake;
mod paths;
mod performance;
mod quarantine;
mod verdicts;

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use fake::{Answer, Fake};

fn watchfire(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_watchfire"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("WATCHFIRE_") {
            command.env_remove(name);
        }
    }
    command
        .current_dir(folder)
        .args(arguments)
        .stdin(Stdio::null());
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    watchfire(folder, arguments).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn event(seq: u64, class: &str) -> String {
    format!(
        r#"{{"seq":{seq},"message_seq":{seq},"panel":"pan_1","path":"pth_1","site":"sit_1",
        "organisation":"org_1","family":"dc09","format":"SIA-DCS","account":"1234",
        "code":{{"set":"SIA","code":"BA","name":"burglary alarm"}},"class":"{class}","priority":3,
        "qualifier":null,"partition":"1","zone":"7","user":null,"restores":[],"panel_sequence":1,
        "panel_time":null,"occurred":null,"received":"2026-11-22T20:15:00.000000Z",
        "skew_ms":null,"flags":["non_standard"],"later_field":true}}"#
    )
    .replace("\n        ", "")
}

#[test]
fn the_default_configuration_is_printed_and_checks_as_valid() {
    let folder = tempfile::tempdir().unwrap();
    let printed = run(folder.path(), &["config", "default"]);
    std::fs::write(folder.path().join("watchfire.toml"), &printed.stdout).unwrap();
    let checked = run(folder.path(), &["config", "check", "watchfire.toml"]);
    assert!(checked.status.success(), "{}", out(&checked));
    assert!(
        out(&checked).contains("watchfire.toml:"),
        "{}",
        out(&checked)
    );
    assert!(out(&checked).ends_with("The configuration is valid.\n"));
}

#[test]
fn a_wrong_configuration_is_told_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("w.toml"), "[gateway]\ncuont = 1\n").unwrap();
    let checked = run(
        folder.path(),
        &["--json", "--config", "w.toml", "config", "check"],
    );
    assert!(!checked.status.success());
    let told: serde_json::Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!(told["valid"], false);
    assert_eq!(told["problems"][0]["from"], "w.toml:2");
    assert_eq!(told["problems"][0]["key"], "gateway.cuont");
}

#[test]
fn without_a_server_one_is_told_what_to_type() {
    let folder = tempfile::tempdir().unwrap();
    let listed = run(folder.path(), &["panel", "list"]);
    assert!(!listed.status.success());
    assert!(err(&listed).contains("watchfire serve"), "{}", err(&listed));
    assert!(
        err(&listed).contains("./watchfire-data/run/endpoints.json"),
        "{}",
        err(&listed)
    );
}

#[test]
fn a_panel_is_added_with_the_token_of_the_data_folder() {
    let panel = r#"{"id":"pan_1","name":"Bakery","created":"2026-11-22T20:15:00.000000Z",
        "last_heard":null,"paths":[]}"#;
    let fake = Fake::serving(vec![
        Answer::json("POST /api/v1/panels", 201, panel)
            .asking_for("authorization: Bearer the-token")
            .asking_for(r#""account": "1234""#)
            .asking_for(r#""name": "Bakery""#),
    ]);
    let arguments = ["panel", "add", "--account", "1234", "--name", "Bakery"];
    let added = run(fake.folder(), &arguments);
    assert!(added.status.success(), "{}", err(&added));
    assert_eq!(out(&added), "pan_1  Bakery\n");
    fake.finish();
}

#[test]
fn a_refusal_is_told_with_title_detail_and_hint() {
    let problem = r#"{"type":"urn:watchfire:error:panel.ambiguous","title":"Another panel could be
        mistaken for this one","status":409,"code":"panel.ambiguous","detail":"panel pan_2 has
        this account already","hint":"Tell them apart.","panel":"pan_2","request_id":"r1"}"#
        .replace("\n        ", " ");
    let path = "POST /api/v1/panels";
    let fake = Fake::serving(vec![
        Answer::json(path, 409, &problem),
        Answer::json(path, 409, &problem),
    ]);
    let added = run(fake.folder(), &["panel", "add", "--account", "1234"]);
    assert!(!added.status.success());
    for part in [
        "mistaken for this one",
        "has this account already",
        "Tell them apart",
        "pan_2",
    ] {
        assert!(err(&added).contains(part), "{part} in {}", err(&added));
    }
    let added = run(
        fake.folder(),
        &["panel", "add", "--account", "1234", "--json"],
    );
    let told: serde_json::Value = serde_json::from_slice(&added.stderr).unwrap();
    assert_eq!(told["error"]["code"], "panel.ambiguous");
    fake.finish();
}

#[test]
fn an_import_reports_rows_that_were_not_simply_added_and_fails_if_one_was_refused() {
    let report = "{\"row\":1,\"status\":\"added\",\"panel\":\"pan_1\"}\n\
        {\"row\":2,\"status\":\"exists\",\"panel\":\"pan_2\"}\n\
        {\"row\":3,\"status\":\"error\",\"error\":{\"code\":\"request.invalid\",\"detail\":\"no\"}}\n";
    let answer = || {
        Answer::new(
            "POST /api/v1/panels/import",
            200,
            "application/x-ndjson",
            report,
        )
        .asking_for("content-type: text/csv")
        .asking_for("accept: application/x-ndjson")
        .asking_for("1235")
    };
    let fake = Fake::serving(vec![answer(), answer()]);
    let table = "account,name\n1234,Bakery\n1235,Bank\nx y,Mill\n";
    std::fs::write(fake.folder().join("panels.csv"), table).unwrap();
    let imported = run(fake.folder(), &["panel", "import", "panels.csv"]);
    assert_eq!(imported.status.code(), Some(1));
    assert_eq!(
        out(&imported),
        "panels.csv:3: 1235: is registered already pan_2\n\
         panels.csv:4: x y: refused: no (request.invalid)\n\
         1 added, 1 registered already, 1 refused\n"
    );
    let imported = run(fake.folder(), &["panel", "import", "panels.csv", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&imported.stdout).unwrap();
    assert_eq!((&told["added"], &told["errors"]), (&1.into(), &1.into()));
    assert_eq!(told["rows"].as_array().unwrap().len(), 3);
    fake.finish();
}

#[test]
fn a_report_that_breaks_off_is_a_failure() {
    let report = "{\"row\":1,\"status\":\"added\",\"panel\":\"pan_1\"}\n{\"row\":2,\"sta";
    let path = "POST /api/v1/panels/import";
    let fake = Fake::serving(vec![Answer::new(path, 200, "application/x-ndjson", report)]);
    std::fs::write(fake.folder().join("p.csv"), "account\n1\n2\n").unwrap();
    let imported = run(fake.folder(), &["panel", "import", "p.csv"]);
    assert_eq!(imported.status.code(), Some(1));
    assert!(
        err(&imported).contains("Import the file again"),
        "{}",
        err(&imported)
    );
}

#[test]
fn events_are_listed_over_as_many_pages_as_it_takes() {
    let page =
        |events: &str, next: &str| format!(r#"{{"events":[{events}],"next_cursor":{next}}}"#);
    let first = page(
        &format!("{},{}", event(9, "burglary"), event(8, "fire")),
        "\"8\"",
    );
    let second = page(&event(7, "burglary"), "null");
    let fake = Fake::serving(vec![
        Answer::json(
            "GET /api/v1/events?class=burglary,fire&order=newest&limit=50 ",
            200,
            &first,
        ),
        Answer::json(
            "GET /api/v1/events?class=burglary,fire&order=newest&limit=48&before=8 ",
            200,
            &second,
        ),
    ]);
    let listed = run(
        fake.folder(),
        &["event", "list", "--class", "burglary,fire"],
    );
    assert!(listed.status.success(), "{}", err(&listed));
    assert_eq!(
        out(&listed),
        "seq  time                  account  class     code  name            partition  point   flags\n\
         9    2026-11-22 20:15:00Z  1234     burglary  BA    burglary alarm  1          zone 7  non_standard\n\
         8    2026-11-22 20:15:00Z  1234     fire      BA    burglary alarm  1          zone 7  non_standard\n\
         7    2026-11-22 20:15:00Z  1234     burglary  BA    burglary alarm  1          zone 7  non_standard\n"
    );
    fake.finish();
}

#[test]
fn a_tail_goes_on_after_the_last_event_when_the_server_comes_back() {
    let stream = |events: &str| {
        Answer::new(
            "GET /api/v1/events/stream",
            200,
            "text/event-stream",
            events,
        )
    };
    let frame = |seq| format!("id: {seq}\nevent: event\ndata: {}\n\n", event(seq, "fire"));
    let page = format!(r#"{{"events":[{}],"next_cursor":"4"}}"#, event(4, "fire"));
    let unavailable = r#"{"title":"The server cannot do this now","code":"server.unavailable"}"#;
    let fake = Fake::serving(vec![
        Answer::json("GET /api/v1/server ", 200, r#"{"newest_event":5}"#),
        Answer::json("GET /api/v1/events?limit=1&before=6 ", 200, &page),
        stream(&format!(": hello\n\n{}id: 900\n\n", frame(6))).asking_for("last-event-id: 5"),
        Answer::json("GET /api/v1/events/stream ", 503, unavailable),
        stream(&frame(901)).asking_for("last-event-id: 900"),
        Answer::json(
            "GET /api/v1/events/stream ",
            401,
            r#"{"title":"A bearer token is needed"}"#,
        )
        .asking_for("last-event-id: 901"),
    ]);
    let tail = run(fake.folder(), &["--json", "event", "tail", "-n", "1"]);
    assert_eq!(tail.status.code(), Some(1), "a refusal for good ends it");
    let numbers: Vec<u64> = out(&tail)
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|event| event["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [4, 6, 901]);
    assert!(
        err(&tail).contains("A bearer token is needed"),
        "{}",
        err(&tail)
    );
    fake.finish();
}

#[test]
fn a_panel_is_shown_by_its_account() {
    let panel = format!(
        r#"{{"id":"pan_1","name":"Bakery","created":"2026-11-22T20:15:00.000000Z",
        "last_heard":"2026-11-22T20:16:00.000000Z",
        "paths":[{{"id":"pth_1","family":"dc09","account":"1234","receiver":null,"line":"2",
        "last_heard":null}}],
        "partitions":[{{"number":"1","state":"armed_away","since_event":4,
        "since":"2026-11-22T20:15:00.000000Z","origin":"observed"}}],
        "zones":[{{"number":"7","partition":"1","last_event":4,"last_class":"burglary",
        "last":"2026-11-22T20:15:00.000000Z","origin":"observed"}}],
        "last_event":{}}}"#,
        event(4, "burglary")
    );
    let found = r#"{"panels":[{"id":"pan_1"}],"next_cursor":null}"#;
    let fake = Fake::serving(vec![
        Answer::json("GET /api/v1/panels?account=1234&limit=1000 ", 200, found),
        Answer::json("GET /api/v1/panels/pan_1 ", 200, &panel),
        Answer::json(
            "GET /api/v1/panels?account=99&limit=1000 ",
            200,
            r#"{"panels":[]}"#,
        ),
    ]);
    let shown = run(fake.folder(), &["panel", "show", "1234"]);
    assert!(shown.status.success(), "{}", err(&shown));
    for part in [
        "Bakery",
        "pan_1",
        "armed_away",
        "observed",
        "burglary alarm",
        "any",
    ] {
        assert!(out(&shown).contains(part), "{part} in {}", out(&shown));
    }
    let shown = run(fake.folder(), &["panel", "show", "99"]);
    assert!(
        err(&shown).contains("no panel has the account 99"),
        "{}",
        err(&shown)
    );
    fake.finish();
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let many: Vec<String> = (1..=1_000).map(|seq| event(seq, "fire")).collect();
    let page = format!(r#"{{"events":[{}],"next_cursor":null}}"#, many.join(","));
    let fake = Fake::serving(vec![Answer::json("GET /api/v1/events", 200, &page)]);
    let mut list = watchfire(fake.folder(), &["event", "list", "-n", "1000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::with_capacity(64, list.stdout.take().unwrap())
        .read_line(&mut first)
        .unwrap();
    let mut told = String::new();
    list.stderr
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    let ended = list.wait().unwrap();
    assert!(ended.success(), "{ended}: {told}");
    assert_eq!(told, "");
}

#[test]
fn doctor_tells_what_is_well_and_what_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let run = |address: &str| {
        let address = address.to_owned();
        let output = watchfire(folder.path(), &["doctor", "--json"])
            .env("WATCHFIRE__API__ADDRESS", address)
            .env("WATCHFIRE__LISTENER__DC09__ADDRESS", "127.0.0.1:0")
            .env("WATCHFIRE__LISTENER__DC09_TLS__ADDRESS", "127.0.0.1:0")
            .env("WATCHFIRE__LISTENER__MQTT__ADDRESS", "127.0.0.1:0")
            .output()
            .unwrap();
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let api = told["checks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|c| c["name"] == "port api");
        (
            output.status.code(),
            api.unwrap()["verdict"].as_str().unwrap().to_owned(),
        )
    };
    let busy = taken.local_addr().unwrap().to_string();
    assert_eq!(run(&busy), (Some(1), "fail".to_owned()));
    assert_eq!(run("127.0.0.1:0").1, "ok");
}
