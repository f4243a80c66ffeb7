//! What is open before anybody is served: the store, the registry, the administrator's token.
//!
//! Invariant: nothing is served before this, and whatever fails here keeps the engine from
//! starting, with a reason that an operator can act on.

use std::sync::Arc;

use anyhow::Context;
use api::{TokenDigests, token_digest};
use engine::ports::{Authority, EventLog, PanelFilter, Registry as _, TokenRow, Tokens};
use engine::registry::Registry;
use model::{Actor, Clock, IdSource};
use store::{Settings, Store, Synchronous};

use super::authority::FolderAuthority;
use super::seal::FolderSealer;
use super::secrets::{self, Key};
use super::setup::EngineSetup;
use crate::clock::{SystemClock, SystemEntropy};

/// The name of the token in `admin.token`.
const ADMIN: &str = "admin";

/// What is open before anybody is served.
pub(super) struct House {
    pub(super) store: Store,
    pub(super) registry: Registry,
    pub(super) tokens: Arc<TokenDigests>,
    pub(super) clock: Arc<dyn Clock>,
    /// The files of TLS; they were in order when the server started.
    pub(super) authority: Arc<FolderAuthority>,
    /// What there is, for the banner.
    pub(super) note: String,
}

impl House {
    pub(super) async fn open(setup: &EngineSetup) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids = IdSource::new(Arc::clone(&clock), Box::new(SystemEntropy));
        let key = secrets::key(&setup.data, &mut SystemEntropy)?;
        let sealer = Arc::new(FolderSealer::new(&key));
        let store = Store::open(Settings {
            synchronous: if setup.synchronous {
                Synchronous::Full
            } else {
                Synchronous::Off
            },
            ballast_bytes: setup.ballast,
            ..Settings::new(setup.data.clone(), Arc::clone(&clock), ids, sealer)
        })?;
        let tokens = Arc::new(tokens(&store, setup, &key, &clock).await?);
        let registry = Registry::load(Arc::new(store.clone()), Arc::clone(&clock)).await?;
        let authority = authority(setup, &key, &clock).await?;
        let note = note(&store).await?;
        Ok(Self {
            store,
            registry,
            tokens,
            clock,
            authority,
            note,
        })
    }
}

/// Makes what is missing of the files of TLS, and reads them all.
async fn authority(
    setup: &EngineSetup,
    key: &Key,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<Arc<FolderAuthority>> {
    let files = FolderAuthority::new(&setup.data, setup.tls.clone(), key, Arc::clone(clock));
    let files = Arc::new(files);
    let reader = Arc::clone(&files);
    let read = tokio::task::spawn_blocking(move || reader.load()).await?;
    match read {
        // Panels elsewhere than at TLS must not wait for it, and those at TLS are served with what
        // gateways have. Trust tells of it.
        Err(error) if !setup.first => tracing::error!(%error, "the files of TLS are not in order"),
        read => drop(read.context("the files of TLS are not in order")?),
    }
    Ok(files)
}

/// Makes sure that the token in `admin.token` is the one that the store knows.
async fn tokens(
    store: &Store,
    setup: &EngineSetup,
    key: &Key,
    clock: &Arc<dyn Clock>,
) -> anyhow::Result<TokenDigests> {
    let key = key.0.to_vec();
    let admin = secrets::admin_token(&setup.data, &mut SystemEntropy)?;
    let digest = token_digest(&key, &admin);
    let known = store.tokens().await?;
    if !known
        .iter()
        .any(|row| row.name == ADMIN && row.digest == digest)
    {
        let mut ids = IdSource::new(Arc::clone(clock), Box::new(SystemEntropy));
        let created = clock.now().wall;
        let row = TokenRow {
            id: ids.make(),
            name: ADMIN.to_owned(),
            digest,
            created,
        };
        match store.put_token(Actor::system(), row).await {
            Ok(()) => {}
            // A disk that takes no writes must not keep people from reading what there is.
            Err(error) => {
                tracing::error!(%error, "the token of admin.token could not be registered");
            }
        }
    }
    Ok(TokenDigests::new(key, store.tokens().await?))
}

async fn note(store: &Store) -> anyhow::Result<String> {
    let events = store.head();
    let some = store.panels(PanelFilter::default(), None, 1).await?;
    Ok(match (events.0, some.panels.is_empty()) {
        (0, true) => "new: no panels yet".to_owned(),
        (0, false) => "no events yet".to_owned(),
        (1, _) => "1 event".to_owned(),
        (events, _) => format!("{events} events"),
    })
}
