//! The secrets of a data folder: the key file and the administrator's token.
//!
//! Invariant: both are made once, readable by their owner alone, and never logged. The store keeps
//! a digest of the token under the key, and panels' keys sealed under one derived from it
//! ([`super::seal`]), so that neither file alone opens anything (I10).

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::{Context, bail};
use data_encoding::BASE32_DNSSEC;
use model::Entropy;

/// The prefix of tokens, so that scanners recognise one that leaked.
const TOKEN_PREFIX: &str = "wft_";

/// The key under which secrets are sealed and tokens are digested.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) [u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// The key of this folder; made at the first start.
pub(crate) fn key(data: &Path, entropy: &mut dyn Entropy) -> anyhow::Result<Key> {
    let folder = data.join("keys");
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)?;
    let path = folder.join("seal.key");
    let made = || {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        key.to_vec()
    };
    let octets = read_or_make(&path, made)?;
    match octets.try_into() {
        Ok(key) => Ok(Key(key)),
        Err(_) => bail!(
            "{} is not 32 octets long: restore it from a backup; without it no token of this \
             folder works, and no panel's key opens",
            path.display()
        ),
    }
}

/// The administrator's token of this folder; made at the first start.
pub(crate) fn admin_token(data: &Path, entropy: &mut dyn Entropy) -> anyhow::Result<String> {
    let path = data.join("admin.token");
    let made = || {
        let mut secret = [0; 32];
        entropy.fill(&mut secret);
        format!("{TOKEN_PREFIX}{}\n", BASE32_DNSSEC.encode(&secret)).into_bytes()
    };
    let token = String::from_utf8(read_or_make(&path, made)?).unwrap_or_default();
    let token = token.trim();
    if token.len() < TOKEN_PREFIX.len() + 40 {
        bail!(
            "{} holds no token: remove the file, and the next start makes a new one",
            path.display()
        );
    }
    Ok(token.to_owned())
}

/// Reads a file, or makes it: written beside and renamed, so that a crash leaves all or nothing.
fn read_or_make(path: &Path, make: impl FnOnce() -> Vec<u8>) -> anyhow::Result<Vec<u8>> {
    match fs::read(path) {
        Ok(octets) => return Ok(octets),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
    let octets = make();
    let beside = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(&octets)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))?;
    Ok(octets)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::clock::SystemEntropy;

    #[test]
    fn secrets_are_made_once_and_for_their_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        let first = (
            key(data, &mut SystemEntropy).unwrap(),
            admin_token(data, &mut SystemEntropy),
        );
        let again = (
            key(data, &mut SystemEntropy).unwrap(),
            admin_token(data, &mut SystemEntropy),
        );
        assert_eq!(first.0, again.0);
        assert_eq!(first.1.unwrap(), again.1.unwrap());
        for file in ["admin.token", "keys/seal.key"] {
            let mode = fs::metadata(data.join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
    }

    #[test]
    fn a_key_or_token_that_was_cut_off_is_refused_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path();
        key(data, &mut SystemEntropy).unwrap();
        fs::write(data.join("keys/seal.key"), b"short").unwrap();
        fs::write(data.join("admin.token"), b"").unwrap();
        assert!(
            key(data, &mut SystemEntropy)
                .unwrap_err()
                .to_string()
                .contains("backup")
        );
        assert!(admin_token(data, &mut SystemEntropy).is_err());
    }
}
