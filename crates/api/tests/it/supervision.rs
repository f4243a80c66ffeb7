//! Supervision: settings, many panels at once, the whole, availability.

use axum::body::Body;
use axum::http::{Method, StatusCode};

use crate::client::{Answer, request};
use crate::fakes::{House, panel_id};

const JSON: &str = "application/json";

async fn put(house: &House, query: &str, body: &str) -> Answer {
    let path = format!("/api/v1/panels/{}/supervision{query}", panel_id(1));
    let request = request(Method::PUT, &path).header("content-type", JSON);
    house
        .ask(request.body(Body::from(body.to_owned())).unwrap())
        .await
}

#[tokio::test]
async fn what_is_set_and_what_that_comes_to_is_shown() {
    let house = House::new();
    let body = r#"{"watch":"90s","test_every":"24h","commissioned":"2026-12-01T00:00:00Z"}"#;
    let answer = put(&house, "", body).await;
    insta::assert_snapshot!(answer.pretty());
    let set = house.watcher.set.lock().unwrap();
    assert_eq!((set.len(), set[0].0.as_str()), (1, "admin"));
    assert_eq!(set[0].1.path, None);
}

#[tokio::test]
async fn a_path_of_a_panel_can_be_set_by_itself() {
    let house = House::new();
    let path = house.path_id();
    let answer = put(&house, &format!("?path={path}"), r#"{"watch":"off"}"#).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(house.watcher.set.lock().unwrap()[0].1.path.is_some());
    let other = "?path=pth_040g2081040g2081040g208104";
    assert_eq!(put(&house, other, "{}").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_class_that_cannot_be_claimed_is_refused_with_the_reason() {
    let house = House::new();
    insta::assert_snapshot!(put(&house, "", r#"{"watch":"SP5"}"#).await.pretty());
    let two = put(&house, "", r#"{"watch":"DP1"}"#).await;
    assert_eq!(two.status, StatusCode::CONFLICT);
    assert!(two.json()["detail"].as_str().unwrap().contains("one path"));
    assert_eq!(
        put(&house, "", r#"{"watch":"SP2"}"#).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn settings_that_make_no_sense_are_named() {
    let house = House::new();
    for (body, refused) in [
        (r#"{"watch":"5s"}"#, "watch: "),
        (r#"{"watch":"SP9"}"#, "watch: "),
        (r#"{"test_every":"5m"}"#, "test_every: "),
        (r#"{"test_counts":"tests"}"#, "test_counts: "),
        (r#"{"test_every":"1d","test_counts":"x"}"#, "test_counts: "),
        (r#"{"commissioned":"tomorrow"}"#, "commissioned: "),
        (r#"{"colour":"red"}"#, "colour: "),
    ] {
        let answer = put(&house, "", body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(
            answer.refused().starts_with(refused),
            "{body}: {}",
            answer.refused()
        );
    }
}

#[tokio::test]
async fn many_panels_are_set_at_once_and_each_refusal_is_told() {
    let house = House::new();
    for account in ["1001", "1002", "1003"] {
        house.add(account).await;
    }
    let body = r#"{"all":true,"settings":{"watch":"5m"}}"#;
    let answer = house.post("/api/v1/supervision/panels", JSON, body).await;
    insta::assert_snapshot!(answer.pretty());
    let body = r#"{"accounts":["1002","7777"],"settings":{"watch":"5m"}}"#;
    let answer = house.post("/api/v1/supervision/panels", JSON, body).await;
    assert_eq!(answer.json()["changed"], 1);
    assert_eq!(answer.json()["unknown"][0], "7777");
    for body in [
        r#"{"settings":{}}"#,
        r#"{"all":true,"accounts":["1"],"settings":{}}"#,
        r#"{"all":true,"settings":{"watch":"x"}}"#,
    ] {
        let answer = house.post("/api/v1/supervision/panels", JSON, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[tokio::test]
async fn supervision_is_summed_up() {
    let house = House::new();
    insta::assert_snapshot!(house.get("/api/v1/supervision").await.pretty());
}

#[tokio::test]
async fn lost_panels_are_listed_page_by_page() {
    let house = House::new();
    for account in 1001..=1006 {
        house.add(&account.to_string()).await;
    }
    let page = house.get("/api/v1/panels?lost=true&limit=2").await.json();
    let names: Vec<_> = page["panels"].as_array().unwrap().iter().collect();
    assert_eq!(names.len(), 2);
    assert_eq!(names[0]["name"], "Bakery 1002");
    assert_eq!(names[0]["paths"][0]["supervision"]["state"], "lost");
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = house
        .get(&format!("/api/v1/panels?lost=true&limit=2&cursor={cursor}"))
        .await;
    assert_eq!(rest.json()["panels"][0]["name"], "Bakery 1006");
    assert!(rest.json()["next_cursor"].is_null());
    let filtered = house
        .get("/api/v1/panels?lost=true&account=1004")
        .await
        .json();
    assert_eq!(filtered["panels"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn availability_is_told_by_path_and_month() {
    let house = House::new();
    let path = format!("/api/v1/panels/{}/availability", panel_id(1));
    insta::assert_snapshot!(house.get(&format!("{path}?month=2026-11")).await.pretty());
    let present = house.get(&path).await.json();
    assert_eq!(present["month"], "2026-11");
    let before = house.get(&format!("{path}?month=2026-01")).await.json();
    assert!(before["counted"].is_null() && before["paths"][0]["percent"].is_null());
    for month in ["2026", "2026-13", "november"] {
        let refused = house.get(&format!("{path}?month={month}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{month}");
    }
    let nobody = format!("/api/v1/panels/{}/availability", panel_id(9));
    assert_eq!(house.get(&nobody).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_mass_outage_is_one_incident_whose_panels_come_a_page_at_a_time() {
    let house = House::new();
    for account in ["1", "2", "3", "4"] {
        house.add(account).await;
    }
    insta::assert_snapshot!(house.get("/api/v1/incidents").await.pretty());
    let first = house.get("/api/v1/incidents/81000?limit=1").await.json();
    assert_eq!(first["number"], 81_000);
    assert_eq!(first["panels"], 4_711);
    let lost = |answer: &serde_json::Value| answer["lost"][0]["name"].clone();
    assert_eq!(lost(&first), "Bakery 2");
    let cursor = first["next_cursor"].as_str().unwrap();
    let next = format!("/api/v1/incidents/81000?limit=1&cursor={cursor}");
    assert_eq!(lost(&house.get(&next).await.json()), "Bakery 4");
    for nothing in ["/api/v1/incidents/7", "/api/v1/incidents/x"] {
        assert_eq!(house.get(nothing).await.status, StatusCode::NOT_FOUND);
    }
}
