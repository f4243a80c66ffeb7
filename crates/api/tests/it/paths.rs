//! `POST /panels/{id}/paths`, `PATCH` and `DELETE /paths/{id}`, `POST /paths/{id}/relearn`.

use axum::http::StatusCode;
use engine::ports::PathStanding;
use model::{CipherKey, Forgery, Learned};
use serde_json::Value;

use crate::client::Answer;
use crate::fakes::{House, panel_id, path_id};

const JSON: &str = "application/json";
const DIGITS: &str = "850cba22f7dd4f033405da83e4c5bae9";
const CHARACTERS: &str = "sixteen letters.";

fn paths_of(panel: u32) -> String {
    format!("/api/v1/panels/{}/paths", panel_id(panel))
}

fn path(index: u32) -> String {
    format!("/api/v1/paths/{}", path_id(index))
}

/// A house with a panel of two paths, told apart by receiver.
async fn two_paths() -> (House, Answer) {
    let house = House::new();
    let body = r#"{"account":"1234","receiver":"1"}"#;
    house.post("/api/v1/panels", JSON, body).await;
    let body = format!(
        r#"{{"account":"1234","receiver":"2","line":3,"listener":"dc09","hub":true,
        "accept_skewed":true,"key":"{DIGITS}"}}"#
    );
    let added = house.post(&paths_of(1), JSON, body).await;
    (house, added)
}

#[tokio::test]
async fn another_path_is_registered_and_its_key_is_never_answered() {
    let (house, added) = two_paths().await;
    insta::assert_snapshot!(added.pretty());
    let shown = house.get(&format!("/api/v1/panels/{}", panel_id(1))).await;
    assert_eq!(shown.json()["paths"].as_array().unwrap().len(), 2);
    for body in [&added.body, &shown.body] {
        assert!(!body.to_lowercase().contains("850cba22"), "I10");
    }
    let key = CipherKey::from_hex(DIGITS).unwrap();
    assert_eq!(*house.register.keys.lock().unwrap(), [key]);
}

#[tokio::test]
async fn a_path_that_a_frame_could_confuse_is_refused_with_the_panel_in_the_way() {
    let (house, _) = two_paths().await;
    let answer = house
        .post(&paths_of(1), JSON, r#"{"account":"1234"}"#)
        .await;
    insta::assert_snapshot!(answer.pretty());
}

#[tokio::test]
async fn only_what_is_in_the_document_is_changed() {
    let (house, _) = two_paths().await;
    let change = async |body: &str| {
        let answer = house.patch(&path(2), body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let path = answer.json();
        let told = ["hub", "accept_skewed", "encrypted"].map(|name| path[name].to_string());
        told.join(" ")
    };
    assert_eq!(change(r#"{"hub":false}"#).await, r#"false true "aes128""#);
    let key = format!(r#"{{"key_ascii":"{CHARACTERS}{CHARACTERS}"}}"#);
    assert_eq!(change(&key).await, r#"false true "aes256""#);
    let none = r#"{"key":null,"accept_skewed":false}"#;
    assert_eq!(change(none).await, r#"false false "none""#);
}

#[tokio::test]
async fn what_cannot_be_a_change_is_refused_and_no_key_is_repeated() {
    let (house, _) = two_paths().await;
    for (body, refused) in [
        ("{}", ".: nothing is to be changed"),
        (
            r#"{"key":"850c"}"#,
            "key: a key is 32, 48 or 64 hexadecimal digits (AES-128, -192, -256)",
        ),
        (
            r#"{"key_ascii":"850cba22f7dd4f03340"}"#,
            "key_ascii: a key in ASCII is 16, 24 or 32 characters (AES-128, -192, -256)",
        ),
        (
            r#"{"key":"850c","key_ascii":"850c"}"#,
            "key_ascii: give the key once: its hexadecimal digits as `key`, or its characters as \
             `key_ascii`",
        ),
        (
            r#"{"key":null,"key_ascii":"850c"}"#,
            "key_ascii: cannot be given together with `key`: null\n\
             key_ascii: a key in ASCII is 16, 24 or 32 characters (AES-128, -192, -256)",
        ),
        (
            r#"{"key":85012345678901234567890123456789}"#,
            "key: a key is a text, in quotes at line 1 column 39",
        ),
        (
            r#"{"account":"1"}"#,
            "account: unknown field `account`, expected one of `hub`, `accept_skewed`, `key`, \
             `key_ascii` at line 1 column 10",
        ),
    ] {
        let answer = house.patch(&path(2), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.refused(), refused, "{body}");
        assert!(!answer.body.contains("850"), "I10: {}", answer.body);
    }
}

#[tokio::test]
async fn a_path_is_removed_but_not_the_last_one() {
    let (house, _) = two_paths().await;
    let removed = house.delete(&path(1)).await;
    assert_eq!(
        (removed.status, &*removed.body),
        (StatusCode::NO_CONTENT, "")
    );
    assert_eq!(house.delete(&path(1)).await.status, StatusCode::NOT_FOUND);
    let last = house.delete(&path(2)).await;
    insta::assert_snapshot!(last.pretty());
}

#[tokio::test]
async fn what_was_learned_is_forgotten_by_a_person() {
    let (house, _) = two_paths().await;
    let answer = house.post(&format!("{}/relearn", path(2)), JSON, "").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["id"], path_id(2).to_string());
    let audited = house.register.audited.lock().unwrap();
    assert_eq!(*audited, [format!("admin path.relearn {}", path_id(2))]);
}

/// R1: the panel's page says where a forgery could not be seen.
#[tokio::test]
async fn a_panels_page_says_how_its_paths_stand() {
    let (house, _) = two_paths().await;
    let standing = async |forgery, key_is_lost| {
        *house.register.standing.lock().unwrap() = PathStanding {
            learned: Learned {
                once_encrypted: true,
                forgery,
                ..Learned::default()
            },
            key_is_lost,
            has_secret: false,
        };
        let shown = house.get(&format!("/api/v1/panels/{}", panel_id(1))).await;
        shown.json()["paths"][1]["standing"].clone()
    };
    let seen = standing(Forgery::Visible, false).await;
    assert_eq!(
        (&seen["once_encrypted"], &seen["forgery"]),
        (&true.into(), &"visible".into())
    );
    assert_eq!(seen["highest_class"], Value::Null);
    assert_eq!(seen["warnings"], Value::Array(Vec::new()));
    let unseen = standing(Forgery::Invisible, true).await;
    assert_eq!(unseen["highest_class"], "SP2");
    insta::assert_snapshot!(serde_json::to_string_pretty(&unseen["warnings"]).unwrap());
    let listed = house.get("/api/v1/panels").await.json();
    assert!(listed["panels"][0]["paths"][0]["standing"].is_null());
}

#[tokio::test]
async fn panels_and_paths_that_do_not_exist_are_not_found() {
    let house = House::new();
    let body = r#"{"account":"1"}"#;
    let answers = [
        house.post(&paths_of(9), JSON, body).await,
        house.post("/api/v1/panels/pan_x/paths", JSON, body).await,
        house.patch(&path(9), r#"{"hub":true}"#).await,
        house.patch("/api/v1/paths/pan_1", r#"{"hub":true}"#).await,
        house.delete(&path(9)).await,
        house.post(&format!("{}/relearn", path(9)), JSON, "").await,
    ];
    for answer in answers {
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{}", answer.body);
        assert_eq!(answer.json()["code"], "request.not_found");
    }
}
