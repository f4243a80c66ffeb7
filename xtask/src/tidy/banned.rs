//! What is not written in this project, and why.

use super::Finding;
use super::tree::{File, Tree, has_word};

/// A text that is not written.
struct Banned {
    text: &'static str,
    /// Whether it stands alone, rather than within another word.
    word: bool,
    why: &'static str,
    within: Within,
}

/// Where a text is not written.
#[derive(Clone, Copy)]
enum Within {
    /// In any file.
    All,
    /// In Rust, tests included.
    Rust,
    /// In the sources of the product; its tests and build scripts may.
    Sources,
}

// The texts are put together from parts, so that this file does not break its own rules.
const BANNED: &[Banned] = &[
    Banned {
        text: concat!("#[", "ignore"),
        word: false,
        why: "a test that does not run proves nothing",
        within: Within::Rust,
    },
    Banned {
        text: concat!("#[should", "_panic"),
        word: false,
        why: "say what is refused, and how",
        within: Within::Rust,
    },
    Banned {
        text: concat!("thread::", "sleep"),
        word: false,
        why: "wait for a condition, or move the clock by hand",
        within: Within::Rust,
    },
    Banned {
        text: concat!("print", "ln!"),
        word: true,
        why: "people are spoken to through `cli::out` only",
        within: Within::Sources,
    },
    Banned {
        text: concat!("eprint", "ln!"),
        word: true,
        why: "people are spoken to through `cli::out` only, the log is tracing's",
        within: Within::Sources,
    },
    Banned {
        text: concat!("pri", "nt!"),
        word: true,
        why: "people are spoken to through `cli::out` only",
        within: Within::Sources,
    },
    Banned {
        text: concat!("/ho", "me/"),
        word: false,
        why: "no path of anybody's machine",
        within: Within::All,
    },
    Banned {
        text: concat!("/ro", "ot/"),
        word: false,
        why: "no path of anybody's machine",
        within: Within::All,
    },
    Banned {
        text: concat!("/wo", "rk/"),
        word: false,
        why: "no path of anybody's machine",
        within: Within::All,
    },
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.files() {
        for banned in BANNED {
            for at in banned.lines_in(file) {
                let what = format!("`{}`: {}", banned.text, banned.why);
                found.push(Finding::at_line(&file.path, at, what));
            }
        }
    }
    found
}

impl Banned {
    fn lines_in(&self, file: &File) -> Vec<usize> {
        let is_rust = file.is_rust();
        let with_it = |(at, line): (usize, &str)| self.is_in(line).then_some(at);
        match self.within {
            Within::All => file.lines().filter_map(with_it).collect(),
            Within::Rust if is_rust => file.lines().filter_map(with_it).collect(),
            Within::Sources if is_rust && file.source_of().is_some() => {
                file.production().filter_map(with_it).collect()
            }
            Within::Rust | Within::Sources => Vec::new(),
        }
    }

    fn is_in(&self, line: &str) -> bool {
        if self.word {
            has_word(line, self.text)
        } else {
            line.contains(self.text)
        }
    }
}
