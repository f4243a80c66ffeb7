//! What SQLite does not do for us: syncing folders, asking for free space, files of real octets.
//!
//! Invariant: what is said to be synced has been answered so by the operating system.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use rustix::fs::{FallocateFlags, StatVfsMountFlags, fallocate, statvfs};
use rustix::io::Errno;

/// Makes the names in a folder durable: a synced file whose name is lost is lost.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Octets that an unprivileged process may still write on the file system that holds `path`.
pub(crate) fn free(path: &Path) -> io::Result<u64> {
    let figures = statvfs(path)?;
    Ok(figures.f_bavail.saturating_mul(figures.f_frsize))
}

/// Whether the file system that holds `path` is mounted read-only.
pub(crate) fn is_read_only(path: &Path) -> bool {
    statvfs(path).is_ok_and(|figures| figures.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// The size of a file in octets; 0 if there is none.
pub(crate) fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |about| about.len())
}

/// Removes a file; that there is none is well.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// Makes a file of `size` octets that really occupies them, and syncs it.
pub(crate) fn occupy(path: &Path, size: u64) -> io::Result<()> {
    let file = File::create(path)?;
    match fallocate(&file, FallocateFlags::empty(), 0, size) {
        Ok(()) => {}
        // Not every file system can set room aside by itself.
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
            io::copy(&mut io::Read::take(io::repeat(0), size), &mut &file)?;
        }
        Err(errno) => return Err(errno.into()),
    }
    file.sync_all()
}
