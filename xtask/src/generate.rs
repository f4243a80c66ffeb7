//! `cargo xtask gen`: files that are made from code, committed, and checked to be up to date.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::program::Program;
use crate::say::say;

/// A file and the arguments with which `watchfire` prints it.
struct Generated {
    path: &'static str,
    arguments: &'static [&'static str],
}

const FILES: &[Generated] = &[
    Generated {
        path: "docs/watchfire.toml",
        arguments: &["config", "default"],
    },
    Generated {
        path: "crates/api/openapi.json",
        arguments: &["gen", "openapi"],
    },
];

/// Writes all of them.
pub(crate) fn write(root: &Path) -> Result<()> {
    for file in FILES {
        let wanted = file.print(root)?;
        if file.committed(root).as_deref() != Some(&wanted) {
            std::fs::write(root.join(file.path), wanted)
                .with_context(|| format!("cannot write {}", file.path))?;
            say(format_args!("{}: written", file.path));
        }
    }
    Ok(())
}

/// Fails if one of them is not what would be written.
pub(crate) fn check(root: &Path) -> Result<()> {
    for file in FILES {
        if file.committed(root).as_deref() != Some(&file.print(root)?) {
            bail!(
                "{} is out of date: `cargo xtask gen` writes it anew",
                file.path
            );
        }
    }
    Ok(())
}

impl Generated {
    fn print(&self, root: &Path) -> Result<Vec<u8>> {
        Program::cargo(root)
            .args([
                "run",
                "--quiet",
                "--profile",
                "ci",
                "--bin",
                "watchfire",
                "--",
            ])
            .args(self.arguments)
            .output()
    }

    fn committed(&self, root: &Path) -> Option<Vec<u8>> {
        std::fs::read(root.join(self.path)).ok()
    }
}
