//! The layer table: which crate may stand on which, and which outside crates it may not know.

use toml::{Table, Value};

use super::Finding;
use super::tree::{File, Tree, has_word};

/// A crate's place in the house.
struct Layer {
    name: &'static str,
    /// The crates of the house that it may import.
    imports: &'static [&'static str],
    /// Crates from outside that it may not know.
    without: &'static [&'static str],
    /// Those of them that it may know all the same.
    except: &'static [&'static str],
    /// Features of tokio that it may not use.
    without_tokio: &'static [&'static str],
    /// Names that may not occur in its sources.
    unspoken: &'static [&'static str],
}

/// Pure crates: no input or output, no runtime, no serialisation, no chance.
const IMPURE: &[&str] = &[
    "anyhow",
    "axum",
    "csv",
    "getrandom",
    "mio",
    "rand",
    "rusqlite",
    "rustix",
    "serde",
    "serde_json",
    "tokio",
    "toml",
    "tracing",
    "ureq",
];

/// What reaches outside by the standard library alone. Addresses are values and may be spoken of.
const OUTSIDE: &[&str] = &[
    "std::fs",
    "std::process",
    "std::thread",
    "std::os",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "UnixListener",
    "UnixDatagram",
];

const ALL: &[&str] = &[
    "api", "engine", "families", "gateway", "model", "proto", "sim", "sinks", "store", "wire",
];

const fn pure(name: &'static str, imports: &'static [&'static str]) -> Layer {
    Layer {
        name,
        imports,
        without: IMPURE,
        except: &[],
        without_tokio: &[],
        unspoken: OUTSIDE,
    }
}

const fn edge(
    name: &'static str,
    imports: &'static [&'static str],
    without: &'static [&'static str],
) -> Layer {
    Layer {
        name,
        imports,
        without,
        except: &[],
        without_tokio: &[],
        unspoken: &[],
    }
}

const LAYERS: &[Layer] = &[
    pure("model", &[]),
    Layer {
        // JSON is one of the formats that it reads and writes.
        except: &["serde", "serde_json"],
        ..pure("wire", &["model"])
    },
    pure("proto", &["model"]),
    pure("families", &["proto", "wire", "model"]),
    Layer {
        name: "engine",
        imports: &["model"],
        without: &["axum", "mio", "rusqlite", "rustix", "serde_json", "ureq"],
        except: &[],
        without_tokio: &["net", "fs", "process", "signal", "full"],
        unspoken: OUTSIDE,
    },
    edge("store", &["engine", "model"], &["axum", "mio", "ureq"]),
    edge(
        "sinks",
        &["engine", "wire", "model"],
        &["axum", "mio", "rusqlite"],
    ),
    edge(
        "gateway",
        &["engine", "proto", "model"],
        &["axum", "rusqlite", "ureq"],
    ),
    edge("api", &["engine", "model"], &["mio", "rusqlite", "ureq"]),
    edge(
        "sim",
        &["families", "proto", "wire", "model"],
        &["axum", "rusqlite"],
    ),
    edge("server", ALL, &["axum", "mio", "rusqlite"]),
    // A witness from outside: it starts the built binary and knows nothing of what is in it.
    edge(
        "bench",
        &["sim", "families", "proto", "wire", "model"],
        &["axum", "rusqlite"],
    ),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for file in tree.files() {
        let manifest = file
            .path
            .strip_prefix("crates/")
            .and_then(|rest| rest.strip_suffix("/Cargo.toml"));
        if let Some(name) = manifest {
            check_manifest(name, file, &mut found);
        }
    }
    for file in tree.rust() {
        let layer = file.source_of().and_then(layer_of);
        for word in layer.map_or(&[][..], |layer| layer.unspoken) {
            let spoken = |(_, line): &(usize, &str)| !is_comment(line) && has_word(line, word);
            for (line, _) in file.production().filter(spoken) {
                let what = format!("`{word}` reaches outside, which this layer does not do");
                found.push(Finding::at_line(&file.path, line, what));
            }
        }
    }
    found
}

fn layer_of(name: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.name == name)
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

fn check_manifest(name: &str, file: &File, found: &mut Vec<Finding>) {
    let mut tell = |what: String| found.push(Finding::in_file(&file.path, what));
    let Some(layer) = layer_of(name) else {
        return tell(format!("`{name}` has no place in the layer table of tidy"));
    };
    let manifest: Table = match file.text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return tell(format!("not a manifest: {error}")),
    };
    for (dependency, about) in dependencies(&manifest) {
        let ours = ALL.contains(&dependency) || dependency == "server";
        if ours && !layer.imports.contains(&dependency) {
            tell(format!(
                "`{name}` may not import `{dependency}`: arrows go down only"
            ));
        }
        if layer.without.contains(&dependency) && !layer.except.contains(&dependency) {
            tell(format!("`{name}` may not know `{dependency}`"));
        }
        if dependency == "tokio" {
            let features = about.get("features").and_then(Value::as_array);
            let features = features.into_iter().flatten().filter_map(Value::as_str);
            for feature in features.filter(|feature| layer.without_tokio.contains(feature)) {
                tell(format!("`{name}` may not use tokio's `{feature}`"));
            }
        }
    }
}

/// What is linked into the crate; what its tests alone use may come from anywhere.
fn dependencies(manifest: &Table) -> impl Iterator<Item = (&str, &Value)> {
    let tables = manifest.get("dependencies").into_iter();
    let targets = manifest.get("target").and_then(Value::as_table);
    let by_target = targets
        .into_iter()
        .flat_map(|targets| targets.values())
        .filter_map(|target| target.get("dependencies"));
    tables
        .chain(by_target)
        .filter_map(Value::as_table)
        .flatten()
        .map(|(name, about)| (name.as_str(), about))
}
