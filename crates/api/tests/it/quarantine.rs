//! `GET /quarantine`, `GET /quarantine/{number}`, and what can be done to a stranger.

use axum::http::StatusCode;
use engine::ports::{EntryNumber, QuarantineError};
use serde_json::Value;

use crate::fakes::{House, panel_id};

#[tokio::test]
async fn strangers_come_a_page_at_a_time_without_their_frames() {
    let house = House::with_samples().await;
    let page = house.get("/api/v1/quarantine?limit=1").await;
    insta::assert_snapshot!(page.pretty());
    let next = "</api/v1/quarantine?limit=1&before=7>; rel=\"next\"";
    assert_eq!(page.header("link"), next);
    let last = house.get("/api/v1/quarantine?limit=1&before=7").await;
    assert_eq!(last.json()["next_cursor"], Value::Null);
    assert!(house.register.audited.lock().unwrap().is_empty());
}

#[tokio::test]
async fn those_that_were_rejected_are_shown_where_they_are_asked_for() {
    let house = House::with_samples().await;
    let all = house.get("/api/v1/quarantine?standing=all").await.json();
    assert_eq!(all["strangers"][0]["standing"], "rejected");
    let refused = house.get("/api/v1/quarantine?standing=some&before=x").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        refused.refused(),
        "before: `x` is not the number of an entry\nstanding: `some` is not known here"
    );
}

#[tokio::test]
async fn a_stranger_is_shown_with_its_frames_and_the_read_is_audited() {
    let house = House::with_samples().await;
    let shown = house.get("/api/v1/quarantine/7").await.json();
    let frame = &shown["frames"][0];
    assert_eq!(frame["raw_text"], "1EF20013\"NULL\"0000R579BL0#4711[]");
    assert_eq!(
        (&frame["source"], &shown["account"]),
        (&"192.0.2.8".into(), &"4711".into())
    );
    let audited = house.register.audited.lock().unwrap().clone();
    assert_eq!(audited, ["admin quarantine.read_personal quarantine 7"]);
    for path in ["/api/v1/quarantine/8", "/api/v1/quarantine/x"] {
        assert_eq!(house.get(path).await.status, StatusCode::NOT_FOUND);
    }
    *house.register.full.lock().unwrap() = true;
    let shown = house.get("/api/v1/quarantine/7").await;
    assert_eq!(shown.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_stranger_is_adopted_and_its_key_is_never_answered() {
    let house = House::with_samples().await;
    let key = "850cba22f7dd4f033405da83e4c5bae9";
    let body = format!(r#"{{"name":"Bakery","key":"{key}"}}"#);
    let path = "/api/v1/quarantine/7/adopt";
    let adopted = house.post(path, "application/json", body).await;
    assert_eq!(adopted.status, StatusCode::CREATED, "{}", adopted.body);
    assert_eq!(adopted.json()["id"], panel_id(1).to_string());
    assert!(!adopted.body.contains(key), "I10");
    let done = house.quarantine.done.lock().unwrap().clone();
    assert_eq!(
        done,
        ["admin adopts 7 as `Bakery`, key 128 bits: no reason"]
    );
}

#[tokio::test]
async fn what_cannot_be_registered_of_a_stranger_is_named_field_by_field() {
    let house = House::with_samples().await;
    let body = r#"{"name":" ","site":"x","listener":"A","key":"12"}"#;
    let path = "/api/v1/quarantine/7/adopt";
    let refused = house.post(path, "application/json", body).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let fields: Vec<Value> = refused.json()["errors"].as_array().unwrap().clone();
    let fields: Vec<&str> = fields
        .iter()
        .map(|e| e["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["name", "site", "listener", "key"]);
    let account = house
        .post(path, "application/json", r#"{"account":"1"}"#)
        .await;
    assert_eq!(account.status, StatusCode::BAD_REQUEST, "it keeps its own");
}

#[tokio::test]
async fn why_a_stranger_cannot_be_adopted_is_told_with_what_to_do() {
    let house = House::with_samples().await;
    let number = EntryNumber(7);
    for (refusal, code) in [
        (QuarantineError::Adopted { number }, "quarantine.adopted"),
        (
            QuarantineError::Registered { number },
            "quarantine.registered",
        ),
    ] {
        *house.quarantine.refuses.lock().unwrap() = Some(refusal);
        let path = "/api/v1/quarantine/7/adopt";
        let refused = house.post(path, "application/json", "{}").await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert_eq!(refused.json()["code"], code);
        assert!(refused.json()["hint"].is_string());
    }
}

#[tokio::test]
async fn a_stranger_is_rejected_with_a_reason_and_opened_again() {
    let house = House::with_samples().await;
    let path = "/api/v1/quarantine/7/reject";
    let body = r#"{"reason":" a scanner "}"#;
    let rejected = house.post(path, "application/json", body).await;
    assert_eq!(rejected.json()["standing"], "rejected");
    let opened = house
        .post(path, "application/json", r#"{"again":true}"#)
        .await;
    assert_eq!(opened.json()["standing"], "open");
    let done = house.quarantine.done.lock().unwrap().clone();
    let expected = [
        "admin rejects 7, again false: a scanner",
        "admin rejects 7, again true: no reason",
    ];
    assert_eq!(done, expected);
    let long = format!(r#"{{"reason":"{}"}}"#, "x".repeat(501));
    let refused = house.post(path, "application/json", long).await;
    assert_eq!(
        refused.refused(),
        "reason: at most 500 characters, without control characters"
    );
}

#[tokio::test]
async fn a_panel_names_what_it_was_in_the_quarantine() {
    let house = House::with_samples().await;
    house.add("4711").await;
    let path = format!("/api/v1/panels/{}", panel_id(2));
    let panel = house.get(&path).await.json();
    let adopted = &panel["adopted"][0];
    assert_eq!(
        (&adopted["number"], &adopted["count"]),
        (&7.into(), &60.into())
    );
    assert_eq!(adopted["by"], "admin");
}
