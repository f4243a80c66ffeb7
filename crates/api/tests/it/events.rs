//! `GET /events`, `GET /events/{seq}`.

use axum::http::StatusCode;
use serde_json::Value;

use crate::client::Answer;
use crate::fakes::{House, flood, panel_id, test_report};

fn seqs(answer: &Answer) -> Vec<u64> {
    let events = answer.json()["events"].as_array().unwrap().clone();
    events.iter().map(|e| e["seq"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn an_event_in_a_list_shows_everything_but_personal_data() {
    let house = House::with_samples().await;
    let answer = house.get("/api/v1/events?order=oldest&limit=2").await;
    insta::assert_snapshot!(answer.pretty());
    assert!(house.register.audited.lock().unwrap().is_empty());
}

#[tokio::test]
async fn personal_data_is_shown_where_it_is_asked_for_and_the_read_is_audited() {
    let house = House::with_samples().await;
    let answer = house
        .get("/api/v1/events?order=oldest&limit=2&include=personal")
        .await;
    let events = answer.json()["events"].as_array().unwrap().clone();
    let personal: Vec<Value> = events
        .iter()
        .map(|event| {
            let names = ["text", "extended", "raw", "raw_text"];
            let of = |name: &&str| ((*name).to_owned(), event[*name].clone());
            Value::Object(names.iter().map(of).collect())
        })
        .collect();
    insta::assert_snapshot!(serde_json::to_string_pretty(&personal).unwrap());
    assert_eq!(
        *house.register.audited.lock().unwrap(),
        ["admin event.read_personal events 1 to 2"]
    );
}

#[tokio::test]
async fn one_event_shows_its_personal_data_and_that_of_its_message() {
    let house = House::with_samples().await;
    insta::assert_snapshot!("event_1", house.get("/api/v1/events/1").await.pretty());
    let second_of_message = house.get("/api/v1/events/4").await.json();
    assert_eq!(second_of_message["message_seq"], 3);
    assert_eq!(
        second_of_message["raw_text"],
        "5AB2002F\"ADM-CID\"0042L0#1234[#1234|1130 01 007]"
    );
    assert_eq!(second_of_message["text"], Value::Null);
    assert_eq!(
        *house.register.audited.lock().unwrap(),
        [
            "admin event.read_personal event 1",
            "admin event.read_personal event 4"
        ]
    );
}

#[tokio::test]
async fn an_event_that_is_about_no_panel_shows_none() {
    let house = House::with_samples().await;
    house.commit(vec![flood()]).await;
    let list = house.get("/api/v1/events?limit=1").await.json();
    let flood = &list["events"][0];
    assert_eq!(
        (&flood["panel"], &flood["path"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        (&flood["code"]["set"], &flood["code"]["code"]),
        (&Value::from("OWN"), &Value::from("flood"))
    );
}

#[tokio::test]
async fn what_cannot_be_audited_is_not_shown() {
    let house = House::with_samples().await;
    *house.register.full.lock().unwrap() = true;
    for path in [
        "/api/v1/events/1",
        "/api/v1/events?include=personal",
        "/api/v1/events/stream?include=personal",
    ] {
        let answer = house.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.json()["code"], "store.full");
        assert!(!answer.body.contains("Huber"));
    }
}

#[tokio::test]
async fn events_come_newest_first_or_oldest_first_and_go_on_from_cursors() {
    let house = House::with_samples().await;
    for (query, expected, next) in [
        ("", vec![4, 3, 2, 1], Value::Null),
        ("order=oldest", vec![1, 2, 3, 4], Value::Null),
        ("limit=2", vec![4, 3], "3".into()),
        ("limit=2&before=3", vec![2, 1], Value::Null),
        ("after=1&limit=2", vec![2, 3], "3".into()),
        ("after=3", vec![4], Value::Null),
        ("after=4", vec![], Value::Null),
        ("after=0", vec![1, 2, 3, 4], Value::Null),
    ] {
        let answer = house.get(&format!("/api/v1/events?{query}")).await;
        assert_eq!(seqs(&answer), expected, "{query}");
        assert_eq!(answer.json()["next_cursor"], next, "{query}");
    }
    let answer = house.get("/api/v1/events?class=fire&limit=2&after=0").await;
    assert_eq!(
        answer.header("link"),
        "</api/v1/events?class=fire&limit=2&after=2>; rel=\"next\""
    );
}

#[tokio::test]
async fn events_are_filtered_by_panel_account_class_and_time() {
    let house = House::with_samples().await;
    house.commit(vec![test_report(2)]).await;
    let panel = format!("panel={}", panel_id(2));
    for (query, expected) in [
        (panel.as_str(), vec![5]),
        ("account=1234", vec![5, 4, 3, 2, 1]),
        ("account=9999", vec![]),
        ("class=fire", vec![4]),
        ("class=fire,disarm", vec![4, 2]),
        ("class=fire&class=disarm", vec![4, 2]),
        (
            "from=2026-11-22T21:00:00%2B01:00&until=2026-11-22T20:30:00Z",
            vec![4, 3, 1],
        ),
        ("from=2026-11-22T20:30:00Z", vec![5, 2]),
    ] {
        let answer = house.get(&format!("/api/v1/events?{query}")).await;
        assert_eq!(seqs(&answer), expected, "{query}");
    }
}

#[tokio::test]
async fn an_event_that_does_not_exist_is_not_found() {
    let house = House::with_samples().await;
    for seq in ["99", "0", "x", "-1", "99999999999999999999999"] {
        let answer = house.get(&format!("/api/v1/events/{seq}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{seq}");
    }
    assert!(house.register.audited.lock().unwrap().is_empty());
}
