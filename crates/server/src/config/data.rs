//! `[data]`: the folder that holds everything, and how it is written.

use std::path::PathBuf;

use serde::Deserialize;

use super::problem::Problems;
use super::schema::{Key, Section};
use super::{Settings, units};

pub(super) const SECTION: Section = Section {
    name: "data",
    doc: "Where everything is kept.",
    instances: &[],
    keys: &[
        Key {
            name: "path",
            doc: "The folder of the journals, the state, the token and the lock. It is made if it is not\nthere. A relative path begins where Watchfire is started. `--data` goes before it.",
            default: r#""./watchfire-data""#,
            allowed: "the path of a folder on a local disk",
            hidden: false,
        },
        Key {
            name: "ballast",
            doc: "The size of a file that holds space back: when the disk is full it is freed, so that there is\nroom to recover.",
            default: r#""64MiB""#,
            allowed: r#""0" for none, or 1MiB to 64GiB"#,
            hidden: false,
        },
        Key {
            name: "synchronous",
            doc: "With `off`, acknowledged signals are lost in a power cut. The crash harness uses it to show\nthat it would notice.",
            default: r#""full""#,
            allowed: r#""full", or "off" in tests of Watchfire itself"#,
            hidden: true,
        },
    ],
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    path: PathBuf,
    ballast: String,
    synchronous: Synchronous,
}

/// Where everything is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    /// The data folder.
    pub path: PathBuf,
    /// The size of the ballast file, in octets; 0 for none.
    pub ballast: u64,
    /// Whether a commit waits for the disk (I1).
    pub synchronous: Synchronous,
}

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Synchronous {
    /// It does: acknowledged means durable (I1).
    Full,
    /// It does not: only to show that the crash harness turns red.
    Off,
}

impl Data {
    pub(super) fn read(settings: &Settings, problems: &mut Problems) -> Option<Self> {
        let raw: Raw = settings.section("data", problems)?;
        if raw.path.as_os_str().is_empty() {
            problems.push(settings.problem("data.path", "the path is empty"));
            return None;
        }
        let sizes = 1 << 20..=64 << 30;
        let ballast = units::size(&raw.ballast).filter(|size| *size == 0 || sizes.contains(size));
        let Some(ballast) = ballast else {
            let what = format!("\"{}\" is no size for it", raw.ballast);
            problems.push(settings.problem("data.ballast", what));
            return None;
        };
        Some(Self {
            path: raw.path,
            ballast,
            synchronous: raw.synchronous,
        })
    }
}
