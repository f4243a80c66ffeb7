//! In clear, over TCP.

use serde_json::json;

use super::{Answer, House, Report, SCRIPT, lines, plain_ack, play, scenario};
use crate::support::turn::turn;

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_codec_reads_our_answers_and_we_its_edition_of_2026() {
    let _turn = turn("siadc09, plain over TCP").await;
    let house = House::open().await;
    house.register(&["--account", "51D1"]);
    let key = "00112233445566778899aabbccddeeff";
    let messages = [
        json!(["NULL", "", [], 0]),
        json!(["XNM", "", ["CDP", "G2"], 0]),
        json!(["SIA-DCS", "#51D1|Nri1/BA001", [], 0]),
        json!(["ADM-CID", "#51D1|3130 01 015", [], 0]),
        json!([
            "SIA-DCS",
            "#51D1|Nri2/FA12^Kitchen^",
            [
                "I2nd floor",
                "LRoom 3",
                "TF",
                r#"J{"floor": 2}"#,
                "N1133557799bbddff",
                "G2"
            ],
            0
        ]),
        json!([
            "SIA-DCS",
            "#51D1|Nri1/YG",
            [format!("K{key}"), "Psecret program", "Aa6f234"],
            0
        ]),
        json!(["NULL", "", [], 0]),
    ];
    let reports: Vec<Report> = play(SCRIPT, &scenario(&house, "tcp", "51D1", &messages)).await;
    let sequences = [0, 0, 1, 2, 3, 4, 0];
    for (report, sequence) in reports.iter().zip(sequences) {
        assert_eq!(
            report.answer,
            Some(plain_ack("51D1", sequence)),
            "{report:?}"
        );
    }
    assert_eq!(reports.len(), sequences.len());
    let stored = house.close().await;
    assert_eq!(
        lines(&stored),
        [
            "51D1 0001 SIA BA partition 1 zone 1",
            "51D1 0002 CID 3130 partition 1 zone 15",
            "51D1 0003 SIA FA partition 2 zone 12",
            "51D1 0004 SIA YG partition 1",
        ]
    );
    assert_eq!(stored[2].blocks().len(), 6, "{:?}", stored[2].blocks());
    let everything = format!("{:?}", stored[3]);
    for secret in [key, "secret program", "a6f234"] {
        assert!(!everything.contains(secret), "R31: {everything}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn receiver_and_line_come_back_as_they_were_sent() {
    let _turn = turn("siadc09 shows a receiver and a line").await;
    let house = House::open().await;
    house.register(&[
        "--account",
        "51D2",
        "--receiver",
        "579BDF",
        "--line",
        "789ABC",
    ]);
    let messages = [
        json!(["SIA-DCS", "#51D2|NBA7", [], 0]),
        json!(["NULL", "", [], 0]),
    ];
    let mut scenario = scenario(&house, "tcp", "51D2", &messages);
    scenario["receiver"] = json!(0x57_9BDF);
    scenario["prefix"] = json!(0x78_9ABC);
    let reports: Vec<Report> = play(SCRIPT, &scenario).await;
    for (report, sequence) in reports.iter().zip([1, 0]) {
        let expected = Answer {
            prefix: Some(0x78_9ABC),
            receiver: Some(0x57_9BDF),
            ..plain_ack("51D2", sequence)
        };
        assert_eq!(report.answer, Some(expected), "{report:?}");
    }
    assert_eq!(lines(&house.close().await), ["51D2 0001 SIA BA zone 7"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_coded_as_nobody_else_does_is_kept_as_it_came() {
    let _turn = turn("siadc09 codes a restore of Contact ID as 2").await;
    let house = House::open().await;
    house.register(&["--account", "51D3"]);
    let messages = [json!(["ADM-CID", "#51D3|2130 01 015", [], 0])];
    let reports: Vec<Report> = play(SCRIPT, &scenario(&house, "tcp", "51D3", &messages)).await;
    assert_eq!(reports[0].answer, Some(plain_ack("51D3", 1)));
    let stored = house.close().await;
    assert_eq!(
        lines(&stored),
        ["51D3 0001 RAW ADM-CID +non_standard +undecoded"]
    );
    let raw = stored[0].raw_text.as_deref().unwrap();
    assert!(raw.contains("[#51D3|2130 01 015]"), "{raw:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_frame_with_a_wrong_clock_is_acknowledged_and_flagged() {
    let _turn = turn("siadc09 with a wrong clock, plain").await;
    let house = House::open().await;
    house.register(&["--account", "51D4"]);
    let errors = [-38, -300, 15, 300];
    let messages = errors.map(|error| json!(["SIA-DCS", "#51D4|NBA1", [], error]));
    let mut scenario = scenario(&house, "tcp", "51D4", &messages);
    scenario["keeps_connection"] = json!(false);
    let reports: Vec<Report> = play(SCRIPT, &scenario).await;
    for (report, sequence) in reports.iter().zip(1..) {
        assert_eq!(
            report.answer,
            Some(plain_ack("51D4", sequence)),
            "{report:?}"
        );
        assert_eq!((report.tries, report.unread.len()), (1, 0));
    }
    assert_eq!(
        lines(&house.close().await),
        [
            "51D4 0001 SIA BA zone 1",
            "51D4 0002 SIA BA zone 1 +clock_outside_window",
            "51D4 0003 SIA BA zone 1",
            "51D4 0004 SIA BA zone 1 +clock_outside_window",
        ]
    );
}
