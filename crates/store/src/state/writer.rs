//! The writer of the state file, and how a change is made.
//!
//! Invariant: a change is one transaction, answered after it has been synced, or nothing.
//! Invariant: nothing is written once the gate has closed for good.

use std::path::PathBuf;
use std::sync::Arc;

use engine::ports::AddError;
use model::{Actor, IdSource, OrganisationId, SiteId, Wall};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use super::audit;
use crate::crew::Member;
use crate::error::{At, Trouble};
use crate::files::FileId;
use crate::shared::Shared;
use crate::sqlite::{self, Checkpoint};

/// Write-ahead log, in pages, that is carried into the file as soon as a change leaves so many:
/// 4 MiB. Nobody waits for it.
const WAL_PAGES: u64 = 1_024;

/// Owns the only writing connection of the state file, and the source of ids.
pub(crate) struct StateWriter {
    shared: Arc<Shared>,
    ids: IdSource,
    path: PathBuf,
    conn: Option<Connection>,
    stuck: u64,
}

impl StateWriter {
    pub(crate) fn new(shared: Arc<Shared>, ids: IdSource) -> Self {
        Self {
            path: FileId::State.path(&shared.folder),
            shared,
            ids,
            conn: None,
            stuck: 0,
        }
    }

    /// Makes the one organisation and the one site that there are from the start.
    pub(crate) fn found(&mut self, at: Wall) -> Result<(), AddError> {
        self.change(|tx, ids| {
            let none = !tx.prepare("SELECT 1 FROM organisation")?.exists([])?;
            if none {
                insert_defaults(tx, ids, at)?;
            }
            Ok(())
        })
    }

    /// Makes a change in one transaction. If space runs out it is tried once more, on the room
    /// of the ballast.
    pub(crate) fn change<R>(
        &mut self,
        mut change: impl FnMut(&Transaction<'_>, &mut IdSource) -> rusqlite::Result<R>,
    ) -> Result<R, AddError> {
        let answer = match self.attempt(&mut change) {
            Err(trouble) if trouble.is_full() => {
                self.shared.gate.trouble(&trouble);
                self.attempt(&mut change)
            }
            answer => answer,
        };
        answer.map_err(|trouble| {
            let full = trouble.is_full();
            if full || trouble.may_have_lost_a_write() {
                self.shared.gate.trouble(&trouble);
            }
            trouble.into_add(full)
        })
    }

    fn attempt<R>(
        &mut self,
        change: &mut impl FnMut(&Transaction<'_>, &mut IdSource) -> rusqlite::Result<R>,
    ) -> Result<R, Trouble> {
        self.shared.gate.admit_state()?;
        let started = self.shared.clock.now().mono;
        let conn = match &mut self.conn {
            Some(conn) => conn,
            none => {
                let conn = sqlite::open_writer(&self.path, self.shared.synchronous);
                none.insert(conn.at(&self.path)?)
            }
        };
        let done = conn
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .and_then(|tx| {
                let answer = change(&tx, &mut self.ids)?;
                tx.commit()?;
                Ok(answer)
            });
        let ended = self.shared.clock.now().mono;
        if done.is_ok() {
            self.shared.figures.state.commit(ended.since(started));
        }
        done.at(&self.path)
    }

    fn carry_over(&mut self) -> Result<(), Trouble> {
        let Some(conn) = &self.conn else {
            return Ok(());
        };
        let waiting = sqlite::checkpoint(conn, Checkpoint::Look).at(&self.path)?;
        if waiting.saturating_sub(self.stuck) >= WAL_PAGES {
            self.stuck = sqlite::checkpoint(conn, Checkpoint::Passive).at(&self.path)?;
        }
        Ok(())
    }
}

impl Member for StateWriter {
    fn afterwards(&mut self) {
        if self.shared.gate.admit_state().is_err() {
            return;
        }
        if let Err(trouble) = self.carry_over() {
            self.shared.gate.trouble(&trouble);
        }
    }
}

impl Drop for StateWriter {
    fn drop(&mut self) {
        let failed = self.shared.gate.vouches().is_err();
        if let Some(conn) = self.conn.take().filter(|_| failed) {
            sqlite::abandon(conn);
        }
    }
}

fn insert_defaults(tx: &Connection, ids: &mut IdSource, at: Wall) -> rusqlite::Result<()> {
    let organisation: OrganisationId = ids.make();
    let site: SiteId = ids.make();
    tx.execute(
        "INSERT INTO organisation (id, name) VALUES (?1, 'Default')",
        [organisation.as_bytes()],
    )?;
    tx.execute(
        "INSERT INTO site (id, organisation, name, time_zone) VALUES (?1, ?2, ?3, 'UTC')",
        params![site.as_bytes(), organisation.as_bytes(), "Default site"],
    )?;
    let mut entry = audit::Entry {
        action: "organisation.add",
        organisation: Some(organisation),
        site: None,
        subject: organisation.to_string(),
        detail: &[("name", Some("Default"))],
    };
    audit::record(tx, at, &Actor::system(), &entry)?;
    entry.action = "site.add";
    entry.site = Some(site);
    entry.subject = site.to_string();
    entry.detail = &[("name", Some("Default site")), ("time_zone", Some("UTC"))];
    audit::record(tx, at, &Actor::system(), &entry)
}
