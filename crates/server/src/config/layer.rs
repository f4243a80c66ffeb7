//! The layers, one over the other: of each key the value that counts, and where it comes from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::problem::{Origin, Problem, Problems};
use super::schema::{self, Key, PREFIX, Section, nearest};
use super::{Sources, listener};

/// A value that counts, and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The value.
    pub value: Value,
    /// Who set it.
    pub origin: Origin,
}

/// The value that counts for each key, by its full name: `listener.dc09.address`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings(BTreeMap<String, Setting>);

impl Settings {
    /// Lays the sources over the defaults. What is unknown is told and left out.
    pub(super) fn gather(sources: &Sources, problems: &mut Problems) -> Self {
        let mut settings = Self::default();
        settings.lay_text(&schema::defaults(), |_| Origin::Default, problems);
        if let Some(file) = &sources.file {
            settings.lay_file(file, problems);
        }
        settings.lay_environment(&sources.environment, problems);
        if let Some(data) = &sources.data {
            let value = Value::String(data.to_string_lossy().into_owned());
            settings.set("data.path".to_owned(), value, Origin::Flag("--data"));
        }
        settings
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.0.iter().map(|(key, setting)| (key.as_str(), setting))
    }

    /// Those that concern people, by name: all but hidden keys that nobody set.
    pub fn shown(&self) -> impl Iterator<Item = (&str, &Setting)> {
        self.iter().filter(|(key, setting)| {
            setting.origin != Origin::Default || described(key).is_some_and(|key| !key.hidden)
        })
    }

    /// Names of the listeners that have any setting.
    pub(super) fn listeners(&self) -> Vec<String> {
        let keys = self
            .0
            .keys()
            .filter_map(|key| key.strip_prefix("listener."));
        let mut names: Vec<String> = keys
            .filter_map(|rest| rest.split_once('.'))
            .map(|(name, _)| name.to_owned())
            .collect();
        names.dedup();
        names
    }

    /// The section as its `Raw` form; what does not fit is told.
    pub(super) fn section<R: DeserializeOwned>(
        &self,
        section: &str,
        problems: &mut Problems,
    ) -> Option<R> {
        let table: Table = self
            .0
            .iter()
            .filter_map(|(key, setting)| {
                let name = key.strip_prefix(section)?.strip_prefix('.')?;
                Some((name.to_owned(), setting.value.clone()))
            })
            .collect();
        match serde_path_to_error::deserialize(Value::Table(table)) {
            Ok(raw) => Some(raw),
            Err(error) => {
                let key = match error.path().to_string().as_str() {
                    "." => section.to_owned(),
                    key => format!("{section}.{key}"),
                };
                let what = error.inner().message().trim_end().to_owned();
                problems.push(self.problem(&key, what));
                None
            }
        }
    }

    /// What is wrong with the value of a key, with its origin and what is allowed.
    pub(super) fn problem(&self, key: &str, what: impl Into<String>) -> Problem {
        let within = |section: &str| {
            let within = |name: &str| {
                let rest = name.strip_prefix(section);
                rest.is_some_and(|rest| rest.starts_with('.'))
            };
            let mut settings = self.0.iter();
            settings.find_map(|(name, setting)| within(name).then_some(setting))
        };
        // A section that lacks something, or a key that was left out: where the section begins.
        let section = || {
            key.rsplit_once('.')
                .and_then(|(section, _)| within(section))
        };
        let setting = self.0.get(key).or_else(|| within(key)).or_else(section);
        Problem {
            origin: setting.map_or(Origin::Default, |setting| setting.origin.clone()),
            key: key.to_owned(),
            what: what.into(),
            allowed: described(key).map_or_else(String::new, |key| key.allowed.to_owned()),
        }
    }

    fn set(&mut self, key: String, value: Value, origin: Origin) {
        self.0.insert(key, Setting { value, origin });
    }

    fn lay_file(&mut self, file: &Path, problems: &mut Problems) {
        match std::fs::read_to_string(file) {
            Ok(text) => self.lay_text(&text, |line| Origin::File(file.to_owned(), line), problems),
            Err(error) => problems.push(Problem {
                origin: Origin::File(file.to_owned(), 0),
                key: String::new(),
                what: format!("the configuration file cannot be read: {error}"),
                allowed: String::new(),
            }),
        }
    }

    fn lay_text(&mut self, text: &str, at: impl Fn(usize) -> Origin, problems: &mut Problems) {
        let line_of = |offset: usize| {
            let before = text.as_bytes().iter().take(offset);
            1 + before.filter(|byte| **byte == b'\n').count()
        };
        let mut broken = |error: &toml::de::Error| {
            problems.push(Problem {
                origin: at(error.span().map_or(0, |span| line_of(span.start))),
                key: String::new(),
                what: format!("this is not TOML: {}", error.message().trim_end()),
                allowed: String::new(),
            });
        };
        // Values from one reading, the places of their keys from another.
        let (values, places) = match (text.parse::<Table>(), DeTable::parse(text)) {
            (Ok(values), Ok(places)) => (values, places),
            (Err(error), _) | (_, Err(error)) => return broken(&error),
        };
        let mut flat = Vec::new();
        flatten("", &values, places.get_ref(), &mut flat);
        for (key, value, offset) in flat {
            self.lay(key, value, at(line_of(offset)), problems);
        }
    }

    fn lay_environment(&mut self, variables: &[(OsString, OsString)], problems: &mut Problems) {
        for (name, value) in variables {
            let name = name.to_string_lossy();
            let Some(path) = name.strip_prefix(PREFIX) else {
                continue;
            };
            let key = path.to_lowercase().replace("__", ".");
            let value = value.to_string_lossy();
            let typed = match described(&key) {
                Some(key) if !key.is_text() => format!("v = {value}")
                    .parse::<Table>()
                    .ok()
                    .and_then(|mut table| table.remove("v")),
                _ => None,
            };
            let value = typed.unwrap_or_else(|| Value::String(value.into_owned()));
            self.lay(key, value, Origin::Environment(name.into_owned()), problems);
        }
    }

    fn lay(&mut self, key: String, value: Value, origin: Origin, problems: &mut Problems) {
        match unknown(&key) {
            None => self.set(key, value, origin),
            Some((what, allowed)) => problems.push(Problem {
                origin,
                key,
                what,
                allowed,
            }),
        }
    }
}

/// Every value with its full key and the place of that key in the text, section by section.
fn flatten(
    prefix: &str,
    values: &Table,
    places: &DeTable<'_>,
    flat: &mut Vec<(String, Value, usize)>,
) {
    for (name, place) in places {
        let key = format!("{prefix}{}", name.get_ref());
        let Some(value) = values.get(name.get_ref().as_ref()) else {
            continue;
        };
        match (value, place.get_ref()) {
            // A listener of which nothing is said but its name is one all the same.
            (Value::Table(inner), _) if inner.is_empty() && key.contains('.') => {
                let at = Spanned::span(name).start;
                flat.push((format!("{key}.enabled"), Value::Boolean(true), at));
            }
            (Value::Table(inner), DeValue::Table(places)) if is_section(&key) => {
                flatten(&format!("{key}."), inner, places, flat);
            }
            _ => flat.push((key, value.clone(), Spanned::span(name).start)),
        }
    }
}

/// Whether what has this name is a table of keys: `data`, `listener`, `listener.NAME`.
fn is_section(key: &str) -> bool {
    match key.split_once('.') {
        None => Section::find(key).is_some(),
        Some((first, rest)) => first == listener::SECTION.name && !rest.contains('.'),
    }
}

/// The section of a full key, and the key's own name.
fn split(key: &str) -> Option<(&'static Section, &str)> {
    let (section, rest) = key.split_once('.')?;
    let section = Section::find(section)?;
    let name = if section.instances.is_empty() {
        rest
    } else {
        rest.split_once('.')?.1
    };
    Some((section, name))
}

fn described(key: &str) -> Option<&'static Key> {
    let (section, name) = split(key)?;
    section.key(name)
}

/// Why a key cannot be set, and what could; `None` if it can.
fn unknown(key: &str) -> Option<(String, String)> {
    let first = key.split('.').next().unwrap_or(key);
    let Some(section) = Section::find(first) else {
        let names = schema::SECTIONS.iter().map(|section| section.name);
        let what = format!("there is no section `{first}`{}", meant(first, names));
        return Some((what, schema::section_names()));
    };
    let Some((_, name)) = split(key) else {
        let form = if section.instances.is_empty() {
            format!("[{first}] with {}", section.key_names())
        } else {
            format!(
                "a name and a key: [{first}.NAME] with {}",
                section.key_names()
            )
        };
        return Some((format!("`{first}` is a section, not a key"), form));
    };
    if !section.instances.is_empty()
        && let Some(listener) = key.split('.').nth(1)
        && !listener::is_name(listener)
    {
        let what = format!("`{listener}` cannot be the name of a listener");
        return Some((what, listener::NAME_ALLOWED.to_owned()));
    }
    if section.key(name).is_some() {
        return None;
    }
    let shown = section.keys.iter().filter(|key| !key.hidden);
    let what = format!(
        "there is no such key{}",
        meant(name, shown.map(|key| key.name))
    );
    Some((what, section.key_names()))
}

fn meant<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    nearest(wanted, names).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
