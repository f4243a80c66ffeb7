//! A disk whose state at one moment can be kept: an ext4 file system in a file.
//!
//! What the kernel has handed to the disk is in the file; what it only holds in memory is not. So
//! a copy of the file is what a machine would find after its power was cut at that moment, with a
//! disk that tells the truth about what it has written.
//!
//! The kernel writes by itself after some seconds (`commit=`, writeback); the mount asks for five
//! minutes, so that within a scenario only what a process asked to be synced is written.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

use super::tools::{find, run};

/// Size of the disk: room for a scenario's journal and the ballast.
const SIZE: u64 = 512 << 20;

/// A mounted disk; unmounted when dropped.
#[derive(Debug)]
pub(crate) struct Disk {
    image: PathBuf,
    mount: PathBuf,
}

impl Disk {
    /// A new disk in `folder`, mounted.
    pub(crate) fn make(folder: &Path) -> Self {
        let image = folder.join("disk.img");
        File::create(&image).unwrap().set_len(SIZE).unwrap();
        let mkfs = find("mkfs.ext4", "WATCHFIRE_TOOL_MKFS_EXT4");
        run(Command::new(mkfs).args(["-q", "-F"]).arg(&image));
        Self::mount(image, folder.join("disk"))
    }

    /// Takes all the room that is left, over and over as room comes free, until dropped.
    pub(crate) fn fill(&self) -> Filler {
        Filler::new(self.mount.join("filler"))
    }

    /// Puts on the disk what the kernel holds of it in memory.
    pub(crate) fn sync(&self) {
        let folder = File::open(&self.mount).unwrap();
        rustix::fs::syncfs(folder).unwrap();
    }

    /// What a machine would find if its power were cut now: a copy in `folder`, mounted.
    pub(crate) fn as_after_a_power_cut(&self, folder: &Path) -> Self {
        let image = folder.join("after.img");
        run(Command::new("cp")
            .arg("--sparse=always")
            .args([&self.image, &image]));
        Self::mount(image, folder.join("after"))
    }

    fn mount(image: PathBuf, mount: PathBuf) -> Self {
        fs::create_dir(&mount).unwrap();
        let mut command = Command::new(find("mount", "WATCHFIRE_TOOL_MOUNT"));
        command.args(["-t", "ext4", "-o", "loop,commit=300"]);
        run(command.args([&image, &mount]));
        Self { image, mount }
    }

    /// A folder on the disk.
    pub(crate) fn folder(&self) -> PathBuf {
        self.mount.join("data")
    }
}

/// What takes the room of a disk; dropping it gives the room back.
#[derive(Debug)]
pub(crate) struct Filler {
    path: PathBuf,
    file: File,
    size: u64,
}

impl Filler {
    fn new(path: PathBuf) -> Self {
        let file = File::create(&path).unwrap();
        let mut filler = Self {
            path,
            file,
            size: 0,
        };
        filler.grow();
        filler
    }

    /// Takes what has come free since.
    pub(crate) fn grow(&mut self) {
        let mut step = SIZE;
        while step >= 1 << 10 {
            let mode = FallocateFlags::empty();
            match fallocate(&self.file, mode, self.size, step) {
                Ok(()) => self.size += step,
                Err(Errno::NOSPC) => step /= 2,
                Err(error) => panic!("the disk cannot be filled: {error}"),
            }
        }
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        fs::remove_file(&self.path).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a failing scenario may still have a process there, which is about to end.
        let umount = Command::new("umount").arg("-l").arg(&self.mount).status();
        if !umount.as_ref().is_ok_and(std::process::ExitStatus::success) {
            println!("{} stays mounted: {umount:?}", self.mount.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn after_a_power_cut_the_disk_holds_what_was_synced_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::make(folder.path());
        fs::create_dir(disk.folder()).unwrap();
        let write = |name: &str, sync: bool| {
            let mut file = File::create(disk.folder().join(name)).unwrap();
            file.write_all(b"an alarm").unwrap();
            if sync {
                file.sync_data().unwrap();
            }
        };
        write("synced", true);
        write("not synced", false);
        let after = disk.as_after_a_power_cut(folder.path());
        assert_eq!(
            fs::read(after.folder().join("synced")).unwrap(),
            b"an alarm"
        );
        let kept = fs::read(after.folder().join("not synced"));
        assert!(!kept.is_ok_and(|kept| kept == b"an alarm"));
    }
}
