//! Counting instructions: a row runs under callgrind, which writes down what was counted whenever counting
//! begins or ends.
//!
//! How far counts are independent of the machine: valgrind shows programs a processor of its own (with
//! AVX2 and AES, without SHA and AVX-512, wherever the real one has AVX2), so cryptography and
//! `memcpy` take the same ways everywhere. Rust is pinned by `rust-toolchain.toml`. What is left are the
//! machine's C library and C compiler (SQLite, parts of aws-lc).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, ensure};

use super::Counted;
use super::driver::{Driver, Row};
use crate::{target, tools};

/// The functions of the example at which counting begins and ends.
const BEGIN: &str = "begin_counting";
const END: &str = "end_counting";

/// Rows that run at the same time: counts do not depend on it.
const TOGETHER: usize = 2;

/// Counts rows; in their order.
pub(super) fn count(driver: &Driver, rows: &[Row]) -> Result<Vec<Counted>> {
    let waiting = Mutex::new(rows.iter().enumerate());
    let work = || {
        let mut counted = Vec::new();
        loop {
            let next = waiting.lock().expect("nobody panics holding it").next();
            let Some((place, row)) = next else {
                return Ok(counted);
            };
            let one = count_one(driver, row).with_context(|| format!("row `{}`", row.name))?;
            counted.push((place, one));
        }
    };
    let mut counted: Vec<(usize, Counted)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..TOGETHER).map(|_| scope.spawn(work)).collect();
        let joined = workers.into_iter().map(|worker| {
            let worker = worker.join();
            worker.expect("a panic is told by the thread that had it")
        });
        joined.collect::<Result<Vec<_>>>()
    })?
    .into_iter()
    .flatten()
    .collect();
    counted.sort_by_key(|(place, _)| *place);
    Ok(counted.into_iter().map(|(_, counted)| counted).collect())
}

fn count_one(driver: &Driver, row: &Row) -> Result<Counted> {
    let folder = target().join("instructions").join(&row.name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let option = |name: &str, value: &str| format!("--{name}={value}");
    tools::valgrind(driver.root())?
        .args(["--quiet", "--tool=callgrind"])
        .args([
            option("callgrind-out-file", &folder.join("out").to_string_lossy()),
            option("dump-before", &format!("*{BEGIN}*")),
            option("dump-before", &format!("*{END}*")),
        ])
        .args([&driver.path().to_string_lossy(), row.name.as_str()])
        .run()?;
    let instructions = sum(&folder)?;
    Ok(Counted {
        row: row.clone(),
        instructions: (instructions + row.requests / 2) / row.requests,
    })
}

/// The instructions between begins and ends.
fn sum(folder: &Path) -> Result<u64> {
    let mut files = Vec::new();
    for file in folder.read_dir()? {
        files.push(file?.path());
    }
    let counts = files.iter().map(|file: &PathBuf| {
        let text = fs::read(file).with_context(|| file.display().to_string())?;
        Ok(counted_in(&String::from_utf8_lossy(&text)))
    });
    let counts: Vec<u64> = counts
        .filter_map(Result::transpose)
        .collect::<Result<_>>()?;
    ensure!(!counts.is_empty(), "callgrind met no `{END}`");
    Ok(counts.into_iter().sum())
}

/// The instructions in a file of callgrind's, if it was written when counting ended.
fn counted_in(text: &str) -> Option<u64> {
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let why = value("desc: Trigger: ")?;
    let total = value("totals: ")?;
    why.contains(END).then(|| total.trim().parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(trigger: &str, total: u64) -> String {
        format!(
            "version: 1\ndesc: Trigger: {trigger}\nevents: Ir\nsummary: {total}\ntotals: {total}\n"
        )
    }

    #[test]
    fn only_what_lies_between_begin_and_end_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let parts = [
            part("--dump-before=instructions::count::begin_counting", 1_000),
            part("--dump-before=instructions::count::end_counting", 20),
            part("--dump-before=instructions::count::begin_counting", 5_000),
            part("--dump-before=instructions::count::end_counting", 3),
            part("Program termination", 700),
        ];
        for (number, part) in parts.iter().enumerate() {
            fs::write(folder.path().join(format!("out.{number}")), part).unwrap();
        }
        assert_eq!(sum(folder.path()).unwrap(), 23);
    }

    #[test]
    fn a_row_in_which_nothing_is_counted_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("out"), part("Program termination", 7)).unwrap();
        let error = sum(folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "callgrind met no `end_counting`");
    }
}
