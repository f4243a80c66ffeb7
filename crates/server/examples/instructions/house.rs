//! The engine's house on an empty folder: store, registered panels, and whom they may be proved by.

use std::collections::HashSet;
use std::sync::Arc;

use engine::ingest::{self, Ingest, ingest};
use engine::ports::{
    Authority, AuthorityError, CertificateOrder, Credentials, EventLog, Loaded, NewPanel,
    PathBinding, Registry as _, Sealer, TrustedRoot,
};
use engine::registry::Registry;
use engine::sessions::Places;
use engine::trust;
use model::{Actor, Clock, FamilyName, IdSource, Issuer, PanelSecret, PathIndex, PathPolicy, Wall};
use store::{Settings, Store};
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::calm::{self, Drawn, NOW};
use crate::messages;

/// The authority that an operator has.
pub(crate) const OPERATOR: Issuer = Issuer([2; 32]);

/// Panels that are registered.
pub(crate) const PANELS: u32 = 512;

/// What an engine has.
pub(crate) struct House {
    pub(crate) store: Store,
    pub(crate) registry: Registry,
    pub(crate) places: Places,
    pub(crate) clock: Arc<dyn Clock>,
    _folder: TempDir,
}

impl House {
    pub(crate) async fn open() -> anyhow::Result<Self> {
        let clock = calm::clock();
        let folder = tempfile::tempdir()?;
        let ids = IdSource::new(Arc::clone(&clock), Box::new(Drawn::default()));
        let store = Store::open(Settings {
            ballast_bytes: 0,
            ..Settings::new(
                folder.path().to_owned(),
                Arc::clone(&clock),
                ids,
                Arc::new(InClear),
            )
        })?;
        let panels = (0..PANELS).map(panel).collect::<anyhow::Result<_>>()?;
        for added in store.add_panels(Actor::system(), NOW.wall, panels).await {
            added?;
        }
        let registry = Registry::load(Arc::new(store.clone()), Arc::clone(&clock)).await?;
        Ok(Self {
            store,
            registry,
            places: Places::new(Arc::clone(&clock)),
            clock,
            _folder: folder,
        })
    }

    /// Ingest before this journal; its task is to be spawned.
    pub(crate) fn ingest(&self, log: Arc<dyn EventLog>) -> (Ingest, ingest::Task) {
        let (registry, places) = (self.registry.clone(), self.places.clone());
        let (ingest, task, _) = ingest(log, registry, Arc::clone(&self.clock), places);
        (ingest, task)
    }

    /// The paths of the panels.
    pub(crate) fn paths(&self) -> Vec<Arc<PathBinding>> {
        let paths = (1..=PANELS).map(|path| self.registry.binding(PathIndex(path)));
        paths.flatten().collect()
    }

    /// From now on panels can prove who they are by certificates of [`OPERATOR`].
    pub(crate) async fn trust(&self) -> anyhow::Result<()> {
        let (reports, _) = self.ingest(Arc::new(self.store.clone()));
        let parts = trust::Parts {
            store: Arc::new(self.store.clone()),
            authority: Arc::new(Operator),
            registry: self.registry.clone(),
            reports: Arc::new(reports),
            clock: Arc::clone(&self.clock),
            entropy: Box::new(Drawn::default()),
            secret_families: vec![family()?],
        };
        trust::start(parts).await?;
        Ok(())
    }
}

/// The panel protocol.
pub(crate) fn family() -> anyhow::Result<FamilyName> {
    FamilyName::parse("mqtt").ok_or_else(|| anyhow::anyhow!("a family's name"))
}

fn panel(place: u32) -> anyhow::Result<NewPanel> {
    Ok(NewPanel {
        name: None,
        site: None,
        family: family()?,
        account: messages::account(place)?,
        receiver: None,
        line: None,
        listener: None,
        path_name: None,
        policy: PathPolicy::default(),
        key: None,
        watch: None,
    })
}

/// There is nothing secret here.
struct InClear;

impl Sealer for InClear {
    fn seal(&self, _: &[u8], secret: &[u8]) -> Vec<u8> {
        secret.to_vec()
    }

    fn open(&self, _: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        Some(Zeroizing::new(sealed.to_vec()))
    }
}

/// The files of TLS, as far as the registry judges by them.
struct Operator;

impl Authority for Operator {
    fn load(&self) -> Result<Loaded, AuthorityError> {
        Ok(Loaded {
            chain: Vec::new(),
            key: Zeroizing::default(),
            not_after: Wall(i64::MAX),
            roots: vec![TrustedRoot {
                der: Vec::new(),
                issuer: OPERATOR,
                subject: "An operator".to_owned(),
                not_after: Wall(i64::MAX),
                ours: false,
            }],
            revoked: HashSet::new(),
            fingerprint: [1; 32],
        })
    }

    fn issue(&self, _: &CertificateOrder) -> Result<Credentials, AuthorityError> {
        Err(AuthorityError {
            what: "an operator's certificates are not made here".to_owned(),
        })
    }

    fn digest(&self, _: &PanelSecret) -> [u8; 32] {
        [0; 32]
    }
}
