//! The store as the rest of the house holds it.
//!
//! Invariant: clones are one store; its threads end when it is closed, or with the last clone.

use std::fmt;
use std::sync::{Arc, Once};

use engine::ports::AppendError;
use model::{Wall, limits};

use crate::crew::{Crew, Gone, Member};
use crate::error::{OpenError, Trouble, Trying};
use crate::journal::writer::Writer;
use crate::open;
use crate::retention::{Keeper, Retained, Retention};
use crate::settings::Settings;
use crate::shared::Shared;
use crate::state::writer::StateWriter;

/// A thread that answers queries; what it reads with, it leases.
pub(crate) struct Reader {
    pub(crate) shared: Arc<Shared>,
}

impl Member for Reader {}

/// The durable store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) journal: Crew<Writer>,
    pub(crate) state: Crew<StateWriter>,
    pub(crate) repeats: Crew<Reader>,
    pub(crate) readers: Crew<Reader>,
    keeper: Crew<Keeper>,
    closed: Once,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("folder", &self.inner.shared.folder)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store of a data folder, or makes it there. Blocks while files are brought to
    /// our format, logs of an earlier life are carried over, and a probe is written.
    ///
    /// What cannot be written but can be read is opened all the same: then every append fails,
    /// and [`engine::ports::Health`] says why.
    ///
    /// # Errors
    ///
    /// When it cannot even be read.
    pub fn open(settings: Settings) -> Result<Self, OpenError> {
        let opened = open::open(settings)?;
        Self::start(opened).map_err(Trouble::into_open)
    }

    fn start(opened: open::Opened) -> Result<Self, Trouble> {
        let shared = opened.shared;
        let folder = shared.folder.clone();
        let reader = || Reader {
            shared: Arc::clone(&shared),
        };
        let what = "a thread could not be started";
        let journal = vec![opened.journal];
        let readers = std::iter::repeat_with(reader).take(limits::READERS);
        let keeper = vec![Keeper::new(Arc::clone(&shared))];
        let inner = Inner {
            journal: Crew::start("journal", limits::JOURNAL_QUEUE, journal)
                .trying(what, &folder)?,
            state: Crew::start("state", limits::STATE_QUEUE, vec![opened.state])
                .trying(what, &folder)?,
            repeats: Crew::start("repeats", limits::READER_QUEUE, vec![reader()])
                .trying(what, &folder)?,
            readers: Crew::start("reader", limits::READER_QUEUE, readers.collect())
                .trying(what, &folder)?,
            keeper: Crew::start("archive", 1, keeper).trying(what, &folder)?,
            shared,
            closed: Once::new(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// Lets go of what has been kept long enough at `now`. May be called as often as one likes;
    /// what was begun and not ended by an earlier run is ended by this one.
    ///
    /// # Errors
    ///
    /// When there was no room for it, or something could not be read or written.
    pub async fn retain(&self, now: Wall, retention: Retention) -> Result<Retained, AppendError> {
        let done = self
            .inner
            .keeper
            .call(move |keeper| keeper.retain(now, retention));
        done.await
            .unwrap_or_else(|gone| Err(self.inner.closed_append(gone)))
    }

    /// Ends the store: what waits is done, logs are carried into their files, and everything is
    /// closed. Blocks meanwhile. Whatever is asked of any clone afterwards fails. Dropping the
    /// last clone does the same.
    pub fn close(&self) {
        self.inner.close();
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }
}

impl Inner {
    fn close(&self) {
        // Once: after it, the folder may be another process's.
        self.closed.call_once(|| self.end());
    }

    fn end(&self) {
        // Readers first, so that the writers are the last to close their files and leave no logs.
        self.readers.dismiss();
        self.repeats.dismiss();
        self.keeper.dismiss();
        self.shared.files.forget_all();
        self.journal.dismiss();
        self.state.dismiss();
        open::tidy(&self.shared);
    }

    pub(crate) fn closed(&self, _: Gone) -> Trouble {
        Trouble::Closed {
            path: self.shared.folder.clone(),
            cause: "the store is closed".to_owned(),
        }
    }

    pub(crate) fn closed_append(&self, gone: Gone) -> AppendError {
        let closed = self.closed(gone);
        AppendError::Failed {
            path: closed.path().display().to_string(),
            cause: closed.to_string(),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}
