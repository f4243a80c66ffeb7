//! `quarantine list`, `show`, `adopt`, `reject`, and what `panel show` tells of an adoption.

use super::fake::{Answer, Fake};
use super::{err, out, run};

const KEY: &str = "850cba22f7dd4f033405da83e4c5bae9";

fn stranger(number: u64, standing: &str, frames: &str) -> String {
    format!(
        r#"{{"number":{number},"family":"dc09","account":"4711","receiver":"579B","line":null,
        "reason":"unknown_account","standing":"{standing}","listener":"dc09","registered":false,
        "sources":["192.0.2.8","192.0.2.7"],"first":"2026-11-22T19:15:00.000000Z",
        "last":"2026-11-22T20:15:00.000000Z","count":60,"acknowledged":0{frames}}}"#
    )
    .replace("\n        ", "")
}

#[test]
fn strangers_are_listed_with_how_often_and_from_where_they_came() {
    let first = format!(
        r#"{{"strangers":[{}],"next_cursor":"7"}}"#,
        stranger(7, "open", "")
    );
    let last = r#"{"strangers":[],"next_cursor":null}"#;
    let fake = Fake::serving(vec![
        Answer::json("GET /api/v1/quarantine?", 200, &first).asking_for("standing=open"),
        Answer::json("GET /api/v1/quarantine?", 200, last).asking_for("before=7"),
        Answer::json("GET /api/v1/quarantine?", 200, last).asking_for("standing=all"),
    ]);
    let listed = run(fake.folder(), &["quarantine", "list"]);
    assert!(listed.status.success(), "{}", err(&listed));
    for part in ["7", "4711", "579B", "unknown_account", "60", "192.0.2.8"] {
        assert!(out(&listed).contains(part), "{part} in {}", out(&listed));
    }
    let listed = run(fake.folder(), &["quarantine", "list", "--all"]);
    assert!(err(&listed).contains("Nobody is in the quarantine"));
    fake.finish();
}

#[test]
fn a_stranger_is_shown_with_its_frames_and_what_can_be_done() {
    let frame = r#","frames":[{"received":"2026-11-22T20:15:00.000000Z","source":"192.0.2.8","format":"NULL","encrypted":false,"acknowledged":false,"raw":"eA==","raw_text":"1EF2 a frame"}]"#;
    let shown = stranger(7, "open", frame);
    let fake = Fake::serving(vec![Answer::json("GET /api/v1/quarantine/7", 200, &shown)]);
    let shown = run(fake.folder(), &["quarantine", "show", "7"]);
    assert!(shown.status.success(), "{}", err(&shown));
    let text = out(&shown);
    assert!(
        text.contains("192.0.2.8  plain NULL  1EF2 a frame"),
        "{text}"
    );
    assert!(err(&shown).contains("watchfire quarantine adopt 7"));
    fake.finish();
}

#[test]
fn a_stranger_is_adopted_with_name_and_key_and_the_key_is_not_printed() {
    let panel = r#"{"id":"pan_1","name":"Bakery","created":"2026-11-22T20:15:00.000000Z",
        "last_heard":null,"paths":[]}"#;
    let fake = Fake::serving(vec![
        Answer::json("POST /api/v1/quarantine/7/adopt", 201, panel)
            .asking_for(r#""name": "Bakery""#)
            .asking_for(&format!(r#""key": "{KEY}""#)),
    ]);
    let arguments = ["quarantine", "adopt", "7", "--name", "Bakery", "--key", KEY];
    let adopted = run(fake.folder(), &arguments);
    assert!(adopted.status.success(), "{}", err(&adopted));
    assert_eq!(out(&adopted), "pan_1  Bakery\n");
    assert!(!err(&adopted).contains(KEY), "I10");
    fake.finish();
}

#[test]
fn a_stranger_is_rejected_and_opened_again() {
    let path = "POST /api/v1/quarantine/7/reject";
    let fake = Fake::serving(vec![
        Answer::json(path, 200, &stranger(7, "rejected", ""))
            .asking_for(r#""again": false"#)
            .asking_for(r#""reason": "a scanner""#),
        Answer::json(path, 200, &stranger(7, "open", "")).asking_for(r#""again": true"#),
    ]);
    let arguments = ["quarantine", "reject", "7", "--reason", "a scanner"];
    let rejected = run(fake.folder(), &arguments);
    assert_eq!(
        out(&rejected),
        "entry 7 is rejected\n",
        "{}",
        err(&rejected)
    );
    let opened = run(fake.folder(), &["quarantine", "reject", "7", "--again"]);
    assert_eq!(out(&opened), "entry 7 is open\n");
    fake.finish();
}

#[test]
fn a_panel_tells_what_it_was_in_the_quarantine() {
    let panel = r#"{"id":"pan_040g2081040g2081040g208104","name":"Bakery","created":"2026-11-22T20:15:00.000000Z",
        "last_heard":null,"paths":[],"partitions":[],"zones":[],"last_event":null,
        "adopted":[{"number":7,"at":"2026-11-22T20:15:00.000000Z","by":"admin",
        "first":"2026-11-22T19:15:00.000000Z","last":"2026-11-22T20:14:00.000000Z","count":60}]}"#;
    let id = "pan_040g2081040g2081040g208104";
    let path = format!("GET /api/v1/panels/{id}");
    let fake = Fake::serving(vec![Answer::json(&path, 200, panel)]);
    let shown = run(fake.folder(), &["panel", "show", id]);
    assert!(shown.status.success(), "{}", err(&shown));
    let told = "adopted from the quarantine, entry 7, by admin at 2026-11-22 20:15:00Z: what \
                came before went nowhere (60 in all, from 2026-11-22 19:15:00Z to 2026-11-22 \
                20:14:00Z)";
    assert!(out(&shown).contains(told), "{}", out(&shown));
    fake.finish();
}
