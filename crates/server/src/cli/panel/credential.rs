//! What `panel enrol` and `panel secret` share: which path is meant, and files that are not written over.

use std::io::ErrorKind;
use std::path::Path as FilePath;

use clap::Args;
use serde_json::{Map, Value};

use super::id_of;
use crate::cli::Failure;
use crate::cli::client::{Client, shaped};
use crate::cli::view::{PanelWithParts, Path};

/// Whose credential it is to be.
#[derive(Debug, Args)]
pub(super) struct Holder {
    /// The panel's id, or its account where only one has it.
    panel: String,
    /// Which of its paths, by its id or its name such as `lan`; not needed where there is one only.
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
}

/// A panel and the path that is meant.
pub(super) struct Meant {
    /// The panel's id.
    pub(super) panel: String,
    /// The path.
    pub(super) path: Path,
}

impl Holder {
    /// Which panel and path that is.
    pub(super) fn find(&self, client: &Client) -> Result<Meant, Failure> {
        let panel = id_of(client, &self.panel)?;
        let shown: PanelWithParts = shaped(client.get(&format!("/panels/{panel}"), &[])?)?;
        let paths = shown.panel.paths;
        let told: Vec<String> = paths
            .iter()
            .map(|path| format!("{} ({})", path.id, path.shown()))
            .collect();
        let is_meant = |path: &Path| match &self.path {
            Some(named) => path.id == *named || path.name.as_ref() == Some(named),
            None => true,
        };
        let mut meant: Vec<_> = paths.into_iter().filter(is_meant).collect();
        match (meant.pop(), meant.len()) {
            (Some(path), 0) => Ok(Meant { panel, path }),
            (None, _) => Err(Failure::new(
                format!(
                    "panel {} has no such path; it has {}",
                    self.panel,
                    told.join(", ")
                ),
                "Name one of them by its id or its name: --path PATH.",
            )),
            (Some(_), _) => Err(Failure::new(
                format!(
                    "panel {} has {} paths: {}",
                    self.panel,
                    told.len(),
                    told.join(", ")
                ),
                "Say which one is meant, by its id or its name: --path PATH.",
            )),
        }
    }
}

impl Meant {
    /// A document that names the path.
    pub(super) fn document(&self) -> Map<String, Value> {
        Map::from_iter([("path".to_owned(), Value::String(self.path.id.clone()))])
    }
}

/// Fails if there is such a file and it is not to be written over.
pub(super) fn spared(file: &FilePath, force: bool) -> Result<(), Failure> {
    match std::fs::symlink_metadata(file) {
        Ok(_) if !force => Err(Failure::new(
            format!("{} is there already", file.display()),
            "Name another place; or --force, if nobody needs what is in it.",
        )),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Failure::new(
            format!("{} cannot be looked at: {error}", file.display()),
            "Name a place that you can write to.",
        )),
        _ => Ok(()),
    }
}

/// Fails if nothing can be written to a folder, which is made where there is none.
pub(super) fn writable(folder: &FilePath) -> Result<(), Failure> {
    let made = std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
    made.map(drop).map_err(|error| {
        let what = format!("{} cannot be written: {error}", folder.display());
        Failure::new(what, "Name a folder that you can write to.")
    })
}
