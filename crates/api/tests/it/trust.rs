//! Certificates, secrets, disabling, and how TLS stands.

use axum::http::StatusCode;
use engine::ports::{AuthorityError, TrustError};
use model::FamilyName;
use serde_json::{Value, json};

use crate::client::Answer;
use crate::fakes::{House, KEY, SECRET, panel_id, path_id};

const JSON: &str = "application/json";

fn of_panel(what: &str) -> String {
    format!("/api/v1/panels/{}/{what}", panel_id(1))
}

async fn house() -> House {
    let house = House::new();
    house.add("1234").await;
    house
}

impl House {
    async fn order(&self, path: &str, body: &str) -> Answer {
        self.post(path, JSON, body.to_owned()).await
    }

    fn done(&self) -> Vec<String> {
        std::mem::take(&mut *self.trust.done.lock().unwrap())
    }
}

#[tokio::test]
async fn a_certificate_is_made_with_its_key_which_is_told_this_once() {
    let house = house().await;
    let body = format!(r#"{{"path":"{}","valid_days":3650}}"#, path_id(1));
    let made = house.order(&of_panel("certificates"), &body).await;
    assert_eq!(made.header("cache-control"), "no-store");
    insta::assert_snapshot!(made.pretty());
    let path = path_id(1);
    assert_eq!(
        house.done(),
        [format!("admin -: enrol Some({path}) for Some(3650)")]
    );
    let listed = house.get(&of_panel("certificates")).await;
    assert_eq!(listed.json()["certificates"][0]["serial"], "4a00");
    let shown = house.get(&format!("/api/v1/panels/{}", panel_id(1))).await;
    assert_eq!(shown.json()["certificates"][0]["state"], "in_force");
    for answer in [listed, shown] {
        assert!(!answer.body.contains("PRIVATE"), "I10: {}", answer.body);
    }
    let plain = house.order(&of_panel("certificates"), "{}").await;
    assert_eq!(plain.status, StatusCode::CREATED);
    assert_eq!(house.done(), ["admin -: enrol None for None"]);
    assert_eq!(plain.json()["key"], KEY);
}

#[tokio::test]
async fn an_order_that_cannot_be_carried_out_is_refused_by_field() {
    let house = house().await;
    for (body, refused) in [
        (
            r#"{"valid_days":3651}"#,
            "valid_days: 3651 is not a number of days from 1 to 3650",
        ),
        (
            r#"{"path":"lan","valid_days":0}"#,
            "path: `lan` is not a path id: it should look like `pth_` and 26 letters or digits\n\
             valid_days: 0 is not a number of days from 1 to 3650",
        ),
    ] {
        let answer = house.order(&of_panel("certificates"), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.refused(), refused);
    }
    assert!(house.done().is_empty());
    for (refusal, status, code, field) in [
        (TrustError::WhichPath, 400, "request.invalid", "path"),
        (
            TrustError::NoSecret {
                family: FamilyName::parse("dc09").unwrap(),
            },
            400,
            "request.invalid",
            "path",
        ),
        (
            TrustError::TooMany { most: 16 },
            409,
            "certificate.too_many",
            "",
        ),
        (
            TrustError::Authority(AuthorityError {
                what: "ca.key cannot be read".to_owned(),
            }),
            503,
            "server.unavailable",
            "",
        ),
    ] {
        let text = refusal.to_string();
        *house.trust.refusal.lock().unwrap() = Some(refusal);
        let answer = house.order(&of_panel("certificates"), "{}").await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["code"]),
            (status, &Value::from(code))
        );
        let told = if field.is_empty() {
            answer.json()["detail"].as_str().unwrap().to_owned()
        } else {
            answer.refused()
        };
        assert!(told.ends_with(&text), "{told}");
    }
}

#[tokio::test]
async fn certificates_are_listed_with_what_they_are_worth() {
    let house = house().await;
    house.trust.ended(panel_id(1), 91);
    house.trust.ended(panel_id(1), 90);
    for _ in 0..2 {
        house.order(&of_panel("certificates"), "{}").await;
    }
    let revoked = house
        .order("/api/v1/certificates/4A02/revoke", r#"{"reason":"stolen"}"#)
        .await;
    assert_eq!(
        (revoked.status, &revoked.json()["state"]),
        (StatusCode::OK, &"revoked".into())
    );
    assert_eq!(house.done().pop().unwrap(), "admin stolen: revoke [4a, 2]");
    let states = |answer: Answer| {
        let all = answer.json()["certificates"].as_array().unwrap().clone();
        let told = |one: &Value| format!("{} {}", one["serial"], one["state"]).replace('"', "");
        all.iter().map(told).collect::<Vec<_>>()
    };
    let listed = house.get(&of_panel("certificates")).await;
    assert_eq!(
        states(listed),
        [
            "4a03 in_force",
            "4a02 revoked",
            "4a01 expired",
            "4a00 ended"
        ]
    );
    let shown = house.get(&format!("/api/v1/panels/{}", panel_id(1))).await;
    assert_eq!(states(shown), ["4a03 in_force", "4a01 expired"]);
}

#[tokio::test]
async fn what_is_no_certificate_is_not_found() {
    let house = house().await;
    for serial in ["4aff", "xyz", "4a0", &"4a".repeat(30)] {
        let path = format!("/api/v1/certificates/{serial}/revoke");
        let answer = house.order(&path, "{}").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{serial}");
    }
    for what in ["certificates", "secret", "disable", "enable"] {
        for panel in [panel_id(9).to_string(), "pan_1".to_owned()] {
            let path = format!("/api/v1/panels/{panel}/{what}");
            let answer = house.order(&path, "{}").await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
}

#[tokio::test]
async fn a_secret_is_told_once_and_taken_away() {
    let house = house().await;
    let made = house.order(&of_panel("secret"), "{}").await;
    assert_eq!(made.status, StatusCode::CREATED);
    let path = path_id(1).to_string();
    assert_eq!(made.json(), json!({ "path": path, "secret": SECRET }));
    let removed = house
        .delete(&format!("{}?path={path}", of_panel("secret")))
        .await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(
        house.done(),
        [
            "admin -: renew secret None".to_owned(),
            format!("admin -: remove secret Some({path})")
        ]
    );
}

#[tokio::test]
async fn a_panel_is_disabled_and_enabled_with_a_reason() {
    let house = house().await;
    let page = format!("/api/v1/panels/{}", panel_id(1));
    let disabled = house
        .order(&of_panel("disable"), r#"{"reason":" not paid "}"#)
        .await;
    let since = "2026-11-22T20:15:00.000000Z";
    let expected = json!({ "panel": panel_id(1).to_string(), "disabled": since });
    assert_eq!(
        (disabled.status, disabled.json()),
        (StatusCode::OK, expected)
    );
    assert_eq!(house.get(&page).await.json()["disabled"], since);
    let enabled = house.order(&of_panel("enable"), "{}").await;
    assert_eq!(enabled.json()["disabled"], Value::Null);
    assert_eq!(house.get(&page).await.json()["disabled"], Value::Null);
    assert_eq!(
        house.done(),
        ["admin not paid: disabled true", "admin -: disabled false"]
    );
    let long = json!({ "reason": "x".repeat(501) }).to_string();
    let refused = house.order(&of_panel("disable"), &long).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn tls_stands_as_the_files_say_and_a_reload_is_audited() {
    let house = house().await;
    let shown = house.get("/api/v1/tls").await;
    insta::assert_snapshot!(shown.pretty());
    let reloaded = house.order("/api/v1/tls/reload", "{}").await;
    assert_eq!(reloaded.json()["version"], 8);
    let audited = house.register.audited.lock().unwrap().clone();
    assert_eq!(audited, ["admin tls.reload tls"]);
}

#[tokio::test]
async fn a_reload_says_what_is_wrong_and_is_not_kept_back_by_a_full_disk() {
    let house = house().await;
    *house.register.full.lock().unwrap() = true;
    assert_eq!(
        house.order("/api/v1/tls/reload", "{}").await.status,
        StatusCode::OK
    );
    let what = "DATA/tls/server.pem: cut off".to_owned();
    *house.trust.refusal.lock().unwrap() = Some(AuthorityError { what: what.clone() }.into());
    let refused = house.order("/api/v1/tls/reload", "{}").await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.json()["detail"], what);
    {
        let mut status = house.trust.status.lock().unwrap();
        (status.version, status.problem) = (0, Some(what.clone()));
    }
    let shown = house.get("/api/v1/tls").await.json();
    assert_eq!(
        (&shown["not_after"], &shown["problem"]),
        (&Value::Null, &what.into())
    );
}
