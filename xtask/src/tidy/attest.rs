//! I1: only ingest and the link may say that something is committed.

use super::Finding;
use super::tree::Tree;

const CALL: &str = concat!("Committed::", "attest");

/// Where the tokens are made; the conformance suite and the counts of instructions stand in for ingest.
const PLACES: &[&str] = &[
    "crates/engine/src/ingest",
    "crates/gateway/src/link",
    "crates/proto/src/conformance",
    "crates/model/src/committed",
    "crates/server/examples/instructions",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.rust() {
        let is_in = |place: &str| {
            let rest = file.path.strip_prefix(place);
            rest.is_some_and(|rest| rest.starts_with(['/', '.']))
        };
        if PLACES.iter().any(|place| is_in(place)) {
            continue;
        }
        for (line, _) in file.production().filter(|(_, line)| line.contains(CALL)) {
            let what = format!("I1: `{CALL}` outside of engine::ingest and gateway::link");
            found.push(Finding::at_line(&file.path, line, what));
        }
    }
    found
}
