//! Tests are named as sentences about behaviour: that they test is said by their attribute.

use super::Finding;
use super::tree::{File, Tree};

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut is_test = false;
    for (at, line) in file.lines() {
        let line = line.trim_start();
        if line.starts_with("#[") {
            is_test |= line.starts_with("#[test") || line.contains("::test");
            continue;
        }
        let name = line.split_once("fn ").map(|(_, name)| name);
        if is_test && name.is_some_and(|name| name.starts_with("test_")) {
            let what = "tests are named as sentences about behaviour, without `test_`";
            found.push(Finding::at_line(&file.path, at, what));
        }
        is_test = false;
    }
    found
}
