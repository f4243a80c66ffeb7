//! `POST /events/{seq}/verdict`, and what events show of doubt.

use axum::http::StatusCode;
use engine::ports::NewMessage;
use model::EventFlags;
use serde_json::Value;

use crate::client::Answer;
use crate::fakes::{House, burglary, disarm, panel_id};

/// The same, doubted.
fn doubted(mut message: NewMessage) -> NewMessage {
    message.events[0].flags = EventFlags::ODD_PADDING | EventFlags::NON_STANDARD;
    message
}

/// A house with a doubted disarm (1), an undoubted one (2) and a doubted burglary (3).
async fn house() -> House {
    let house = House::new();
    house.add("1234").await;
    let messages = vec![doubted(disarm()), disarm(), doubted(burglary())];
    house.commit(messages).await;
    house
}

impl House {
    async fn say(&self, seq: u64, body: &str) -> Answer {
        let path = format!("/api/v1/events/{seq}/verdict");
        self.post(&path, "application/json", body.to_owned()).await
    }

    async fn awaiting(&self) -> Vec<u64> {
        let list = self
            .get("/api/v1/events?doubt=awaiting&order=oldest")
            .await
            .json();
        let events = list["events"].as_array().unwrap();
        events.iter().map(|e| e["seq"].as_u64().unwrap()).collect()
    }
}

const CONFIRMED: &str = r#"{"verdict":"confirmed","reason":"called back"}"#;
const REJECTED: &str = r#"{"verdict":"rejected"}"#;

#[tokio::test]
async fn a_doubted_disarm_takes_no_effect_until_it_is_confirmed() {
    let house = house().await;
    let event = house.get("/api/v1/events/1").await.json();
    assert_eq!(event["doubt"], serde_json::json!(["odd_padding"]));
    assert_eq!(
        (&event["effective"], &event["verdict"]),
        (&false.into(), &Value::Null)
    );
    let said = house.say(1, CONFIRMED).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.body);
    let event = house.get("/api/v1/events/1").await.json();
    assert_eq!(event["effective"], true);
    assert_eq!(event["verdict"], said.json());
    assert_eq!(
        said.json(),
        serde_json::json!({
            "verdict": "confirmed",
            "at": "2026-11-22T20:15:00.000000Z",
            "by": "admin",
            "reason": "called back"
        })
    );
}

#[tokio::test]
async fn a_doubted_alarm_is_effective_from_the_start_and_undoubted_events_are_not_asked_about() {
    let house = house().await;
    let list = house.get("/api/v1/events?order=oldest").await.json();
    let effective: Vec<_> = (0..3)
        .map(|at| list["events"][at]["effective"].clone())
        .collect();
    assert_eq!(effective, [false, true, true]);
    assert_eq!(list["events"][1]["doubt"], serde_json::json!([]));
}

#[tokio::test]
async fn lists_and_panels_show_verdicts_and_what_awaits_one_can_be_asked_for() {
    let house = house().await;
    assert_eq!(house.awaiting().await, [1, 3]);
    house.say(3, REJECTED).await;
    assert_eq!(house.awaiting().await, [1]);
    let any = house.get("/api/v1/events?doubt=any").await.json();
    assert_eq!(any["events"].as_array().unwrap().len(), 2);
    assert_eq!(any["events"][0]["verdict"]["verdict"], "rejected");
    let path = format!("/api/v1/panels/{}", panel_id(1));
    let panel = house.get(&path).await.json();
    assert_eq!(panel["last_event"]["verdict"]["by"], "admin");
}

#[tokio::test]
async fn what_nobody_doubts_cannot_be_judged() {
    let house = house().await;
    let refused = house.say(2, CONFIRMED).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(refused.json()["code"], "event.not_doubtful");
    for seq in [0, 99] {
        assert_eq!(
            house.say(seq, CONFIRMED).await.status,
            StatusCode::NOT_FOUND
        );
    }
}

#[tokio::test]
async fn a_second_verdict_that_says_otherwise_names_the_first() {
    let house = house().await;
    house.say(1, REJECTED).await;
    let again = house.say(1, REJECTED).await;
    assert_eq!(again.status, StatusCode::OK);
    let refused = house.say(1, CONFIRMED).await;
    assert_eq!(refused.json()["code"], "event.verdict_given");
    assert_eq!(
        refused.json()["detail"],
        "event 1 was rejected by admin at 2026-11-22T20:15:00.000000Z"
    );
}

#[tokio::test]
async fn a_verdict_is_one_of_two_words() {
    let house = house().await;
    for body in [
        r#"{"verdict":"maybe"}"#,
        "{}",
        r#"{"verdict":"confirmed","why":"x"}"#,
    ] {
        assert_eq!(house.say(1, body).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(house.awaiting().await, [1, 3]);
}
