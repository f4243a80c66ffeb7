//! Under keys, over TCP and UDP.

use std::collections::BTreeSet;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::{Answer, House, Report, SCRIPT, lines, plain_ack, play, scenario};
use crate::support::turn::turn;

/// An encrypted answer: it shows the time, as a plain one need not.
fn encrypted_ack(account: &str, sequence: u16) -> Answer {
    Answer {
        encrypted: true,
        stamped: true,
        ..plain_ack(account, sequence)
    }
}

/// Messages of 32 lengths, so that each pad occurs twice, and two polls.
fn of_many_lengths(account: &str) -> Vec<Value> {
    let text = |length: usize| "x".repeat(length);
    let event = |length| {
        json!([
            "SIA-DCS",
            format!("#{account}|NBA1|A{}", text(length)),
            [],
            0
        ])
    };
    let poll = || json!(["NULL", "", [], 0]);
    [poll()]
        .into_iter()
        .chain((1..=32).map(event))
        .chain([poll()])
        .collect()
}

async fn pads_of_every_length_are_read(kind: &str, key: &str) {
    let house = House::open().await;
    house.register(&["--account", "51D5", "--key", key]);
    let messages = of_many_lengths("51D5");
    let mut scenario = scenario(&house, kind, "51D5", &messages);
    scenario["key"] = json!(key);
    let reports: Vec<Report> = play(SCRIPT, &scenario).await;
    let sequences = [0].into_iter().chain(1..=32).chain([0]);
    for (report, sequence) in reports.iter().zip(sequences) {
        assert_eq!(
            report.answer,
            Some(encrypted_ack("51D5", sequence)),
            "{report:?}"
        );
        assert_eq!(report.tries, 1);
    }
    let pads: BTreeSet<usize> = reports.iter().filter_map(|report| report.pad).collect();
    assert_eq!(pads, (16..=31).collect());
    let expected: Vec<_> = (1..=32)
        .map(|n| format!("51D5 {n:04} SIA BA zone 1"))
        .collect();
    assert_eq!(lines(&house.close().await), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn binary_pads_of_the_edition_of_2026_are_read_under_keys_of_all_lengths() {
    let _turn = turn("siadc09, AES-128, -192 and -256 over TCP").await;
    for key in [
        "850cba22f7dd4f033405da83e4c5bae9",
        "850cba22f7dd4f033405da83e4c5bae9850cba22f7dd4f03",
        "850cba22f7dd4f033405da83e4c5bae9850cba22f7dd4f033405da83e4c5bae9",
    ] {
        pads_of_every_length_are_read("tcp", key).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_comes_in_datagrams() {
    let _turn = turn("siadc09, AES-128 over UDP").await;
    pads_of_every_length_are_read("udp", "850cba22f7dd4f033405da83e4c5bae9").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_ascii_is_the_key_that_its_characters_are() {
    let _turn = turn("siadc09 with a key in ASCII").await;
    let house = House::open().await;
    house.register(&["--account", "51D6", "--key-ascii", "Sixteen letters!"]);
    let messages = [json!(["SIA-DCS", "#51D6|NFA3", [], 0])];
    let mut scenario = scenario(&house, "tcp", "51D6", &messages);
    scenario["key"] = json!(HEXLOWER.encode(b"Sixteen letters!"));
    let reports: Vec<Report> = play(SCRIPT, &scenario).await;
    assert_eq!(
        reports[0].answer,
        Some(encrypted_ack("51D6", 1)),
        "{reports:?}"
    );
    assert_eq!(lines(&house.close().await), ["51D6 0001 SIA FA zone 3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_encrypted_frame_outside_the_window_is_answered_with_our_time_and_comes_again() {
    let _turn = turn("siadc09 with a wrong clock, AES-128").await;
    let key = "850cba22f7dd4f033405da83e4c5bae9";
    for kind in ["tcp", "udp"] {
        let house = House::open().await;
        house.register(&["--account", "51D7", "--key", key]);
        // Within the window, at its two edges; then outside.
        let errors = [-37, 17, -45, 25, -3_600, 3_600];
        let messages = errors.map(|error| json!(["SIA-DCS", "#51D7|NBA1", [], error]));
        let mut scenario = scenario(&house, kind, "51D7", &messages);
        scenario["key"] = json!(key);
        let reports: Vec<Report> = play(SCRIPT, &scenario).await;
        for ((report, sequence), error) in reports.iter().zip(1..).zip(errors) {
            assert_eq!(
                report.answer,
                Some(encrypted_ack("51D7", sequence)),
                "{report:?}"
            );
            let is_outside = !(-40..=20).contains(&error);
            assert_eq!(report.tries, 1 + u32::from(is_outside), "{error} s");
            assert_eq!(report.unread.len(), usize::from(is_outside));
            for nak in &report.unread {
                // The codec wants `#`, where the standard has `A0`.
                assert_eq!(nak.why, "Missing #acct field", "{nak:?}");
                assert!(nak.text.contains(r#""NAK"0000R0L0A0[]_"#), "{nak:?}");
            }
        }
        let expected: Vec<_> = (1..=6)
            .map(|n| format!("51D7 {n:04} SIA BA zone 1"))
            .collect();
        assert_eq!(lines(&house.close().await), expected, "over {kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_within_an_encrypted_frame_are_kept_from_the_record() {
    let _turn = turn("siadc09 sends secrets, AES-128").await;
    let house = House::open().await;
    let key = "850cba22f7dd4f033405da83e4c5bae9";
    let other = "00112233445566778899aabbccddeeff";
    house.register(&["--account", "51D8", "--key", key]);
    let blocks = [
        format!("K{other}"),
        "Psecret program".to_owned(),
        "G2".to_owned(),
    ];
    let messages = [json!(["SIA-DCS", "#51D8|Nri1/YG", blocks, 0])];
    let mut scenario = scenario(&house, "tcp", "51D8", &messages);
    scenario["key"] = json!(key);
    let reports: Vec<Report> = play(SCRIPT, &scenario).await;
    assert_eq!(
        reports[0].answer,
        Some(encrypted_ack("51D8", 1)),
        "{reports:?}"
    );
    let stored = house.close().await;
    assert_eq!(lines(&stored), ["51D8 0001 SIA YG partition 1"]);
    assert!(stored[0].blocks().contains(&"G2".to_owned()));
    let everything = format!("{stored:?}");
    for secret in [key, other, "secret program"] {
        assert!(!everything.contains(secret), "R31: {everything}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_told_no_more_than_an_unknown_account() {
    let _turn = turn("siadc09 with a wrong key").await;
    let house = House::open().await;
    house.register(&[
        "--account",
        "51D9",
        "--key",
        "850cba22f7dd4f033405da83e4c5bae9",
    ]);
    let mut answers = Vec::new();
    for account in ["51D9", "51DA"] {
        let messages = [json!(["SIA-DCS", format!("#{account}|NBA1"), [], 0])];
        let mut scenario = scenario(&house, "tcp", account, &messages);
        scenario["key"] = json!("00112233445566778899aabbccddeeff");
        let reports: Vec<Report> = play(SCRIPT, &scenario).await;
        let answer = reports[0].answer.as_ref().unwrap();
        answers.push((answer.token.clone(), answer.sequence, answer.encrypted));
    }
    assert_eq!(answers[0], ("DUH".to_owned(), 1, false));
    assert_eq!(answers[0], answers[1]);
    let mut stored = house.close().await;
    // What the server says of it itself is another matter.
    stored.retain(|event| !event.is_own());
    assert_eq!(lines(&stored), [""; 0]);
}
