//! The data folder: there, ours, writable, with room; and who holds its lock.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::Finding;
use crate::config::Config;

/// Below this the store soon stops to acknowledge.
const LEAST_SPACE: u64 = 256 << 20;

/// A busy day of 50,000 panels writes about 4 GB.
const GOOD_SPACE: u64 = 8 << 30;

/// The file that a running server holds locked, within the data folder.
pub(super) const LOCK: &str = "lock";

pub(super) fn check(config: &Config) -> Vec<Finding> {
    let path = &config.data.path;
    let mut findings = vec![writable(path)];
    findings.extend(space(path));
    findings.extend(lock(path));
    findings
}

fn writable(path: &Path) -> Finding {
    let name = "data folder";
    let shown = path.display();
    match std::fs::metadata(path) {
        Ok(found) if !found.is_dir() => Finding::fail(
            name,
            format!("{shown} is not a folder"),
            "name another one by --data or `data.path`",
        ),
        Ok(_) => match tempfile::tempfile_in(path) {
            Ok(_) => Finding::ok(name, format!("{shown} is there and can be written")),
            Err(error) => Finding::fail(
                name,
                format!("{shown} cannot be written: {error}"),
                "run this as the user who runs the server, or give that user the folder",
            ),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Finding::ok(
            name,
            format!("{shown} is not there yet; `watchfire serve` makes it"),
        ),
        Err(error) => Finding::fail(name, format!("{shown} cannot be looked at: {error}"), ""),
    }
}

fn space(path: &Path) -> Option<Finding> {
    let name = "free space";
    let there = path.ancestors().find(|part| part.is_dir());
    let there = there.unwrap_or_else(|| Path::new("."));
    let disk = rustix::fs::statvfs(there).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let detail = format!("{} are free", shown(free));
    let advice = "a busy day of 50,000 panels writes about 4 GB: make room, or move `data.path`";
    Some(match free {
        ..LEAST_SPACE => Finding::fail(name, detail, advice),
        LEAST_SPACE..GOOD_SPACE => Finding::warn(name, detail, advice),
        _ => Finding::ok(name, detail),
    })
}

fn shown(octets: u64) -> String {
    match octets {
        ..0x4000_0000 => format!("{} MiB", octets >> 20),
        _ => format!("{} GiB", octets >> 30),
    }
}

/// Who holds the lock, as the kernel tells; it is not tried, since that could get in the way of
/// a server that is being started.
fn lock(path: &Path) -> Option<Finding> {
    let file = std::fs::metadata(path.join(LOCK)).ok()?;
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    let detail = match holder(&locks, &file) {
        Some(pid) => format!("held by process {pid}"),
        None => "free".to_owned(),
    };
    Some(Finding::ok("lock", detail))
}

/// The process that holds a lock on the file, by the kernel's table of locks (proc(5)).
fn holder(locks: &str, file: &Metadata) -> Option<u32> {
    let device = file.dev();
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let wanted = format!("{major:02x}:{minor:02x}:{}", file.ino());
    locks.lines().find_map(|line| {
        let mut words = line.split_ascii_whitespace().skip(1);
        // A process that waits for a lock has an arrow in its line.
        let kind = words.next().filter(|kind| *kind != "->")?;
        let pid = words.nth(2)?;
        let place = words.next()?;
        let held = place == wanted && matches!(kind, "FLOCK" | "POSIX" | "OFDLCK");
        held.then(|| pid.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Verdict;

    #[test]
    fn a_folder_that_is_not_there_is_well_and_a_file_in_its_place_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(writable(&folder.path().join("new")).verdict, Verdict::Ok);
        assert_eq!(writable(folder.path()).verdict, Verdict::Ok);
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(writable(&file).verdict, Verdict::Fail);
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1,
            "no trace is left"
        );
    }

    #[test]
    fn who_holds_the_lock_is_told_without_taking_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(lock(folder.path()), None);
        let file = std::fs::File::create(folder.path().join(LOCK)).unwrap();
        assert_eq!(lock(folder.path()).unwrap().detail, "free");
        file.lock().unwrap();
        let held = format!("held by process {}", std::process::id());
        assert_eq!(lock(folder.path()).unwrap().detail, held);
    }
}
