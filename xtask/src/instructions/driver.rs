//! The program that does the requests: the server's example `instructions`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::program::Program;

/// Its name as an example.
const NAME: &str = "instructions";

/// The program, built.
#[derive(Debug)]
pub(super) struct Driver {
    root: PathBuf,
    path: PathBuf,
}

/// Requests of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// Its name, such as `mqtt.status`.
    pub(super) name: String,
    /// How many requests it does.
    pub(super) requests: u64,
}

impl Driver {
    /// Builds it as tests do: with all of the workspace, so that crates have the features that they
    /// have in tests, and are built once.
    pub(super) fn build(root: &Path, profile: &str) -> Result<Self> {
        let build = ["build", "--quiet", "--profile", profile, "--workspace"];
        let told = Program::cargo(root)
            .args(build)
            .args(["--example", NAME, "--message-format", "json"])
            .output()?;
        let told = String::from_utf8(told).context("what cargo tells is text")?;
        let path = told.lines().find_map(executable);
        Ok(Self {
            root: root.to_owned(),
            path: path
                .context("cargo built no example `instructions`")?
                .into(),
        })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where commands are run.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// All rows, in their order.
    pub(super) fn rows(&self) -> Result<Vec<Row>> {
        let listed = Program::new(&self.root, &self.path.to_string_lossy()).output()?;
        let listed = String::from_utf8(listed).context("names of rows are text")?;
        let rows = listed.lines().map(row);
        rows.collect::<Option<_>>()
            .context("the example `instructions` lists its rows: a name and a number each")
    }
}

fn row(line: &str) -> Option<Row> {
    let (name, requests) = line.split_once(' ')?;
    Some(Row {
        name: name.to_owned(),
        requests: requests.parse().ok().filter(|requests| *requests > 0)?,
    })
}

/// The example's path, if this is where cargo tells it.
fn executable(line: &str) -> Option<String> {
    let message: Value = serde_json::from_str(line).ok()?;
    let target = message.get("target")?;
    let is_example = target
        .get("kind")?
        .as_array()?
        .iter()
        .any(|kind| kind == "example");
    let is_it = is_example && target.get("name")? == NAME;
    let path = message.get("executable")?.as_str()?;
    is_it.then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_tells_where_the_example_is() {
        let told = |kind: &str, name: &str| {
            format!(
                r#"{{"reason":"compiler-artifact","target":{{"kind":["{kind}"],"name":"{name}"}},"executable":"/there"}}"#
            )
        };
        let example = told("example", "instructions");
        assert_eq!(executable(&example), Some("/there".to_owned()));
        assert_eq!(executable(&told("bin", "instructions")), None);
        assert_eq!(executable(&told("example", "append")), None);
        assert_eq!(
            executable(r#"{"reason":"build-finished","success":true}"#),
            None
        );
    }

    #[test]
    fn a_row_is_a_name_and_how_many_requests_it_does() {
        let ping = row("mqtt.ping 2000").unwrap();
        assert_eq!((ping.name.as_str(), ping.requests), ("mqtt.ping", 2_000));
        for line in ["mqtt.ping", "mqtt.ping 0", "mqtt.ping many"] {
            assert_eq!(row(line), None, "{line}");
        }
    }
}
