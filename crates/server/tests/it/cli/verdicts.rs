//! `event confirm`, `event reject`, and what lists show of doubt.

use super::fake::{Answer, Fake};
use super::{err, event, out, run};

/// A disarm that is doubted.
fn doubted(seq: u64, verdict: &str) -> String {
    event(seq, "disarm").replace(
        r#""flags":["non_standard"]"#,
        &format!(
            r#""flags":["odd_padding"],"doubt":["odd_padding"],"effective":false,"verdict":{verdict}"#
        ),
    )
}

const CONFIRMED: &str = r#"{"verdict":"confirmed","at":"2026-11-22T20:16:00.000000Z","by":"admin","reason":"called back"}"#;

#[test]
fn an_event_is_confirmed_with_a_reason() {
    let fake = Fake::serving(vec![
        Answer::json("POST /api/v1/events/7/verdict", 200, CONFIRMED)
            .asking_for(r#""verdict": "confirmed""#)
            .asking_for(r#""reason": "called back""#),
        Answer::json("POST /api/v1/events/7/verdict", 200, CONFIRMED)
            .asking_for(r#""verdict": "rejected""#)
            .asking_for(r#""reason": null"#),
    ]);
    let said = run(
        fake.folder(),
        &["event", "confirm", "7", "--reason", "called back"],
    );
    assert!(said.status.success(), "{}", err(&said));
    assert_eq!(out(&said), "event 7 is confirmed by admin\n");
    let said = run(fake.folder(), &["event", "reject", "7", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(told["by"], "admin");
    fake.finish();
}

#[test]
fn lists_say_what_awaits_a_person_and_what_was_said() {
    let page = format!(
        r#"{{"events":[{},{}],"next_cursor":null}}"#,
        doubted(8, "null"),
        doubted(7, CONFIRMED)
    );
    let fake = Fake::serving(vec![
        Answer::json("GET /api/v1/events?", 200, &page).asking_for("doubt=awaiting"),
    ]);
    let listed = run(fake.folder(), &["event", "list", "--doubtful"]);
    assert!(listed.status.success(), "{}", err(&listed));
    let listed = out(&listed);
    assert!(listed.contains("odd_padding; unconfirmed"), "{listed}");
    assert!(listed.contains("odd_padding; confirmed"), "{listed}");
    fake.finish();
}

#[test]
fn an_event_shows_its_doubt_and_how_to_end_it() {
    let fake = Fake::serving(vec![
        Answer::json("GET /api/v1/events/8", 200, &doubted(8, "null")),
        Answer::json("GET /api/v1/events/7", 200, &doubted(7, CONFIRMED)),
    ]);
    let shown = out(&run(fake.folder(), &["event", "show", "8"]));
    let hint = "odd_padding: takes no effect until `watchfire event confirm 8`";
    assert!(shown.contains(hint), "{shown}");
    let shown = out(&run(fake.folder(), &["event", "show", "7"]));
    let said = "confirmed by admin at 2026-11-22 20:16:00Z: called back";
    assert!(shown.contains(said), "{shown}");
    fake.finish();
}
