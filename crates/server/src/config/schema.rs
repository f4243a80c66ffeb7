//! The table of all keys: names, meanings, defaults. The default file is printed from it.

use std::fmt::Write;

use super::{api, data, gateway, listener, log, retention, supervision, tls};

/// A section of the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Section {
    /// Its name; that of `listener` is followed by the listener's own.
    pub(super) name: &'static str,
    /// What it is about.
    pub(super) doc: &'static str,
    /// Its keys.
    pub(super) keys: &'static [Key],
    /// Those that there are by default, for sections of which there are several.
    pub(super) instances: &'static [Instance],
}

/// One of several sections of a kind, such as a listener.
#[derive(Debug, Clone, Copy)]
pub(super) struct Instance {
    /// Its own name.
    pub(super) name: &'static str,
    /// What it is for.
    pub(super) doc: &'static str,
    /// In what it differs from the defaults of its kind, as TOML.
    pub(super) set: &'static [(&'static str, &'static str)],
}

impl Instance {
    fn default(&self, key: &Key) -> &'static str {
        let set = self.set.iter().find(|(name, _)| *name == key.name);
        set.map_or(key.default, |(_, value)| value)
    }
}

/// A key of a section.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it sets, with the unit.
    pub doc: &'static str,
    /// The default, as TOML.
    pub default: &'static str,
    /// Which values are allowed.
    pub allowed: &'static str,
    /// For tests of Watchfire itself: works, but is not shown.
    pub hidden: bool,
}

/// Every section, in the order of the default file.
pub(super) const SECTIONS: &[Section] = &[
    data::SECTION,
    gateway::SECTION,
    listener::SECTION,
    tls::SECTION,
    api::SECTION,
    supervision::SECTION,
    retention::SECTION,
    log::SECTION,
];

/// What every variable of the environment that sets a key begins with.
pub(super) const PREFIX: &str = "WATCHFIRE__";

impl Section {
    /// The section of that name.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        SECTIONS.iter().find(|section| section.name == name)
    }

    /// The key of that name.
    pub(super) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The names of the keys that are shown, as a list.
    pub(super) fn key_names(&self) -> String {
        let shown = self.keys.iter().filter(|key| !key.hidden);
        shown.map(|key| key.name).collect::<Vec<_>>().join(", ")
    }

    /// Each table of it that there is by default: its full name, and which one of several it is.
    fn tables(&self) -> impl Iterator<Item = (String, Option<&'static Instance>)> {
        let only = self
            .instances
            .is_empty()
            .then(|| (self.name.to_owned(), None));
        let several = self.instances.iter();
        let several = several.map(|one| (format!("{}.{}", self.name, one.name), Some(one)));
        only.into_iter().chain(several)
    }
}

impl Key {
    /// Whether its value is a text in TOML, and so needs no quotes in the environment.
    pub(super) fn is_text(&self) -> bool {
        self.default.starts_with('"')
    }
}

/// Every key that is shown, with its full name and its default, as the default file has them.
pub fn keys() -> impl Iterator<Item = (String, &'static Key, &'static str)> {
    let tables = SECTIONS.iter().flat_map(|section| {
        section
            .tables()
            .map(move |(title, one)| (section, title, one))
    });
    tables.flat_map(|(section, title, one)| {
        let shown = section.keys.iter().filter(|key| !key.hidden);
        shown.map(move |key| (format!("{title}.{}", key.name), key, default(key, one)))
    })
}

fn default(key: &Key, one: Option<&Instance>) -> &'static str {
    one.map_or(key.default, |one| one.default(key))
}

/// The variable of the environment that sets a key.
pub fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

/// The names of all sections, as a list.
pub(super) fn section_names() -> String {
    let names: Vec<_> = SECTIONS.iter().map(|section| section.name).collect();
    names.join(", ")
}

/// The annotated default file, as `config default` prints it. Of several sections of a kind the first tells
/// what each key means.
pub fn default_file() -> String {
    let mut text = String::from(HEADER);
    for section in SECTIONS {
        for (at, (title, one)) in section.tables().enumerate() {
            text.push('\n');
            if at == 0 {
                comment(&mut text, section.doc);
            }
            comment(&mut text, one.map_or("", |one| one.doc));
            push(&mut text, format_args!("[{title}]\n"));
            for key in section.keys.iter().filter(|key| !key.hidden) {
                if at == 0 {
                    text.push('\n');
                    comment(&mut text, key.doc);
                    comment(&mut text, &format!("Allowed: {}.", key.allowed));
                }
                push(
                    &mut text,
                    format_args!("{} = {}\n", key.name, default(key, one)),
                );
            }
        }
    }
    text
}

/// All defaults as TOML, hidden keys too: the lowest layer.
pub(super) fn defaults() -> String {
    let mut text = String::new();
    for section in SECTIONS {
        for (title, one) in section.tables() {
            push(&mut text, format_args!("[{title}]\n"));
            for key in section.keys {
                push(
                    &mut text,
                    format_args!("{} = {}\n", key.name, default(key, one)),
                );
            }
        }
    }
    text
}

const HEADER: &str = "\
# The configuration of Watchfire. Every key is shown with its default, so that an empty file
# means the same. Unknown keys are refused. `watchfire config check FILE` tells what is effective.
#
# Each key can also be set by the environment, which goes before the file: WATCHFIRE__, the
# section, two underscores, the key, such as WATCHFIRE__LISTENER__DC09__ADDRESS=127.0.0.1:9009.
#
# Times are a number and one of s, m, h, d (24 hours) and y (366 days, so that a year is never
# short). Sizes are a number and one of KiB, MiB and GiB.
";

fn comment(text: &mut String, lines: &str) {
    for line in lines.lines() {
        push(text, format_args!("# {line}\n"));
    }
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what)
        .expect("writing to a string does not fail");
}

/// The one of `names` that is spelled most like `wanted`, if any is near.
pub(super) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = wanted.chars().count().div_ceil(3);
    names
        .map(|name| (distance(wanted, name), name))
        .filter(|(distance, _)| *distance <= near)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters must be added, taken away or replaced to make one word of the other.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}
