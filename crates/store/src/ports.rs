//! The engine's ports, on the store.
//!
//! Invariant: nothing here decides; each operation is handed to the thread that owns what it
//! needs, and its answer handed back.

mod condition;
mod strays;
mod trust;
mod verdicts;

use std::sync::Arc;

use engine::ports::{
    AddError, Answering, AppendError, Appended, ChangeError, EventFilter, EventLog, EventPage,
    KnownPartitions, NewMessage, NewPanel, NewPath, PanelDetail, PanelFilter, PanelPage,
    PathBinding, PathChange, PresenceRow, Projection, ReadError, Registry, RepeatQuery, Resumed,
    Sealer, SettingChange, Spells, States, StoredMessage, SupervisionChange, SupervisionStore,
    TokenRow, Tokens, WatchedPath,
};
use engine::supervision::{Group, Served};
use model::{
    Actor, Event, EventSeq, IdSource, Learned, Organisation, Panel, PanelId, PanelIndex, Path,
    PathId, PathIndex, Site, Wall, limits,
};
use rusqlite::Transaction;

use crate::crew::Crew;
use crate::error::{At, Trouble};
use crate::files::{FileId, Lease};
use crate::journal::{repeats, scan};
use crate::shared::Shared;
use crate::state::paths::{self, Deed};
use crate::state::{audit, bindings, panels, read, states, supervision, tokens};
use crate::store::{Inner, Reader, Store};

impl Inner {
    async fn read<R: Send + 'static>(
        &self,
        crew: &Crew<Reader>,
        job: impl FnOnce(&Shared) -> Result<R, Trouble> + Send + 'static,
    ) -> Result<R, ReadError> {
        let answer = crew.call(move |reader| job(&reader.shared)).await;
        let answer = answer.unwrap_or_else(|gone| Err(self.closed(gone)));
        answer.map_err(Trouble::into_read)
    }

    /// Makes a change of the state file, which is handed what seals secrets.
    async fn change<R: Send + 'static>(
        &self,
        mut change: impl FnMut(&Transaction<'_>, &mut IdSource, &dyn Sealer) -> rusqlite::Result<R>
        + Send
        + 'static,
    ) -> Result<R, AddError> {
        let sealer = Arc::clone(&self.shared.sealer);
        let answer = self
            .state
            .call(move |writer| writer.change(|tx, ids| change(tx, ids, &*sealer)));
        answer
            .await
            .unwrap_or_else(|gone| Err(self.closed(gone).into_add(false)))
    }

    async fn read_state<R: Send + 'static>(
        &self,
        job: impl FnOnce(&Lease<'_>) -> Result<R, Trouble> + Send + 'static,
    ) -> Result<R, ReadError> {
        let read = move |shared: &Shared| job(&shared.files.lease(FileId::State)?);
        self.read(&self.readers, read).await
    }
}

impl EventLog for Store {
    fn append(&self, batch: Vec<NewMessage>) -> Answering<'_, Result<Appended, AppendError>> {
        Box::pin(async move {
            let inner = self.inner();
            let answer = inner.journal.call(move |writer| writer.append(batch));
            answer
                .await
                .unwrap_or_else(|gone| Err(inner.closed_append(gone)))
        })
    }

    fn probe(&self) -> Answering<'_, Result<(), AppendError>> {
        Box::pin(async move {
            let inner = self.inner();
            let answer = inner.journal.call(crate::journal::writer::Writer::probe);
            answer
                .await
                .unwrap_or_else(|gone| Err(inner.closed_append(gone)))
        })
    }

    fn find_repeats(
        &self,
        queries: Vec<RepeatQuery>,
    ) -> Answering<'_, Result<Vec<Option<StoredMessage>>, ReadError>> {
        let find = move |shared: &Shared| {
            shared.gate.vouches()?;
            scan::on_layout(&shared.layouts, |layout| {
                repeats::find(&shared.files, layout, &queries)
            })
        };
        Box::pin(self.inner().read(&self.inner().repeats, find))
    }

    fn latest_by_path(&self, since: Wall) -> Answering<'_, Result<Vec<StoredMessage>, ReadError>> {
        let latest = move |shared: &Shared| {
            shared.gate.vouches()?;
            scan::on_layout(&shared.layouts, |layout| {
                repeats::latest(&shared.files, layout, since)
            })
        };
        Box::pin(self.inner().read(&self.inner().repeats, latest))
    }

    fn events(
        &self,
        filter: EventFilter,
        cursor: Option<EventSeq>,
        newest_first: bool,
        limit: usize,
    ) -> Answering<'_, Result<EventPage, ReadError>> {
        let query = scan::PageQuery {
            filter,
            cursor,
            newest_first,
            limit,
        };
        let shared = &self.inner().shared;
        if let Some(page) = shared.tail.page(&query, shared.clock.now().mono) {
            return Box::pin(std::future::ready(Ok(page)));
        }
        let page = move |shared: &Shared| {
            scan::on_layout(&shared.layouts, |layout| {
                scan::page(&shared.files, layout, &query)
            })
        };
        Box::pin(self.inner().read(&self.inner().readers, page))
    }

    fn event(&self, seq: EventSeq) -> Answering<'_, Result<Option<Event>, ReadError>> {
        let event = move |shared: &Shared| {
            scan::on_layout(&shared.layouts, |layout| {
                scan::event(&shared.files, layout, seq)
            })
        };
        Box::pin(self.inner().read(&self.inner().readers, event))
    }

    fn head(&self) -> EventSeq {
        self.inner().shared.head()
    }
}

impl Registry for Store {
    fn bindings(&self) -> Answering<'_, Result<Vec<PathBinding>, ReadError>> {
        let sealer = Arc::clone(&self.inner().shared.sealer);
        let all = move |conn: &Lease<'_>| bindings::all(conn, &*sealer);
        Box::pin(self.inner().read_state(all))
    }

    fn add_panels(
        &self,
        actor: Actor,
        at: Wall,
        panels: Vec<NewPanel>,
    ) -> Answering<'_, Vec<Result<Panel, AddError>>> {
        Box::pin(async move {
            let inner = self.inner();
            let mut answers = Vec::with_capacity(panels.len());
            for chunk in panels.chunks(limits::STATE_BATCH) {
                let (actor, chunk) = (actor.clone(), chunk.to_vec());
                let added = inner.change(move |tx, ids, sealer| {
                    let deed = Deed { actor: &actor, at };
                    panels::add(tx, ids, sealer, deed, &chunk)
                });
                match added.await {
                    Ok(added) => answers.extend(added),
                    Err(error) => {
                        let rest = panels.len() - answers.len();
                        answers.extend(std::iter::repeat_n(Err(error), rest));
                        break;
                    }
                }
            }
            answers
        })
    }

    fn add_path(
        &self,
        actor: Actor,
        at: Wall,
        panel: PanelId,
        path: NewPath,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        Box::pin(async move {
            let added = self.inner().change(move |tx, ids, sealer| {
                let deed = Deed { actor: &actor, at };
                paths::add(tx, ids, sealer, deed, panel, &path)
            });
            added.await?
        })
    }

    fn change_path(
        &self,
        actor: Actor,
        at: Wall,
        path: PathId,
        change: PathChange,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        Box::pin(async move {
            let changed = self.inner().change(move |tx, _, sealer| {
                let deed = Deed { actor: &actor, at };
                paths::change(tx, sealer, deed, path, &change)
            });
            changed.await?
        })
    }

    fn remove_path(
        &self,
        actor: Actor,
        at: Wall,
        path: PathId,
    ) -> Answering<'_, Result<Path, ChangeError>> {
        Box::pin(async move {
            let removed = self.inner().change(move |tx, _, sealer| {
                let deed = Deed { actor: &actor, at };
                paths::remove(tx, sealer, deed, path)
            });
            removed.await?
        })
    }

    fn relearn(
        &self,
        actor: Actor,
        at: Wall,
        path: PathId,
    ) -> Answering<'_, Result<PathBinding, ChangeError>> {
        Box::pin(async move {
            let changed = self.inner().change(move |tx, _, sealer| {
                let deed = Deed { actor: &actor, at };
                paths::relearn(tx, sealer, deed, path)
            });
            changed.await?
        })
    }

    fn learn(&self, batch: Vec<(PathIndex, Learned)>) -> Answering<'_, Result<(), AddError>> {
        let learn =
            move |tx: &Transaction<'_>, _: &mut IdSource, _: &dyn Sealer| paths::learn(tx, &batch);
        Box::pin(self.inner().change(learn))
    }

    fn panels(
        &self,
        filter: PanelFilter,
        cursor: Option<PanelIndex>,
        limit: usize,
    ) -> Answering<'_, Result<PanelPage, ReadError>> {
        let panels = move |conn: &Lease<'_>| read::panels(conn, &filter, cursor, limit);
        Box::pin(self.inner().read_state(panels))
    }

    fn panel(&self, id: PanelId) -> Answering<'_, Result<Option<PanelDetail>, ReadError>> {
        let sealer = Arc::clone(&self.inner().shared.sealer);
        let panel = move |conn: &Lease<'_>| read::panel(conn, &*sealer, id);
        Box::pin(self.inner().read_state(panel))
    }

    fn organisations(&self) -> Answering<'_, Result<Vec<Organisation>, ReadError>> {
        Box::pin(self.inner().read_state(read::organisations))
    }

    fn sites(&self) -> Answering<'_, Result<Vec<Site>, ReadError>> {
        Box::pin(self.inner().read_state(read::sites))
    }

    fn audit(
        &self,
        actor: Actor,
        at: Wall,
        action: &'static str,
        subject: String,
    ) -> Answering<'_, Result<(), AddError>> {
        Box::pin(async move {
            let recorded = self.inner().change(move |tx, _, _| {
                let entry = audit::Entry {
                    action,
                    organisation: None,
                    site: None,
                    subject: subject.clone(),
                    detail: &[],
                };
                audit::record(tx, at, &actor, &entry)
            });
            recorded.await
        })
    }
}

impl States for Store {
    fn cursor(&self) -> Answering<'_, Result<EventSeq, ReadError>> {
        let cursor = |conn: &Lease<'_>| states::cursor(conn).at(conn.path());
        Box::pin(self.inner().read_state(cursor))
    }

    fn partitions(
        &self,
        panels: Vec<PanelId>,
    ) -> Answering<'_, Result<Vec<KnownPartitions>, ReadError>> {
        let known = move |conn: &Lease<'_>| states::partitions(conn, &panels);
        Box::pin(self.inner().read_state(known))
    }

    fn project(&self, projection: Projection) -> Answering<'_, Result<(), AddError>> {
        Box::pin(async move {
            let inner = self.inner();
            // Committed before this, so never behind what the projection has read.
            let heads = inner.shared.heads();
            let projected = inner.change(move |tx, _, _| states::project(tx, &projection, &heads));
            projected.await
        })
    }
}

impl Tokens for Store {
    fn tokens(&self) -> Answering<'_, Result<Vec<TokenRow>, ReadError>> {
        let all = |conn: &Lease<'_>| tokens::all(conn).at(conn.path());
        Box::pin(self.inner().read_state(all))
    }

    fn put_token(&self, actor: Actor, token: TokenRow) -> Answering<'_, Result<(), AddError>> {
        Box::pin(async move {
            let inner = self.inner();
            let put = inner.change(move |tx, _, _| tokens::put(tx, &actor, &token));
            put.await
        })
    }
}

impl SupervisionStore for Store {
    fn watched(
        &self,
        after: Option<PathIndex>,
    ) -> Answering<'_, Result<Vec<WatchedPath>, ReadError>> {
        let watched = move |conn: &Lease<'_>| supervision::watched(conn, after);
        Box::pin(self.inner().read_state(watched))
    }

    fn watched_panel(&self, panel: PanelId) -> Answering<'_, Result<Vec<WatchedPath>, ReadError>> {
        let watched = move |conn: &Lease<'_>| supervision::watched_panel(conn, panel);
        Box::pin(self.inner().read_state(watched))
    }

    fn set_supervision(
        &self,
        actor: Actor,
        at: Wall,
        changes: Vec<SettingChange>,
    ) -> Answering<'_, Result<(), AddError>> {
        Box::pin(async move {
            for chunk in changes.chunks(limits::STATE_BATCH) {
                let (actor, chunk) = (actor.clone(), chunk.to_vec());
                let set = self.inner().change(move |tx, _, _| {
                    let deed = Deed { actor: &actor, at };
                    supervision::set(tx, deed, &chunk)
                });
                set.await?;
            }
            Ok(())
        })
    }

    fn resume(&self) -> Answering<'_, Result<Resumed, ReadError>> {
        let resume = |shared: &Shared| {
            let conn = shared.files.lease(FileId::State)?;
            let house = supervision::house(&conn)?;
            let day = limits::INCIDENTS_KEPT.as_millis();
            let day = u64::try_from(day).unwrap_or(u64::MAX);
            let served = house.as_ref().map_or(0, |house| house.served.0);
            Ok(Resumed {
                losses: supervision::losses(&conn, Served(served.saturating_sub(day)))?,
                house,
                presence: shared.presence.read()?,
                faults: supervision::open_faults(&conn)?,
                tests: supervision::tests(&conn)?,
            })
        };
        Box::pin(self.inner().read(&self.inner().readers, resume))
    }

    fn sketch(&self, boot: &str, rows: &[PresenceRow]) -> Result<(), AddError> {
        let presence = &self.inner().shared.presence;
        presence.write(boot, rows).map_err(|trouble| {
            let full = trouble.is_full();
            trouble.into_add(full)
        })
    }

    fn keep(&self, change: SupervisionChange) -> Answering<'_, Result<(), AddError>> {
        Box::pin(async move {
            let synced = if change.house.clean {
                self.inner().shared.presence.sync()
            } else {
                Ok(())
            };
            synced.map_err(|trouble| trouble.into_add(false))?;
            let kept = self
                .inner()
                .change(move |tx, _, _| supervision::keep(tx, &change));
            kept.await
        })
    }

    fn lost_between(
        &self,
        group: Group,
        told: (Served, Served),
        after: Option<PanelIndex>,
        limit: usize,
    ) -> Answering<'_, Result<Vec<PanelIndex>, ReadError>> {
        let lost =
            move |conn: &Lease<'_>| supervision::lost_between(conn, group, told, after, limit);
        Box::pin(self.inner().read_state(lost))
    }

    fn spells(
        &self,
        panel: PanelId,
        from: Wall,
        until: Wall,
    ) -> Answering<'_, Result<Option<Spells>, ReadError>> {
        let spells = move |conn: &Lease<'_>| supervision::spells(conn, panel, from, until);
        Box::pin(self.inner().read_state(spells))
    }
}
