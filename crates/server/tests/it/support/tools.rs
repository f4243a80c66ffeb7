//! Programs of the system that a scenario cannot do without.

use std::path::PathBuf;
use std::process::Command;

/// Where a tool is: named by `variable`, or in `PATH`. A scenario without it has proved nothing,
/// so its absence is a failure.
pub(crate) fn find(tool: &str, variable: &str) -> PathBuf {
    if let Some(named) = std::env::var_os(variable) {
        let named = PathBuf::from(named);
        assert!(
            named.is_file(),
            "{variable} names {}, which is no file",
            named.display()
        );
        return named;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    let mut folders = std::env::split_paths(&path).chain(system);
    let found = folders.find_map(|folder| {
        let file = folder.join(tool);
        file.is_file().then_some(file)
    });
    found.unwrap_or_else(|| {
        panic!("`{tool}` is needed: install it, name it in {variable}, or run `cargo xtask tools`")
    })
}

/// Runs a command to its end; what it printed. Panics with what it said if it fails.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {}\n{said}",
        output.status
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
