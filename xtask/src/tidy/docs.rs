//! Every file says what it is for; modules with state say what never happens in them.

use super::Finding;
use super::tree::{File, Tree};

/// Crates whose modules keep state that others rely on.
const WITH_INVARIANTS: &[&str] = &["engine", "proto", "store"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.rust() {
        // What a file of tests is for, the module that it tests says.
        if !file.is_test() && !file.text.starts_with("//! ") {
            let what = "the first line does not say what the file is for (`//! …`)";
            found.push(Finding::at_line(&file.path, 1, what));
        }
        if needs_invariant(file) && !file.lines().any(|(_, l)| l.starts_with("//! Invariant:")) {
            let what = "a module of this crate states what always holds (`//! Invariant: …`)";
            found.push(Finding::in_file(&file.path, what));
        }
    }
    found
}

fn needs_invariant(file: &File) -> bool {
    let name = file.path.rsplit('/').next();
    let is_module = matches!(name, Some("mod.rs" | "lib.rs"));
    let watched = |name| WITH_INVARIANTS.contains(&name);
    is_module && !file.is_test() && file.source_of().is_some_and(watched)
}
