//! How the store comes up.
//!
//! ```text
//!   prepare (writing)   make or migrate each file, carry over and empty each log
//!       │ fails: the gate closes, go on with reading only
//!   survey (reading)    which numbers lie where, where the chains stand
//!   ballast, defaults, a probe: each may close the gate, none keeps us from reading
//! ```
//!
//! Invariant: nothing is answered before every log of an earlier life has been carried into its
//! file and synced, or the gate has closed ([`crate::sqlite`] says why).
//! Invariant: numbering goes on behind what the journal holds **and** behind what the state file
//! says that it held: if a tail was cut off, its numbers stay a gap that shows, and are not given
//! to other events.

use std::path::Path;
use std::sync::Arc;

use crate::archive;
use crate::day::Day;
use crate::disk;
use crate::error::{At, OpenError, Trouble, Trying};
use crate::files::{FileId, days_on_disk, journal_folder};
use crate::gate::Gate;
use crate::journal::chain::Heads;
use crate::journal::day_file;
use crate::journal::writer::Writer;
use crate::layout::{JournalDay, Layout, Layouts};
use crate::retention;
use crate::settings::{Settings, Synchronous};
use crate::shared::Shared;
use crate::sqlite::{self, Checkpoint};
use crate::state::states;
use crate::state::writer::StateWriter;

/// What is there once the store is up.
pub(crate) struct Opened {
    pub(crate) shared: Arc<Shared>,
    pub(crate) journal: Writer,
    pub(crate) state: StateWriter,
}

/// Brings the store up.
pub(crate) fn open(settings: Settings) -> Result<Opened, OpenError> {
    sqlite::check_version()?;
    let gate = Gate::new(&settings.folder, settings.ballast_bytes);
    let mut shared = Shared::new(
        settings.folder,
        settings.synchronous,
        settings.clock,
        settings.sealer,
        gate,
    );
    let prepared = prepare_or_close(&shared);
    let (layout, heads) = match (survey(&shared), prepared) {
        (Ok(surveyed), _) => surveyed,
        // Why it could not be written says more than why it could not be read.
        (Err(_), Err(trouble)) | (Err(trouble), Ok(())) => return Err(trouble.into_open()),
    };
    shared.layouts = Layouts::new(layout);
    shared.publish(&heads);
    let shared = Arc::new(shared);
    let mut journal = Writer::new(Arc::clone(&shared), heads);
    let mut state = StateWriter::new(Arc::clone(&shared), settings.ids);
    if shared.gate.vouches().is_ok() {
        settle(&shared, &mut journal, &mut state);
    }
    Ok(Opened {
        shared,
        journal,
        state,
    })
}

/// What needs a writable disk: whatever fails here has closed the gate, or left it full.
fn settle(shared: &Shared, journal: &mut Writer, state: &mut StateWriter) {
    if let Err(trouble) = retention::finish_removals(shared) {
        shared.gate.trouble(&trouble);
    }
    shared.gate.settle();
    if let Err(error) = state.found(shared.clock.now().wall) {
        tracing::error!(%error, "the default organisation could not be made");
    }
    if let Err(error) = journal.probe() {
        tracing::error!(%error, "the store is open for reading only");
    }
}

fn prepare_or_close(shared: &Shared) -> Result<(), Trouble> {
    let prepared = match prepare(shared) {
        Err(trouble) if trouble.is_full() => {
            // Frees the ballast: with its room it may go.
            shared.gate.trouble(&trouble);
            prepare(shared)
        }
        prepared => prepared,
    };
    match prepared {
        Ok(()) => Ok(()),
        Err(trouble @ Trouble::TooNew { .. }) => Err(trouble),
        Err(trouble) => {
            shared.gate.close(&trouble);
            Err(trouble)
        }
    }
}

/// Makes what is missing, brings the rest to our format, and empties every log.
fn prepare(shared: &Shared) -> Result<(), Trouble> {
    let journal = journal_folder(&shared.folder);
    if !journal.is_dir() {
        std::fs::create_dir(&journal)
            .and_then(|()| disk::sync_folder(&shared.folder))
            .trying("the folder could not be made", &journal)?;
    }
    for file in [FileId::State, FileId::Archive] {
        prepare_file(&shared.folder, file, shared.synchronous)?;
    }
    for day in listed(&shared.folder)? {
        prepare_file(&shared.folder, FileId::Day(day), shared.synchronous)?;
    }
    let synced = disk::sync_folder(&shared.folder);
    synced.trying("the folder could not be synced", &shared.folder)
}

fn prepare_file(folder: &Path, file: FileId, synchronous: Synchronous) -> Result<(), Trouble> {
    let path = file.path(folder);
    let mut conn = sqlite::open_writer(&path, synchronous).at(&path)?;
    file.kind().bring_up(&mut conn, &path)?;
    if matches!(file, FileId::Day(_)) && day_file::first_seq(&conn).at(&path)?.is_none() {
        // What a crash left of beginning a day: it holds nothing, and is begun again if need be.
        drop(conn);
        let removed = disk::remove(&path);
        return removed.trying("a day that was never begun could not be removed", &path);
    }
    let left = sqlite::checkpoint(&conn, Checkpoint::Truncate).at(&path)?;
    if left > 0 || disk::size(&sqlite::wal_of(&path)) > 0 {
        return Err(Trouble::Closed {
            path,
            cause: "another process reads the file and keeps its log from being carried over"
                .to_owned(),
        });
    }
    Ok(())
}

/// Removes the logs that readers leave beside files, so that a store that was closed is its
/// files and nothing else. Not required for correctness.
pub(crate) fn tidy(shared: &Shared) {
    if shared.gate.vouches().is_err() {
        return;
    }
    let days = shared.layouts.current().days.clone();
    let days = days.into_iter().map(|day| FileId::Day(day.day));
    for file in days.chain([FileId::State, FileId::Archive]) {
        let path = file.path(&shared.folder);
        if !path.exists() || !sqlite::wal_of(&path).exists() {
            continue;
        }
        // The last connection that may write removes the log as it closes.
        if let Err(error) = sqlite::open_writer(&path, shared.synchronous) {
            tracing::warn!(file = %path.display(), %error, "a log is left beside its file");
        }
    }
}

fn listed(folder: &Path) -> Result<Vec<Day>, Trouble> {
    let journal = journal_folder(folder);
    days_on_disk(folder).trying("the day files could not be listed", &journal)
}

/// Which numbers lie where, and where the chains stand.
fn survey(shared: &Shared) -> Result<(Layout, Heads), Trouble> {
    let files = &shared.files;
    let mut layout = Layout::default();
    let mut heads = {
        let archive = files.lease(FileId::Archive)?;
        FileId::Archive.kind().check(&archive, archive.path())?;
        layout.archived = archive::days(&archive).at(archive.path())?;
        archive::heads(&archive).at(archive.path())?
    };
    for day in listed(&shared.folder)? {
        if layout.archived.iter().any(|archived| archived.day == day) {
            continue;
        }
        let conn = files.lease(FileId::Day(day))?;
        FileId::Day(day).kind().check(&conn, conn.path())?;
        let Some(first) = day_file::first_seq(&conn).at(conn.path())? else {
            continue;
        };
        layout.days.push(JournalDay { day, first });
        let (_, stands) = day_file::chains(&conn).at(conn.path())?;
        heads = heads.furthest(&stands);
    }
    let state = files.lease(FileId::State)?;
    FileId::State.kind().check(&state, state.path())?;
    let anchored = states::anchored(&state).at(state.path())?;
    let furthest = heads.furthest(&anchored);
    if furthest != heads {
        tracing::error!(
            journal = heads.seq().0,
            anchored = furthest.seq().0,
            "events are missing at the end of the journal: run `watchfire verify`"
        );
    }
    Ok((layout, furthest))
}
