//! Each check finds what it is there for, and nothing in what is right.

use super::tree::{File, Tree};
use super::*;

fn found(check: Check, files: &[(&str, &str)]) -> Vec<String> {
    let found = check(&Tree::of(files));
    found.iter().map(ToString::to_string).collect()
}

/// One finding, at that place, about that.
#[track_caller]
fn finds(check: Check, path: &str, text: &str, place: &str, about: &str) {
    let found = found(check, &[(path, text)]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(place), "{}", found[0]);
    assert!(found[0].contains(about), "{}", found[0]);
}

#[track_caller]
fn accepts(check: Check, path: &str, text: &str) {
    assert_eq!(found(check, &[(path, text)]), [""; 0]);
}

#[test]
fn the_project_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let findings = check_all(&Tree::read(root).unwrap());
    let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(told.is_empty(), "tidy found:\n{}", told.join("\n"));
}

#[test]
fn an_arrow_that_goes_up_or_sideways_is_found() {
    let manifest = "[dependencies]\nmodel.workspace = true\nstore.workspace = true\n";
    let place = "crates/api/Cargo.toml";
    finds(
        layers::check,
        place,
        manifest,
        place,
        "may not import `store`",
    );
    let place = "crates/proto/Cargo.toml";
    let manifest = "[dependencies]\nwire = { path = \"../wire\" }\n";
    finds(
        layers::check,
        place,
        manifest,
        place,
        "may not import `wire`",
    );
}

#[test]
fn tests_may_import_what_they_like() {
    let manifest = "[dev-dependencies]\nfamilies.workspace = true\ntokio.workspace = true\n";
    accepts(layers::check, "crates/gateway/Cargo.toml", manifest);
    accepts(layers::check, "crates/proto/Cargo.toml", manifest);
}

#[test]
fn a_runtime_in_a_pure_crate_and_sockets_in_the_engine_are_found() {
    let place = "crates/wire/Cargo.toml";
    let manifest = "[dependencies]\ntokio.workspace = true\n";
    finds(
        layers::check,
        place,
        manifest,
        place,
        "may not know `tokio`",
    );
    let manifest = "[target.'cfg(unix)'.dependencies]\nmio = \"1\"\n";
    finds(layers::check, place, manifest, place, "may not know `mio`");
    let place = "crates/engine/Cargo.toml";
    let manifest = "[dependencies]\ntokio = { workspace = true, features = [\"net\"] }\n";
    finds(layers::check, place, manifest, place, "tokio's `net`");
}

#[test]
fn a_crate_that_the_layer_table_does_not_know_is_found() {
    let place = "crates/cloud/Cargo.toml";
    finds(
        layers::check,
        place,
        "",
        place,
        "no place in the layer table",
    );
}

#[test]
fn a_pure_crate_that_reaches_outside_by_the_standard_library_is_found() {
    let text = "//! X.\nuse std::net::IpAddr;\nuse std::fs::File;\n";
    let path = "crates/engine/src/x.rs";
    finds(
        layers::check,
        path,
        text,
        "crates/engine/src/x.rs:3:",
        "std::fs",
    );
    accepts(layers::check, "crates/store/src/x.rs", text);
    let tests = "//! X.\nfn f() {}\n\n#[cfg(test)]\nmod tests {\n    use std::fs::File;\n}\n";
    accepts(layers::check, path, tests);
}

#[test]
fn a_file_that_does_not_say_what_it_is_for_is_found() {
    let path = "crates/api/src/x.rs";
    finds(
        docs::check,
        path,
        "use a;\n",
        "crates/api/src/x.rs:1:",
        "what the file is for",
    );
    accepts(docs::check, path, "//! What it is for.\nuse a;\n");
}

#[test]
fn a_module_with_state_and_no_invariant_is_found() {
    let text = "//! Ingest.\n";
    let path = "crates/engine/src/ingest/mod.rs";
    finds(docs::check, path, text, path, "Invariant");
    accepts(
        docs::check,
        path,
        "//! Ingest.\n//!\n//! Invariant: one at a time.\n",
    );
    accepts(docs::check, "crates/engine/src/ingest/machine.rs", text);
    accepts(docs::check, "crates/api/src/v1/mod.rs", text);
}

#[test]
fn an_attestation_outside_of_ingest_and_link_is_found() {
    let call = concat!("//! X.\nlet proof = Committed::", "attest(key);\n");
    let path = "crates/families/src/dc09/session.rs";
    finds(
        attest::check,
        path,
        call,
        "crates/families/src/dc09/session.rs:2:",
        "I1",
    );
    finds(
        attest::check,
        "crates/gateway/src/linked.rs",
        call,
        "crates/gateway/",
        "I1",
    );
    accepts(attest::check, "crates/gateway/src/link/up.rs", call);
    accepts(attest::check, "crates/engine/src/ingest/machine.rs", call);
    accepts(attest::check, "crates/families/src/dc09/tests.rs", call);
    accepts(attest::check, "crates/families/tests/it/main.rs", call);
    accepts(attest::check, "fuzz/src/dc09_session.rs", call);
}

#[test]
fn tests_that_do_not_run_and_tests_that_wait_are_found() {
    for (text, about) in [
        (concat!("#[", "ignore]\n"), "proves nothing"),
        (
            concat!("#[should", "_panic(expected = \"x\")]\n"),
            "refused",
        ),
        (concat!("std::thread::", "sleep(d);\n"), "condition"),
    ] {
        finds(
            banned::check,
            "crates/api/tests/it/main.rs",
            text,
            "crates/",
            about,
        );
    }
}

#[test]
fn a_test_that_is_named_like_a_function_is_found() {
    let path = "crates/api/src/x.rs";
    let text = concat!("#[test]\nfn ", "test_it() {}\n");
    finds(
        names::check,
        path,
        text,
        "crates/api/src/x.rs:2:",
        "sentences",
    );
    let text = concat!("#[tokio::test]\n#[cfg(unix)]\nasync fn ", "test_it() {}\n");
    finds(
        names::check,
        path,
        text,
        "crates/api/src/x.rs:3:",
        "sentences",
    );
    accepts(
        names::check,
        path,
        concat!("#[derive(Debug)]\nfn ", "test_signal() {}\n"),
    );
    accepts(names::check, path, "#[test]\nfn it_works() {}\n");
}

#[test]
fn printing_outside_of_the_output_module_is_found_in_sources_only() {
    let text = concat!("print", "ln!(\"x\");\n");
    finds(
        banned::check,
        "crates/api/src/x.rs",
        text,
        "crates/api/src/x.rs:1:",
        "cli::out",
    );
    accepts(banned::check, "crates/model/build.rs", text);
    let tests = concat!("#[cfg(test)]\nmod tests {\n    print", "ln!();\n}\n");
    accepts(banned::check, "crates/api/src/x.rs", tests);
}

#[test]
fn paths_of_machines_are_found_in_every_kind_of_file() {
    let text = concat!("see /ho", "me/somebody/notes\n");
    for path in ["README.md", "crates/api/src/x.rs", ".ci/run", "deny.toml"] {
        finds(banned::check, path, text, path, "machine");
    }
}

#[test]
fn a_limit_that_nobody_keeps_to_is_found() {
    let limits = "//! L.\npub const A: usize = 1;\npub const B: usize = 2 * A;\n";
    let path = "crates/model/src/limits.rs";
    finds(
        limits::check,
        path,
        limits,
        "crates/model/src/limits.rs:3:",
        "`B`",
    );
    let user = ("crates/gateway/src/x.rs", "//! X.\nlet a = limits::B;\n");
    assert_eq!(found(limits::check, &[(path, limits), user]), [""; 0]);
    let other = (
        "crates/gateway/src/x.rs",
        "//! X.\nlet a = limits::BB; // B\n",
    );
    let comment = (
        "crates/gateway/src/y.rs",
        "//! X.\n// B\nuse model::limits::B;\n",
    );
    assert_eq!(
        found(limits::check, &[(path, limits), other, comment]).len(),
        1
    );
}

#[test]
fn a_gap_in_the_numbers_of_decisions_is_found() {
    let first = ("docs/adr/0001-one.md", "# One\n");
    let third = ("docs/adr/0003-three.md", "# Three\n");
    let found_by_gap = found(decisions::check, &[first, third]);
    assert_eq!(
        found_by_gap,
        ["docs/adr/0003-three.md: the next number is 0002"]
    );
    finds(
        decisions::check,
        "docs/adr/one.md",
        "# One\n",
        "docs/adr/one.md",
        "NNNN",
    );
    finds(
        decisions::check,
        "docs/adr/0001-one.md",
        "One\n",
        "docs/adr/0001-one.md:1:",
        "title",
    );
    assert_eq!(found(decisions::check, &[first]), [""; 0]);
}

#[test]
fn what_is_built_or_fetched_is_not_looked_at() {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in [("src/a.rs", "x"), ("target/b.rs", "x"), ("src/c.bin", "x")] {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let tree = Tree::read(root.path()).unwrap();
    let paths: Vec<&str> = tree.files().map(|file: &File| file.path.as_str()).collect();
    assert_eq!(paths, ["src/a.rs"]);
}
