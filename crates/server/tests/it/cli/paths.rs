//! Paths, policies and keys on the command line.

use std::io::Write;
use std::process::{Output, Stdio};

use super::fake::{Answer, Fake};
use super::{err, out, run, watchfire};

const DIGITS: &str = "850cba22f7dd4f033405da83e4c5bae9";

fn path(id: &str, encrypted: &str, standing: &str) -> String {
    format!(
        r#"{{"id":"{id}","family":"dc09","account":"1234","receiver":null,"line":"2",
        "listener":"dc09","hub":true,"accept_skewed":false,"encrypted":"{encrypted}",
        "key_set":null,"last_heard":null,"standing":{standing}}}"#
    )
    .replace("\n        ", "")
}

fn panel(paths: &str) -> String {
    format!(
        r#"{{"id":"pan_1","name":"Bakery","created":"2026-11-22T20:15:00.000000Z",
        "last_heard":null,"paths":[{paths}],"partitions":[],"zones":[],"last_event":null}}"#
    )
}

fn no_key_in(output: &Output) {
    for told in [out(output), err(output)] {
        assert!(!told.contains("850cba22"), "I10: {told}");
    }
}

#[test]
fn a_panel_is_added_with_its_key_listener_and_policies() {
    let answer = || {
        Answer::json("POST /api/v1/panels", 201, &panel(""))
            .asking_for(&format!(r#""key": "{DIGITS}""#))
            .but_not_for("key_ascii")
    };
    let fake = Fake::serving(vec![
        answer()
            .asking_for(r#""listener": "dc09""#)
            .asking_for(r#""hub": true"#)
            .asking_for(r#""accept_skewed": true"#),
        answer().but_not_for("hub"),
        answer(),
        Answer::json("POST /api/v1/panels", 201, &panel(""))
            .asking_for(r#""key_ascii": " sixteen letters""#),
    ]);
    let add = ["panel", "add", "--account", "1234"];
    let given = [
        &add[..],
        &[
            "--listener",
            "dc09",
            "--hub",
            "--accept-skewed",
            "--key",
            DIGITS,
        ],
    ];
    let added = run(fake.folder(), &given.concat());
    assert_eq!(out(&added), "pan_1  Bakery\n", "{}", err(&added));
    std::fs::write(fake.folder().join("key"), format!("{DIGITS}\n")).unwrap();
    let added = run(fake.folder(), &[&add[..], &["--key-file", "key"]].concat());
    assert!(added.status.success(), "{}", err(&added));
    let mut piped = watchfire(fake.folder(), &[&add[..], &["--key-file", "-"]].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(piped.stdin.take().unwrap(), "{DIGITS}").unwrap();
    let added = piped.wait_with_output().unwrap();
    assert!(added.status.success(), "{}", err(&added));
    no_key_in(&added);
    std::fs::write(fake.folder().join("text"), " sixteen letters\r\n").unwrap();
    let added = run(
        fake.folder(),
        &[&add[..], &["--key-ascii-file", "text"]].concat(),
    );
    assert!(added.status.success(), "{}", err(&added));
    fake.finish();
}

#[test]
fn a_key_is_given_once() {
    let folder = tempfile::tempdir().unwrap();
    for twice in [
        ["--key", DIGITS, "--key-ascii", "x"],
        ["--key-file", "a", "--key-ascii-file", "b"],
    ] {
        let add = ["panel", "add", "--account", "1234"];
        let refused = run(folder.path(), &[add, twice].concat());
        assert_eq!(refused.status.code(), Some(2));
        assert!(
            err(&refused).contains("cannot be used with"),
            "{}",
            err(&refused)
        );
        no_key_in(&refused);
    }
    let none = ["panel", "path", "set", "pth_1", "--no-key", "--key", DIGITS];
    assert_eq!(run(folder.path(), &none).status.code(), Some(2));
}

#[test]
fn a_path_is_added_changed_learned_anew_and_removed() {
    let plain = path("pth_1", "none", "null");
    let one = panel(&plain);
    let fake = Fake::serving(vec![
        Answer::json(
            "POST /api/v1/panels/pan_1/paths ",
            201,
            &path("pth_2", "aes128", "null"),
        )
        .asking_for(r#""account": "1234""#)
        .asking_for(r#""receiver": "1A""#),
        Answer::json(
            "PATCH /api/v1/paths/pth_2 ",
            200,
            &path("pth_2", "aes256", "null"),
        )
        .asking_for(r#""hub": false"#)
        .asking_for(r#""accept_skewed": true"#)
        .but_not_for("key"),
        // A panel with one path stands for it.
        Answer::json(
            "GET /api/v1/panels?account=1234&limit=1000 ",
            200,
            r#"{"panels":[{"id":"pan_1"}],"next_cursor":null}"#,
        ),
        Answer::json("GET /api/v1/panels/pan_1 ", 200, &one),
        Answer::json("PATCH /api/v1/paths/pth_1 ", 200, &plain).asking_for(r#""key": null"#),
        Answer::json("POST /api/v1/paths/pth_1/relearn ", 200, &plain),
        Answer::new("DELETE /api/v1/paths/pth_2 ", 204, "text/plain", ""),
    ]);
    let panel_path = |rest: &[&str]| {
        let done = run(fake.folder(), &[&["panel", "path"], rest].concat());
        assert!(done.status.success(), "{rest:?}: {}", err(&done));
        out(&done)
    };
    let added = panel_path(&["add", "pan_1", "--account", "1234", "--receiver", "1A"]);
    assert_eq!(added, "pth_2  1234  aes128\n");
    let set = panel_path(&["set", "pth_2", "--hub", "off", "--accept-skewed", "on"]);
    assert_eq!(set, "pth_2  1234  aes256\n");
    let set = panel_path(&["set", "1234", "--no-key"]);
    assert_eq!(set, "pth_1  1234  not encrypted\n");
    assert_eq!(
        panel_path(&["relearn", "pth_1"]),
        "pth_1  1234  not encrypted\n"
    );
    assert_eq!(panel_path(&["remove", "pth_2"]), "pth_2  removed\n");
    fake.finish();
}

#[test]
fn a_panel_with_several_paths_does_not_stand_for_one_of_them() {
    let both = [path("pth_1", "none", "null"), path("pth_2", "none", "null")];
    let two = panel(&both.join(","));
    let fake = Fake::serving(vec![Answer::json("GET /api/v1/panels/pan_1 ", 200, &two)]);
    let removed = run(fake.folder(), &["panel", "path", "remove", "pan_1"]);
    assert!(!removed.status.success());
    assert!(
        err(&removed).contains("has 2 paths: pth_1, pth_2"),
        "{}",
        err(&removed)
    );
    let nothing = run(fake.folder(), &["panel", "path", "set", "pth_1"]);
    assert!(
        err(&nothing).contains("nothing is to be changed"),
        "{}",
        err(&nothing)
    );
    fake.finish();
}

/// R1.
#[test]
fn paths_are_listed_with_their_key_and_habits_and_what_must_be_known_of_them() {
    let standing = r#"{"once_encrypted":true,"forgery":"invisible","highest_class":"SP2",
        "key_is_lost":false,"warnings":["An altered signal would not be noticed."]}"#;
    let shown = panel(&path("pth_1", "aes192", standing));
    let fake = Fake::serving(vec![
        Answer::json("GET /api/v1/panels/pan_1 ", 200, &shown),
        Answer::json("GET /api/v1/panels/pan_1 ", 200, &shown),
    ]);
    let listed = run(fake.folder(), &["panel", "path", "list", "pan_1"]);
    assert_eq!(
        out(&listed),
        "path   family  account  receiver  line  listener  may  encrypted  key set  once encrypted  \
         forgery    state  since  last heard\n\
         pth_1  dc09    1234     any       2     dc09      hub  aes192     -        yes             \
         invisible  -      -      -\n\
         pth_1: An altered signal would not be noticed.\n",
        "{}",
        err(&listed)
    );
    let shown = run(fake.folder(), &["panel", "show", "pan_1"]);
    assert!(
        out(&shown).contains("would not be noticed"),
        "{}",
        err(&shown)
    );
    fake.finish();
}
