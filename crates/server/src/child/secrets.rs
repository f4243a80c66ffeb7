//! The secrets of a data folder: the key file and the administrator's token.
//!
//! Invariant: both are made once, readable by their owner alone, and never logged. The store keeps
//! a digest of the token under the key, and panels' keys sealed under one derived from it
//! ([`super::seal`]), so that neither file alone opens anything (I10).

use std::path::Path;

use anyhow::bail;
use data_encoding::BASE32_DNSSEC;
use hmac::{Hmac, KeyInit, Mac};
use model::Entropy;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::private_file::{self, read_or_make};

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

impl Key {
    /// A key of its own for each purpose: HMAC-SHA-256 of the purpose's label, which no token can equal
    /// (tokens are digested under the file's octets themselves).
    pub(super) fn derive(&self, label: &[u8]) -> Zeroizing<[u8; 32]> {
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0);
        let mac = mac.expect("HMAC takes keys of any length");
        Zeroizing::new(mac.chain_update(label).finalize().into_bytes().into())
    }
}

/// The key of this folder; made at the first start.
pub(crate) fn key(data: &Path, entropy: &mut dyn Entropy) -> anyhow::Result<Key> {
    let folder = data.join("keys");
    private_file::folder(&folder)?;
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

#[cfg(test)]
mod tests {
    use std::fs;
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
