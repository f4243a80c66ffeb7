//! The journal's writer: the only writing connection of the newest day.
//!
//! Invariant: an answer `Ok` is given after the commit has been synced, and never before (I1).
//! Invariant: `heads` moves with a commit only, so that numbers of a failed one are given again.
//! Invariant: nothing is written after a failure ([`crate::gate`]).

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use engine::ports::{AppendError, Appended, NewMessage};
use model::{Account, EventSeq, NewEvent, PathIndex, limits};
use rusqlite::{Connection, TransactionBehavior, params};

use super::blocks::Blocks;
use super::chain::{Covered, Heads, personal_digest};
use super::personal::Personal;
use super::{day_file, rows};
use crate::crew::Member;
use crate::day::Day;
use crate::error::{At, Trouble};
use crate::files::FileId;
use crate::layout::JournalDay;
use crate::shared::Shared;
use crate::sqlite::{self, Checkpoint};

/// Owns the newest day's file.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    heads: Heads,
    open: Option<OpenDay>,
}

struct OpenDay {
    day: Day,
    path: PathBuf,
    conn: Connection,
    /// What is listed in `origins` already, as far as it is remembered.
    listed: HashSet<(PathIndex, Account)>,
    /// Pages of the write-ahead log that the last checkpoint could not carry over.
    stuck: u64,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, heads: Heads) -> Self {
        Self {
            shared,
            heads,
            open: None,
        }
    }

    /// Stores a batch in one synced transaction.
    pub(crate) fn append(&mut self, batch: Vec<NewMessage>) -> Result<Appended, AppendError> {
        if batch.is_empty() {
            return Ok(Appended {
                first_seqs: Vec::new(),
                head: self.heads.seq(),
            });
        }
        if batch.iter().any(|message| message.events.is_empty()) {
            return Err(AppendError::Failed {
                path: self.shared.folder.display().to_string(),
                cause: "a message without events was to be stored".to_owned(),
            });
        }
        self.guarded(|writer| writer.store(batch))
    }

    /// Commits and syncs a row of no meaning.
    pub(crate) fn probe(&mut self) -> Result<(), AppendError> {
        self.guarded(|writer| {
            let day = writer.today()?;
            let probed = day.conn.execute("UPDATE meta SET probes = probes + 1", []);
            probed.map(drop).at(&day.path)
        })
    }

    /// Every write passes here: the gate, the clock, and what a failure means.
    fn guarded<R>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<R, Trouble>,
    ) -> Result<R, AppendError> {
        self.shared.gate.admit()?;
        let started = self.shared.clock.now().mono;
        let written = write(self);
        let ended = self.shared.clock.now().mono;
        match written {
            Ok(answer) => {
                self.shared.figures.journal.commit(ended.since(started));
                Ok(answer)
            }
            Err(trouble) => {
                let trouble = self.settled(trouble);
                Err(self.shared.gate.trouble(&trouble))
            }
        }
    }

    /// Lack of space can be waited for only if the transaction has been rolled back.
    fn settled(&self, trouble: Trouble) -> Trouble {
        let Some(open) = &self.open else {
            return trouble;
        };
        if open.conn.is_autocommit() {
            return trouble;
        }
        match open.conn.execute_batch("ROLLBACK") {
            Ok(()) => trouble,
            Err(source) => Trouble::Sql {
                path: open.path.clone(),
                source,
            },
        }
    }

    fn store(&mut self, batch: Vec<NewMessage>) -> Result<Appended, Trouble> {
        let mut heads = self.heads;
        let day = self.today()?;
        let stored = day.store(&batch, &mut heads);
        let (first_seqs, listed) = stored?;
        if day.listed.len() + listed.len() > limits::ORIGINS_REMEMBERED {
            day.listed.clear();
        }
        day.listed.extend(listed);
        self.heads = heads;
        let events = batch.iter().map(|message| message.events.len()).sum();
        self.shared.figures.appended(events);
        // I3: synced, and not told yet.
        let now = self.shared.clock.now().mono;
        self.shared.tail.push(batch, &first_seqs, now);
        self.shared.publish(&heads);
        Ok(Appended {
            first_seqs,
            head: heads.seq(),
        })
    }

    /// The file to append to, begun if the day is new.
    fn today(&mut self) -> Result<&mut OpenDay, Trouble> {
        let newest = self.shared.layouts.current().newest();
        let today = Day::of(self.shared.clock.now().wall);
        let day = newest.map_or(today, |newest| newest.max(today));
        if self.open.as_ref().is_none_or(|open| open.day != day) {
            self.turn_to(day)?;
        }
        Ok(self.open.as_mut().expect("turned to just now"))
    }

    fn turn_to(&mut self, day: Day) -> Result<(), Trouble> {
        let shared = &self.shared;
        let path = FileId::Day(day).path(&shared.folder);
        let conn = day_file::open(&shared.folder, day, &self.heads, shared.synchronous)?;
        let first = day_file::first_seq(&conn).at(&path)?.unwrap_or(1);
        shared.layouts.change(|layout| {
            if layout.newest() != Some(day) {
                layout.days.push(JournalDay { day, first });
            }
        });
        let before = self.open.replace(OpenDay {
            day,
            path,
            conn,
            listed: HashSet::new(),
            stuck: 0,
        });
        // Never wait for readers here: what they keep from being carried over stays in the old
        // day's log until the next start.
        if let Some(before) = before {
            sqlite::checkpoint(&before.conn, Checkpoint::Passive).at(&before.path)?;
        }
        Ok(())
    }

    fn carry_over(&mut self) -> Result<(), Trouble> {
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        let waiting = sqlite::checkpoint(&open.conn, Checkpoint::Look).at(&open.path)?;
        if (waiting.saturating_sub(open.stuck)) * sqlite::PAGE_OCTETS < limits::WAL_CHECKPOINT {
            return Ok(());
        }
        open.stuck = sqlite::checkpoint(&open.conn, Checkpoint::Passive).at(&open.path)?;
        Ok(())
    }
}

impl Member for Writer {
    fn afterwards(&mut self) {
        if self.shared.gate.admit_state().is_err() {
            return;
        }
        if let Err(trouble) = self.carry_over() {
            // What was answered stands: it is synced in the log. What follows is refused.
            self.shared.gate.trouble(&trouble);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let Some(open) = self.open.take() else {
            return;
        };
        if self.shared.gate.vouches().is_err() {
            sqlite::abandon(open.conn);
            return;
        }
        if let Err(error) = sqlite::checkpoint(&open.conn, Checkpoint::Truncate) {
            tracing::warn!(file = %open.path.display(), %error, "the log is left for the next start");
            sqlite::abandon(open.conn);
        }
    }
}

type Listed = Vec<(PathIndex, Account)>;

impl OpenDay {
    fn store(
        &mut self,
        batch: &[NewMessage],
        heads: &mut Heads,
    ) -> Result<(Vec<EventSeq>, Listed), Trouble> {
        let before = *heads;
        let mut transaction = Transaction {
            tx: self
                .conn
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .at(&self.path)?,
            next: heads.seq().next().0,
            heads,
            listed: &self.listed,
            newly: Vec::new(),
            blocks: Blocks::default(),
            buffer: Vec::with_capacity(512),
        };
        let mut first_seqs = Vec::with_capacity(batch.len());
        for message in batch {
            first_seqs.push(EventSeq(transaction.next));
            transaction.message(message).at(&self.path)?;
        }
        transaction.blocks.write(&transaction.tx).at(&self.path)?;
        day_file::move_heads(&transaction.tx, &before, transaction.heads).at(&self.path)?;
        transaction.tx.commit().at(&self.path)?;
        Ok((first_seqs, transaction.newly))
    }
}

struct Transaction<'a> {
    tx: rusqlite::Transaction<'a>,
    next: u64,
    heads: &'a mut Heads,
    listed: &'a HashSet<(PathIndex, Account)>,
    newly: Listed,
    blocks: Blocks,
    buffer: Vec<u8>,
}

impl Transaction<'_> {
    fn message(&mut self, message: &NewMessage) -> rusqlite::Result<()> {
        let first = self.next;
        for event in &message.events {
            self.event(event, first)?;
        }
        Ok(())
    }

    fn event(&mut self, event: &NewEvent, message_seq: u64) -> rusqlite::Result<()> {
        let retention = event.class.retention();
        let link = self.heads.of_mut(retention);
        let personal = Personal::of(event);
        let covered = Covered {
            no: link.no + 1,
            seq: self.next,
            message_seq,
            retention,
            body: event,
            repeat_key: event.message.as_ref().map(|message| &message.key.0),
            personal: personal.as_ref().map(personal_digest),
        };
        let hash = covered.link(&link.hash, &mut self.buffer);
        rows::insert(&self.tx, &covered, &hash, personal.as_ref())?;
        link.no += 1;
        link.hash = hash;
        link.seq = self.next;
        self.blocks.note(self.next, event);
        self.next += 1;
        self.list(event)
    }

    fn list(&mut self, event: &NewEvent) -> rusqlite::Result<()> {
        let origin = (event.path, event.account);
        if self.listed.contains(&origin) || self.newly.last() == Some(&origin) {
            return Ok(());
        }
        self.newly.push(origin);
        let mut list = self.tx.prepare_cached(
            "INSERT OR IGNORE INTO origins (path, account, panel) VALUES (?1, ?2, ?3)",
        )?;
        let listed = list.execute(params![
            event.path.0,
            event.account.as_str(),
            event.panel.as_bytes()
        ]);
        listed.map(drop)
    }
}
