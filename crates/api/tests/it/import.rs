//! `POST /panels/import`.

use std::fmt::Write;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, StatusCode};
use serde_json::Value;

use crate::client::{Answer, request};
use crate::fakes::{House, site_id};

const PATH: &str = "/api/v1/panels/import";
const CSV: &str = "text/csv; charset=utf-8";
const NDJSON: &str = "application/x-ndjson";

/// A line for each row, short.
fn rows(answer: &Answer) -> String {
    let row = |row: &Value| {
        let error = row["error"]["detail"].as_str().unwrap_or("-");
        let code = row["error"]["code"].as_str().unwrap_or("-");
        let panel = if row["panel"].is_string() {
            "panel"
        } else {
            "-"
        };
        format!("{} {} {panel} {code} {error}", row["row"], row["status"])
    };
    let json = answer.json();
    let rows = json["rows"].as_array().unwrap();
    rows.iter().map(row).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn each_row_of_a_table_is_reported_and_bad_rows_stop_nobody() {
    let house = House::new();
    let table = format!(
        "account,name,receiver,line,site,family\n\
         1001,Bakery,1,,,\n\
         1001,Bakery again,1,,,\n\
         1001,Any receiver,,,,\n\
         10 01,Blank,,,,\n\
         1002,\"Bank, main street\",,7,{},dc09\n\
         1003,Too,few\n\
         1004,\"Quote\"\"s\",,,,mqtt\n\
         1005,Caf\u{e9},,,,\n\
         ,No account,,,,\n\
         1006,,zz,0,,\n",
        site_id()
    );
    let answer = house.post(PATH, CSV, table).await;
    assert_eq!(answer.status, StatusCode::OK);
    insta::assert_snapshot!(rows(&answer));
    let json = answer.json();
    assert_eq!(json["added"], 3);
    assert_eq!(json["exists"], 1);
    assert_eq!(json["errors"], 6);
}

#[tokio::test]
async fn the_same_rows_can_come_as_json_lines() {
    let house = House::new();
    let lines = "{\"account\":\"1001\",\"receiver\":1}\n\
                 \n\
                 {\"account\":\"1001\",\"receiver\":\"01\"}\n\
                 {\"account\":\n\
                 {\"account\":\"1002\",\"nickname\":\"x\"}\n\
                 {\"account\":\"1003\"}";
    let answer = house.post(PATH, NDJSON, lines).await;
    insta::assert_snapshot!(rows(&answer));
}

#[tokio::test]
async fn listeners_policies_and_keys_come_in_columns_and_no_key_comes_back() {
    let house = House::new();
    let digits = "850cba22f7dd4f033405da83e4c5bae9";
    let characters = "a key, in quotes";
    let table = format!(
        "account,listener,hub,accept_skewed,key,key_ascii\n\
         1001,lan,yes,no,{digits},\n\
         1002,,,TRUE,,\"{characters}\"\n\
         1003,,maybe,,,\n\
         1004,,,,{digits},\"{characters}\"\n\
         1005,Lan,,,{digits}00,\n"
    );
    let answer = house.post(PATH, CSV, table).await;
    insta::assert_snapshot!(rows(&answer));
    let listed = house.get("/api/v1/panels").await;
    for body in [&answer.body, &listed.body] {
        assert!(!body.contains(digits) && !body.contains(characters), "I10");
    }
    let paths = |at: usize| listed.json()["panels"][at]["paths"][0].clone();
    let (one, two) = (paths(0), paths(1));
    assert_eq!(
        (&one["listener"], &one["hub"]),
        (&"lan".into(), &true.into())
    );
    assert_eq!(
        (&two["accept_skewed"], &two["encrypted"]),
        (&true.into(), &"aes128".into())
    );
    let keys = house.register.keys.lock().unwrap();
    assert_eq!(keys[0], model::CipherKey::from_hex(digits).unwrap());
    assert_eq!(keys[1], model::CipherKey::from_ascii(characters).unwrap());
}

#[tokio::test]
async fn supervision_and_the_name_of_the_path_come_in_columns() {
    let house = House::new();
    let table = "account,supervision,path_name\n\
         1001,sp2,lan\n\
         1002,SP5,\n\
         1003,90s,cell\n\
         1004,DP1,\n\
         1005,SP7,\n\
         1006,off,LAN\n\
         1007,,\n";
    let answer = house.post(PATH, CSV, table).await;
    insta::assert_snapshot!(rows(&answer));
    let watched = house.register.watched.lock().unwrap();
    let watched: Vec<_> = watched.iter().map(ToString::to_string).collect();
    assert_eq!(watched, ["SP2", "90s"]);
}

#[tokio::test]
async fn a_table_of_a_spreadsheet_is_read() {
    let house = House::new();
    let table = "\u{feff}Account;Name\r\n1001;Bakery\r\n1002; Bank \r\n";
    let answer = house.post(PATH, CSV, table).await;
    assert_eq!(answer.json()["added"], 2);
    let names = house.get("/api/v1/panels").await.json();
    assert_eq!(names["panels"][1]["name"], "Bank");
}

#[tokio::test]
async fn text_that_is_not_utf_8_is_an_error_of_its_row() {
    let house = House::new();
    let table = b"account,name\n1001,Caf\xE9\n1002,Bank\n".to_vec();
    let answer = house.post(PATH, CSV, table).await;
    insta::assert_snapshot!(rows(&answer));
}

#[tokio::test]
async fn a_table_without_a_header_that_makes_sense_is_refused_as_a_whole() {
    let house = House::new();
    for (table, refused) in [
        ("1001,Bakery\n", "header: unknown column `1001`"),
        ("name\nBakery\n", "header: the column `account` is missing"),
        (
            "account,account\n1,1\n",
            "header: column `account` comes twice",
        ),
        ("", "header: the column `account` is missing"),
    ] {
        let answer = house.post(PATH, CSV, table).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{table}");
        assert_eq!(answer.refused(), refused, "{table}");
    }
    assert!(house.register.batches.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_body_in_another_format_is_refused_with_the_formats_that_are_read() {
    let house = House::new();
    let answer = house.post(PATH, "application/xml", "<panels/>").await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(
        answer.json()["detail"],
        "application/xml was sent; read are text/csv, application/x-ndjson, application/jsonl"
    );
}

#[tokio::test]
async fn a_full_disk_is_an_error_of_each_row_and_told_without_its_paths() {
    let house = House::new();
    *house.register.full.lock().unwrap() = true;
    let answer = house.post(PATH, CSV, "account\n1\n2\n").await;
    assert_eq!(
        rows(&answer),
        "1 \"error\" - store.full The disk is full\n\
         2 \"error\" - store.full The disk is full"
    );
}

#[tokio::test]
async fn fifty_thousand_rows_go_in_batches_and_are_reported_as_they_are_done() {
    let house = House::new();
    let mut table = "account,receiver,name\n".to_owned();
    for number in 0..50_000 {
        writeln!(table, "{number:06X},,Panel {number}").unwrap();
    }
    let send = async || {
        let request = request(Method::POST, PATH)
            .header("content-type", CSV)
            .header("accept", NDJSON)
            .body(Body::from(table.clone()));
        let answer = house.ask(request.unwrap()).await;
        assert_eq!(answer.header("content-type"), NDJSON);
        let lines = answer.body.lines().map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            row["status"].as_str().unwrap().to_owned()
        });
        lines.collect::<Vec<_>>()
    };
    let within = Duration::from_secs(20);
    let first = tokio::time::timeout(within, send()).await.unwrap();
    assert_eq!(first, vec!["added"; 50_000]);
    assert_eq!(*house.register.batches.lock().unwrap(), vec![1_000; 50]);
    let again = tokio::time::timeout(within, send()).await.unwrap();
    assert_eq!(again, vec!["exists"; 50_000]);
}

#[tokio::test]
async fn more_rows_than_an_import_may_have_are_told_and_not_read() {
    let house = House::new();
    let mut table = "account\n".to_owned();
    for number in 0..200_010 {
        writeln!(table, "{number:06X}").unwrap();
    }
    let answer = house.post(PATH, CSV, table).await.json();
    assert_eq!(answer["added"], 200_000);
    assert_eq!(answer["errors"], 1);
    assert_eq!(
        answer["rows"][200_000]["error"]["code"],
        "request.too_large"
    );
}

#[tokio::test]
async fn only_so_many_imports_run_at_a_time() {
    let house = House::new();
    let mut open = Vec::new();
    for _ in 0..2 {
        let request = request(Method::POST, PATH)
            .header("content-type", CSV)
            .header("accept", NDJSON)
            .body(Body::from("account\n1\n"));
        open.push(house.send(request.unwrap()).await);
    }
    let third = house.post(PATH, CSV, "account\n1\n").await;
    assert_eq!(third.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(third.json()["code"], "server.unavailable");
    drop(open);
    assert_eq!(
        house.post(PATH, CSV, "account\n1\n").await.json()["added"],
        1
    );
}
