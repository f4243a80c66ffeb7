//! Decisions in `docs/adr` are numbered from 0001 without a gap, so that a number names one.

use super::Finding;
use super::tree::{File, Tree};

const FOLDER: &str = "docs/adr/";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut expected = 1;
    for file in tree.files() {
        let Some(name) = file.path.strip_prefix(FOLDER) else {
            continue;
        };
        match number(name) {
            Some(number) if number == expected => expected += 1,
            Some(_) => {
                let what = format!("the next number is {expected:04}");
                found.push(Finding::in_file(&file.path, what));
            }
            None => {
                let what = "a decision's file is called NNNN-what-it-is-about.md";
                found.push(Finding::in_file(&file.path, what));
            }
        }
        if !has_title(file) {
            let what = "the first line is not a title (`# …`)";
            found.push(Finding::at_line(&file.path, 1, what));
        }
    }
    found
}

fn number(name: &str) -> Option<u32> {
    let (digits, title) = name.strip_suffix(".md")?.split_once('-')?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let fits = digits.len() == 4 && !title.is_empty() && title.chars().all(plain);
    fits.then(|| digits.parse().ok()).flatten()
}

fn has_title(file: &File) -> bool {
    file.text
        .lines()
        .next()
        .is_some_and(|line| line.starts_with("# "))
}
