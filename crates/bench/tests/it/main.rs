//! The harness as it is typed. Whether it measures is `cargo xtask bench --smoke`'s to say.

use std::process::{Command, Output};

fn bench(arguments: &[&str]) -> Output {
    let mut bench = Command::new(env!("CARGO_BIN_EXE_bench"));
    let output = bench.args(arguments).output();
    output.expect("the harness was built by this test's build")
}

#[test]
fn an_unknown_scenario_is_refused_with_those_there_are() {
    let refused = bench(&["live", "no-such-day"]);
    assert!(!refused.status.success());
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(
        told.contains("no-such-day") && told.contains("seed-day"),
        "{told}"
    );
}

#[test]
fn a_scenario_of_another_protocol_is_refused() {
    let folder = std::env::temp_dir();
    let file = folder.join(format!("bench-dc09-{}.toml", std::process::id()));
    std::fs::write(&file, "about = 'x'\nfamily = 'dc09'\npoll = '60s'\n").unwrap();
    let refused = bench(&["live", file.to_str().unwrap()]);
    std::fs::remove_file(&file).unwrap();
    assert!(!refused.status.success());
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("DC-09"), "{told}");
}
