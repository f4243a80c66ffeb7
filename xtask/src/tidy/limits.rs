//! A bound that nobody keeps is no bound: every constant of `model::limits` is used (I7).

use super::Finding;
use super::tree::{Tree, has_word};

const FILE: &str = "crates/model/src/limits.rs";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(limits) = tree.file(FILE) else {
        return vec![Finding::in_file(FILE, "the file of all bounds is gone")];
    };
    let named = limits.lines().filter_map(|(at, line)| {
        let (name, _) = line.strip_prefix("pub const ")?.split_once(':')?;
        Some((at, name))
    });
    named
        .filter(|(_, name)| !is_used(tree, name))
        .map(|(at, name)| Finding::at_line(FILE, at, format!("nobody keeps to `{name}`")))
        .collect()
}

/// Whether any line of production uses it, in another file or within another bound.
fn is_used(tree: &Tree, name: &str) -> bool {
    let declares = format!("pub const {name}:");
    tree.rust().any(|file| {
        file.production().any(|(_, line)| {
            let code = line.split("//").next().unwrap_or_default();
            has_word(code, name)
                && !line.trim_start().starts_with("use ")
                && !line.starts_with(&declares)
        })
    })
}
