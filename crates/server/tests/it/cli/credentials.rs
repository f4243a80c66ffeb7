//! Certificates and secrets of panels on the command line.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::fake::{Answer, Fake};
use super::{err, out, run};

const KEY: &str = "-----BEGIN PRIVATE KEY-----\\nc2VjcmV0\\n-----END PRIVATE KEY-----\\n";

fn path(id: &str, name: &str) -> String {
    format!(
        r#"{{"id":"{id}","family":"mqtt","account":"12AB","path_name":"{name}","last_heard":null}}"#
    )
}

fn panel(paths: &[String]) -> String {
    format!(
        r#"{{"id":"pan_1","name":"Bakery","created":"2026-11-22T20:15:00.000000Z","last_heard":null,
        "paths":[{}],"partitions":[],"zones":[],"last_event":null}}"#,
        paths.join(",")
    )
}

fn asked() -> Answer {
    Answer::json(
        "GET /api/v1/panels/pan_1 ",
        200,
        &panel(&[path("pth_1", "lan")]),
    )
}

fn enrolled(authority: &str) -> Answer {
    let body = format!(
        r#"{{"serial":"4f01","not_after":"2036-11-22T20:15:00.000000Z","certificate":"CERTIFICATE\n",
        "key":"{KEY}","ca":"{authority}\n"}}"#
    );
    Answer::json("POST /api/v1/panels/pan_1/certificates ", 201, &body)
        .asking_for(r#""path": "pth_1""#)
}

fn no_secret_in(told: &str) {
    for part in ["PRIVATE", "c2VjcmV0", "wfp_"] {
        assert!(!told.contains(part), "I10: {told}");
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_panel_is_enrolled_into_files_and_its_key_is_printed_nowhere() {
    let fake = Fake::serving(vec![
        Answer::json(
            "GET /api/v1/panels?account=12AB&limit=1000 ",
            200,
            r#"{"panels":[{"id":"pan_1"}],"next_cursor":null}"#,
        ),
        asked(),
        enrolled("AUTHORITY").asking_for(r#""valid_days": 30"#),
    ]);
    let enrol = [
        "panel",
        "enrol",
        "12AB",
        "--out",
        "new/folder",
        "--days",
        "30",
    ];
    let done = run(fake.folder(), &enrol);
    assert_eq!(
        out(&done),
        "certificate 4f01 of 12AB/lan, good until 2036-11-22 20:15:00Z\n\
         \x20 new/folder/12AB.key  the private key: for the panel alone\n\
         \x20 new/folder/12AB.pem  the certificate that the panel shows\n\
         \x20 new/folder/ca.pem  by which the panel knows the server\n",
        "{}",
        err(&done)
    );
    let folder = fake.folder().join("new/folder");
    let key = folder.join("12AB.key");
    assert_eq!(fs::read_to_string(&key).unwrap(), KEY.replace("\\n", "\n"));
    assert_eq!(mode(&key), 0o600);
    assert_eq!(
        fs::read_to_string(folder.join("12AB.pem")).unwrap(),
        "CERTIFICATE\n"
    );
    assert_eq!(
        fs::read_to_string(folder.join("ca.pem")).unwrap(),
        "AUTHORITY\n"
    );
    assert_eq!(fs::read_dir(folder).unwrap().count(), 3);
    fake.finish();
}

#[test]
fn files_are_not_written_over_unasked_and_no_certificate_is_made_in_vain() {
    let fake = Fake::serving(vec![asked(), asked(), enrolled("AUTHORITY")]);
    fs::write(fake.folder().join("12AB.key"), "another's").unwrap();
    fs::write(fake.folder().join("ca.pem"), "another server's").unwrap();
    let enrol = ["panel", "enrol", "pan_1", "--out", ".", "--json"];
    let refused = run(fake.folder(), &enrol);
    assert!(!refused.status.success());
    assert!(
        err(&refused).contains("12AB.key is there already"),
        "{}",
        err(&refused)
    );
    assert_eq!(
        fs::read_to_string(fake.folder().join("12AB.key")).unwrap(),
        "another's"
    );
    let done = run(fake.folder(), &[&enrol[..], &["--force"]].concat());
    let told: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(told["serial"], "4f01");
    assert_eq!(told["files"]["key"], "./12AB.key");
    no_secret_in(&out(&done));
    assert_eq!(mode(&fake.folder().join("12AB.key")), 0o600);
    assert_eq!(
        fs::read_to_string(fake.folder().join("ca.pem")).unwrap(),
        "AUTHORITY\n"
    );
    fake.finish();
}

#[test]
fn panels_of_one_server_share_a_folder_and_those_of_another_do_not() {
    let fake = Fake::serving(vec![
        asked(),
        enrolled("AUTHORITY"),
        asked(),
        enrolled("ANOTHER"),
    ]);
    fs::write(fake.folder().join("ca.pem"), "AUTHORITY\n").unwrap();
    let enrol = ["panel", "enrol", "pan_1", "--out", "."];
    let done = run(fake.folder(), &enrol);
    assert!(done.status.success(), "{}", err(&done));
    for name in ["12AB.key", "12AB.pem"] {
        fs::remove_file(fake.folder().join(name)).unwrap();
    }
    let refused = run(fake.folder(), &enrol);
    assert!(!refused.status.success());
    assert!(
        err(&refused).contains("ca.pem is that of another server"),
        "{}",
        err(&refused)
    );
    no_secret_in(&err(&refused));
    assert_eq!(
        fs::read_to_string(fake.folder().join("ca.pem")).unwrap(),
        "AUTHORITY\n"
    );
    assert!(
        fake.folder().join("12AB.key").exists(),
        "the certificate is not lost"
    );
    fake.finish();
}

#[test]
fn of_several_paths_one_is_named_by_its_id_or_its_name() {
    let both = panel(&[path("pth_1", "lan"), path("pth_2", "cell")]);
    let both = || Answer::json("GET /api/v1/panels/pan_1 ", 200, &both);
    let fake = Fake::serving(vec![both(), both(), both(), enrolled("AUTHORITY")]);
    let enrol = |path: &[&str]| {
        let enrol = ["panel", "enrol", "pan_1", "--out", "."];
        run(fake.folder(), &[&enrol[..], path].concat())
    };
    let told = err(&enrol(&[]));
    assert!(
        told.contains("2 paths: pth_1 (12AB/lan), pth_2 (12AB/cell)"),
        "{told}"
    );
    assert!(told.contains("--path PATH"), "{told}");
    let told = err(&enrol(&["--path", "wifi"]));
    assert!(told.contains("no such path"), "{told}");
    let done = enrol(&["--path", "lan"]);
    assert!(done.status.success(), "{}", err(&done));
    fake.finish();
}

#[test]
fn a_server_chooses_no_files_of_ours() {
    let path = path("pth_1", "lan").replace("12AB", "../12AB");
    let fake = Fake::serving(vec![Answer::json(
        "GET /api/v1/panels/pan_1 ",
        200,
        &panel(&[path]),
    )]);
    let refused = run(fake.folder(), &["panel", "enrol", "pan_1", "--out", "x"]);
    assert!(
        err(&refused).contains("no name for a file"),
        "{}",
        err(&refused)
    );
    fake.finish();
}

#[test]
fn certificates_are_listed_and_revoked() {
    let row = |revoked: &str| {
        format!(
            r#"{{"serial":"4f01","path":"pth_1","issued":"2026-11-22T20:15:00.000000Z",
            "not_after":"2036-11-22T20:15:00.000000Z","revoked":{revoked},
            "state":"in_force"}}"#
        )
    };
    let page = format!(r#"{{"certificates":[{}]}}"#, row("null"));
    let revoked = row(r#""2026-11-23T20:15:00.000000Z""#);
    let fake = Fake::serving(vec![
        Answer::json("GET /api/v1/panels/pan_1/certificates ", 200, &page),
        Answer::json(
            "GET /api/v1/panels/pan_1/certificates ",
            200,
            r#"{"certificates":[]}"#,
        ),
        Answer::json("POST /api/v1/certificates/4f01/revoke ", 200, &revoked)
            .asking_for(r#""reason": "lost""#),
    ]);
    let listed = run(fake.folder(), &["panel", "certificate", "list", "pan_1"]);
    assert_eq!(
        out(&listed),
        "serial  path   issued                good until            state     since\n\
         4f01    pth_1  2026-11-22 20:15:00Z  2036-11-22 20:15:00Z  in force  -\n",
        "{}",
        err(&listed)
    );
    let none = run(fake.folder(), &["panel", "certificate", "list", "pan_1"]);
    assert!(
        err(&none).contains("watchfire panel enrol"),
        "{}",
        err(&none)
    );
    let done = run(
        fake.folder(),
        &[
            "panel",
            "certificate",
            "revoke",
            "4F:01",
            "--reason",
            "lost",
        ],
    );
    assert_eq!(
        out(&done),
        "certificate 4f01 of pth_1 is revoked\n",
        "{}",
        err(&done)
    );
    let wrong = run(fake.folder(), &["panel", "certificate", "revoke", "../x"]);
    assert!(err(&wrong).contains("hexadecimal"), "{}", err(&wrong));
    fake.finish();
}

#[test]
fn a_secret_is_told_once_or_written_to_a_file_and_removed() {
    let made = || {
        let body = r#"{"path":"pth_1","secret":"wfp_abc"}"#;
        Answer::json("POST /api/v1/panels/pan_1/secret ", 201, body)
            .asking_for(r#""path": "pth_1""#)
    };
    let fake = Fake::serving(vec![
        asked(),
        made(),
        asked(),
        made(),
        asked(),
        asked(),
        Answer::new(
            "DELETE /api/v1/panels/pan_1/secret?path=pth_1 ",
            204,
            "text/plain",
            "",
        ),
    ]);
    let secret = |rest: &[&str]| {
        run(
            fake.folder(),
            &[&["panel", "secret", "pan_1"], rest].concat(),
        )
    };
    assert_eq!(out(&secret(&[])), "wfp_abc\n");
    let written = secret(&["--out", "secret"]);
    assert_eq!(out(&written), "secret\n", "{}", err(&written));
    let file = fake.folder().join("secret");
    assert_eq!(
        (fs::read_to_string(&file).unwrap().as_str(), mode(&file)),
        ("wfp_abc\n", 0o600)
    );
    let refused = secret(&["--out", "secret"]);
    assert!(
        err(&refused).contains("secret is there already"),
        "{}",
        err(&refused)
    );
    assert_eq!(
        out(&secret(&["--remove"])),
        "pth_1  has no secret any more\n"
    );
    fake.finish();
}

#[test]
fn a_panel_is_disabled_and_enabled_for_a_reason() {
    let answer = r#"{"panel":"pan_1","disabled":null}"#;
    let fake = Fake::serving(vec![
        Answer::json("POST /api/v1/panels/pan_1/disable ", 200, answer)
            .asking_for(r#""reason": "stolen""#),
        Answer::json("POST /api/v1/panels/pan_1/enable ", 200, answer)
            .asking_for(r#""reason": "found""#),
    ]);
    let done = run(
        fake.folder(),
        &["panel", "disable", "pan_1", "--reason", "stolen"],
    );
    assert_eq!(out(&done), "pan_1  disabled\n", "{}", err(&done));
    let done = run(
        fake.folder(),
        &["panel", "enable", "pan_1", "--reason", "found"],
    );
    assert_eq!(out(&done), "pan_1  enabled\n", "{}", err(&done));
    let without = run(fake.folder(), &["panel", "disable", "pan_1"]);
    assert_eq!(without.status.code(), Some(2));
    fake.finish();
}

#[test]
fn tls_is_shown_and_reloaded_and_what_is_wrong_with_its_files_is_told() {
    let standing = |problem: &str| {
        format!(
            r#"{{"version":3,"not_after":"2028-11-22T20:15:00.000000Z","roots":[
            {{"subject":"CN=Watchfire authority 1","not_after":"2056-11-22T20:15:00.000000Z","ours":true}},
            {{"subject":"CN=Panels","not_after":"2030-11-22T20:15:00.000000Z","ours":false}}],
            "problem":{problem}}}"#
        )
    };
    let fake = Fake::serving(vec![
        Answer::json("GET /api/v1/tls ", 200, &standing("null")),
        Answer::json(
            "POST /api/v1/tls/reload ",
            200,
            &standing("\"a.pem: gone\""),
        ),
    ]);
    let shown = run(fake.folder(), &["tls", "show"]);
    assert_eq!(
        out(&shown),
        "the server's certificate is good until 2028-11-22 20:15:00Z (version 3)\n\
         certificates of           good until            taken if\n\
         CN=Watchfire authority 1  2056-11-22 20:15:00Z  made here for the path\n\
         CN=Panels                 2030-11-22 20:15:00Z  it names the account\n",
        "{}",
        err(&shown)
    );
    let reloaded = run(fake.folder(), &["tls", "reload"]);
    assert!(
        out(&reloaded).contains("what was in force stays so: a.pem: gone"),
        "{}",
        out(&reloaded)
    );
    fake.finish();
}

#[test]
fn a_path_is_added_with_the_name_that_the_panel_gives_it() {
    let fake = Fake::serving(vec![
        Answer::json("POST /api/v1/panels ", 201, &panel(&[]))
            .asking_for(r#""family": "mqtt""#)
            .asking_for(r#""path_name": "lan""#),
        Answer::json(
            "POST /api/v1/panels/pan_1/paths ",
            201,
            &path("pth_2", "cell"),
        )
        .asking_for(r#""path_name": "cell""#),
    ]);
    let mqtt = ["--account", "12AB", "--family", "mqtt", "--path-name"];
    let added = run(
        fake.folder(),
        &[&["panel", "add"], &mqtt[..], &["lan"]].concat(),
    );
    assert!(added.status.success(), "{}", err(&added));
    let added = run(
        fake.folder(),
        &[&["panel", "path", "add", "pan_1"], &mqtt[..], &["cell"]].concat(),
    );
    assert!(added.status.success(), "{}", err(&added));
    fake.finish();
}
