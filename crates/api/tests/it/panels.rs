//! `GET /panels`, `POST /panels`, `GET /panels/{id}`.

use axum::http::StatusCode;

use crate::fakes::{House, panel_id, test_report};

const JSON: &str = "application/json";

#[tokio::test]
async fn a_panel_is_registered_and_found_where_location_says() {
    let house = House::new();
    let body = r#"{"account":"12ab","name":"Bakery","receiver":"1a","line":2}"#;
    let answer = house.post("/api/v1/panels", JSON, body).await;
    insta::assert_snapshot!(answer.pretty());
    let location = answer.header("location").to_owned();
    assert_eq!(location, format!("/api/v1/panels/{}", panel_id(1)));
    assert_eq!(house.get(&location).await.json()["name"], "Bakery");
}

#[tokio::test]
async fn a_panel_that_could_be_mistaken_for_another_is_refused_with_the_others_id() {
    let house = House::new();
    house.add("1234").await;
    let body = r#"{"account":"1234","receiver":"1"}"#;
    let answer = house.post("/api/v1/panels", JSON, body).await;
    insta::assert_snapshot!(answer.pretty());
}

#[tokio::test]
async fn a_site_that_does_not_exist_is_named() {
    let house = House::new();
    let body = r#"{"account":"1234","site":"sit_040g2081040g2081040g208104"}"#;
    let answer = house.post("/api/v1/panels", JSON, body).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.json()["code"], "site.unknown");
    assert_eq!(
        answer.refused(),
        "site: there is no site sit_040g2081040g2081040g208104"
    );
}

#[tokio::test]
async fn fields_that_cannot_be_taken_are_named() {
    let house = House::new();
    for (body, refused) in [
        (
            r#"{"account":"1234","colour":"red"}"#,
            "colour: unknown field `colour`, expected one of `family`, `account`, `receiver`, \
             `line`, `name`, `site`, `listener`, `path_name`, `hub`, `accept_skewed`, `key`, `key_ascii`, `supervision` at line \
             1 column 26",
        ),
        (
            r#"{"account":1234}"#,
            "account: invalid type: integer `1234`, expected a string at line 1 column 15",
        ),
        ("{}", ".: missing field `account` at line 1 column 2"),
        ("{", ".: EOF while parsing an object at line 1 column 1"),
        (
            r#"{"account":"1"} x"#,
            ".: trailing characters at line 1 column 17",
        ),
        (
            r#"{"account":"1 2","line":0}"#,
            "account: `1 2` is not an account: 1 to 16 letters or digits are expected, such as \
             1234 or 12345A\n\
             line: line 0 means that the panel names none: leave the line out",
        ),
    ] {
        let answer = house.post("/api/v1/panels", JSON, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.refused(), refused, "{body}");
    }
}

#[tokio::test]
async fn an_unknown_family_is_refused_with_the_known_ones() {
    let house = House::new();
    let body = r#"{"account":"1234","family":"mqtt"}"#;
    let answer = house.post("/api/v1/panels", JSON, body).await;
    insta::assert_snapshot!(answer.pretty());
}

#[tokio::test]
async fn a_body_in_another_format_is_refused() {
    let house = House::new();
    let form = "application/x-www-form-urlencoded";
    let answer = house.post("/api/v1/panels", form, "account=1234").await;
    insta::assert_snapshot!(answer.pretty());
}

#[tokio::test]
async fn panels_come_a_page_at_a_time() {
    let house = House::new();
    for account in ["1001", "1002", "1003"] {
        house.add(account).await;
    }
    let first = house.get("/api/v1/panels?limit=2&q=bakery").await;
    insta::assert_snapshot!(first.pretty());
    let cursor = first.json()["next_cursor"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/panels?limit=2&q=bakery&cursor={cursor}");
    assert_eq!(first.header("link"), format!("<{path}>; rel=\"next\""));
    let second = house.get(&path).await;
    assert_eq!(second.json()["panels"].as_array().unwrap().len(), 1);
    assert!(second.json()["next_cursor"].is_null());
    assert_eq!(second.header("link"), "(absent)");
}

#[tokio::test]
async fn panels_are_found_by_account_and_by_text() {
    let house = House::new();
    house.add("1001").await;
    house.add("20AB").await;
    let found = async |query: &str| {
        let answer = house.get(&format!("/api/v1/panels?{query}")).await;
        let panels = answer.json()["panels"].as_array().unwrap().clone();
        let accounts = panels.iter().map(|p| p["paths"][0]["account"].to_string());
        accounts.collect::<Vec<_>>().join(",")
    };
    assert_eq!(found("account=20ab").await, "\"20AB\"");
    assert_eq!(found("q=BAKERY%201").await, "\"1001\"");
    assert_eq!(found("q=").await, "\"1001\",\"20AB\"");
}

#[tokio::test]
async fn a_cursor_that_we_did_not_make_is_refused() {
    let house = House::new();
    let answer = house.get("/api/v1/panels?cursor=77").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        answer.refused(),
        "cursor: `77` is no cursor: send `next_cursor` of the page before, or none to begin"
    );
}

#[tokio::test]
async fn a_panel_shows_its_parts_and_its_last_event() {
    let house = House::with_samples().await;
    // More than a page of others' events lies between.
    let others = (0..5).map(|_| test_report(2)).collect();
    house.commit(others).await;
    let answer = house.get(&format!("/api/v1/panels/{}", panel_id(1))).await;
    insta::assert_snapshot!(answer.pretty());
    assert!(!answer.body.contains("Huber"), "R31");
}

#[tokio::test]
async fn a_panel_that_does_not_exist_is_not_found() {
    let house = House::new();
    for id in [
        panel_id(5).to_string(),
        "nonsense".to_owned(),
        "%FF".to_owned(),
    ] {
        let answer = house.get(&format!("/api/v1/panels/{id}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{id}");
        assert_eq!(answer.json()["code"], "request.not_found");
    }
}

#[tokio::test]
async fn what_events_said_and_what_the_panel_reports_stand_side_by_side() {
    let house = House::with_samples().await;
    let shown = house
        .get(&format!("/api/v1/panels/{}", panel_id(1)))
        .await
        .json();
    let partition = &shown["partitions"][0];
    assert_eq!(
        partition["state"], "armed_away",
        "R13: a report moves no partition"
    );
    assert_eq!(partition["source"], "event");
    assert_eq!(partition["reported"]["state"], "disarmed");
    let only_reported = &shown["partitions"][1];
    assert_eq!(
        (
            &only_reported["number"],
            &only_reported["source"],
            &only_reported["origin"]
        ),
        (&"3".into(), &"report".into(), &"reported".into())
    );
    let zones = &shown["zones"];
    assert_eq!(
        zones[0]["state"], "open",
        "the event is newer than the report"
    );
    assert_eq!(zones[0]["source"], "event");
    assert_eq!(zones[0]["reported"]["state"], "closed");
    assert_eq!(
        (&zones[1]["state"], &zones[1]["source"]),
        (&"bypassed".into(), &"report".into())
    );
    assert_eq!(zones[1]["last_event"], serde_json::Value::Null);
    let outputs = &shown["outputs"];
    assert_eq!(
        (&outputs[0]["number"], &outputs[0]["state"]),
        (&"1".into(), &"off".into())
    );
    assert_eq!(
        (&outputs[1]["number"], &outputs[1]["state"]),
        (&"2".into(), &"on".into())
    );
    let link = &shown["paths"][0]["link"];
    assert_eq!(link["session"]["source"], "192.0.2.7");
    assert_eq!(link["rssi_dbm"], -71);
    assert_eq!(link["celsius"], -3.5);
    assert_eq!(link["panel"]["reboot_reason"], "watchdog");
    assert_eq!(link["clone_suspected_until"], "2026-11-22T21:15:00.000000Z");
}

#[tokio::test]
async fn trends_are_told_by_path_and_hour() {
    let house = House::with_samples().await;
    let trends = format!("/api/v1/panels/{}/trends", panel_id(1));
    insta::assert_snapshot!(house.get(&trends).await.pretty());
    let by_day = house.get(&format!("{trends}?span=day")).await.json();
    assert_eq!(by_day["span"], "day");
    let answer = house.get(&format!("{trends}?span=year&until=soon")).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let nobody = house
        .get(&format!("/api/v1/panels/{}/trends", panel_id(9)))
        .await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}
