//! `presence`: when each path was heard, in a plain file that is written and not synced.
//!
//! Invariant: what was written is found by the next process of the same boot, however this one
//! ended: the operating system has it. What a power cut leaves is told apart by the boot in the
//! file's head, unless the file was synced at a stop in order.
//! Invariant: a head is written after the rows of its boot.
//!
//! Why not the state file: fifty thousand panels are heard a thousand times a second. A commit that
//! must survive a power cut costs a sync; a row here costs a copy of 2 KiB.
//!
//! ```text
//!   0    8       16            64                       64 + 2048 × row
//!   │ "WFPRES1\n" │ boot, zeros │ row 0 │ row 1 │ …
//! ```

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::ports::{PresenceRow, PresenceRows};
use model::limits::PRESENCE_ROW;

use crate::error::{Trouble, Trying};

const MAGIC: &[u8; 8] = b"WFPRES1\n";
const HEAD: usize = 64;
const BOOT: usize = HEAD - MAGIC.len();
const ROW: usize = 4 * PRESENCE_ROW;

/// The file.
#[derive(Debug)]
pub(crate) struct PresenceFile {
    path: PathBuf,
    /// Protects the file while it is open, and the boot in its head; held for a few writes into
    /// the operating system's memory, never over an await.
    open: Mutex<Option<(File, Vec<u8>)>>,
}

impl PresenceFile {
    pub(crate) fn new(folder: &Path) -> Self {
        Self {
            path: folder.join("presence"),
            open: Mutex::new(None),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<(File, Vec<u8>)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes rows.
    pub(crate) fn write(&self, boot: &str, rows: &[PresenceRow]) -> Result<(), Trouble> {
        let mut open = self.lock();
        let written = self.opened(&mut open).and_then(|(file, head)| {
            for row in rows.iter().filter(|row| row.heard.len() <= ROW) {
                file.write_all_at(&row.heard, offset(row.row))?;
            }
            let now = head_of(boot);
            if *head != now {
                file.write_all_at(&now, 0)?;
                *head = now;
            }
            Ok(())
        });
        if written.is_err() {
            *open = None;
        }
        written.trying("when panels were heard could not be noted", &self.path)
    }

    fn opened<'a>(
        &self,
        open: &'a mut Option<(File, Vec<u8>)>,
    ) -> io::Result<&'a mut (File, Vec<u8>)> {
        match open {
            Some(open) => Ok(open),
            none => {
                let mut options = OpenOptions::new();
                let file = options
                    .write(true)
                    .create(true)
                    .truncate(false)
                    .open(&self.path)?;
                Ok(none.insert((file, Vec::new())))
            }
        }
    }

    /// Makes it survive a power cut.
    pub(crate) fn sync(&self) -> Result<(), Trouble> {
        let open = self.lock();
        let synced = open.as_ref().map_or(Ok(()), |(file, _)| file.sync_data());
        synced.trying("when panels were heard could not be synced", &self.path)
    }

    /// What is in it; nothing, if it is not there or not ours.
    pub(crate) fn read(&self) -> Result<PresenceRows, Trouble> {
        let octets = match std::fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.trying("when panels were heard could not be read", &self.path)?,
        };
        let Some((head, rows)) = octets.split_at_checked(HEAD) else {
            return Ok(PresenceRows::default());
        };
        let Some(boot) = head.strip_prefix(MAGIC.as_slice()) else {
            return Ok(PresenceRows::default());
        };
        let boot = boot.iter().copied().take_while(|octet| *octet != 0);
        let rows = (0..).zip(rows.chunks(ROW)).map(|(row, heard)| PresenceRow {
            row,
            heard: heard.to_vec(),
        });
        Ok(PresenceRows {
            boot: String::from_utf8_lossy(&boot.collect::<Vec<u8>>()).into_owned(),
            rows: rows.collect(),
        })
    }
}

fn offset(row: u32) -> u64 {
    HEAD as u64 + u64::from(row) * ROW as u64
}

fn head_of(boot: &str) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    head.extend(boot.bytes().take(BOOT));
    head.resize(HEAD, 0);
    head
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(row: u32, octet: u8) -> PresenceRow {
        PresenceRow {
            row,
            heard: vec![octet; ROW],
        }
    }

    #[test]
    fn rows_are_found_again_by_another_process_with_the_boot_that_wrote_them() {
        let folder = tempfile::tempdir().unwrap();
        let file = PresenceFile::new(folder.path());
        assert_eq!(file.read().unwrap(), PresenceRows::default());
        file.write("boot one", &[row(0, 1), row(1, 2)]).unwrap();
        file.write("boot one", &[row(1, 3)]).unwrap();
        file.sync().unwrap();
        let found = PresenceFile::new(folder.path()).read().unwrap();
        assert_eq!(found.boot, "boot one");
        assert_eq!(found.rows, [row(0, 1), row(1, 3)]);
    }

    #[test]
    fn a_short_last_row_and_a_strange_file_do_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let file = PresenceFile::new(folder.path());
        let short = PresenceRow {
            row: 0,
            heard: vec![7; 12],
        };
        file.write("b", std::slice::from_ref(&short)).unwrap();
        assert_eq!(file.read().unwrap().rows, [short]);
        std::fs::write(folder.path().join("presence"), [0; 100]).unwrap();
        assert_eq!(file.read().unwrap(), PresenceRows::default());
    }
}
