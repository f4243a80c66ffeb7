//! The server's certificates and their private key, which belong together.

use std::fmt::Write;
use std::path::Path;

use data_encoding::BASE64;
use engine::ports::AuthorityError;
use model::Wall;
use zeroize::Zeroizing;

use super::key::PrivateKey;
use super::read;
use super::wrong;

/// Characters in a line of PEM (RFC 7468 2).
const LINE: usize = 64;

/// The server's certificates and their private key.
pub(super) struct Pair {
    /// The server's own first, as DER.
    pub(super) chain: Vec<Vec<u8>>,
    /// Its private key, as PKCS #8 DER.
    pub(super) key: Zeroizing<Vec<u8>>,
    /// Until when the server's own is good.
    pub(super) not_after: Wall,
}

impl Pair {
    /// From two PEM files.
    pub(super) fn read(certificate: &Path, key: &Path) -> Result<Self, AuthorityError> {
        let chain = read::certificates(certificate)?;
        let private = read::key(key)?;
        Self::of(chain, private, certificate, key)
    }

    fn of(
        chain: Vec<Vec<u8>>,
        private: PrivateKey,
        path: &Path,
        key: &Path,
    ) -> Result<Self, AuthorityError> {
        let links: Vec<_> = chain
            .iter()
            .map(|der| read::parsed(path, der))
            .collect::<Result<_, _>>()?;
        let own = links
            .first()
            .expect("a file without certificates is refused");
        if *own.public_key().subject_public_key.data != *private.public {
            let what = format!(
                "the first certificate is not of the key in {}",
                key.display()
            );
            let advice =
                "name a certificate and a key that belong together, the server's certificate first";
            return Err(wrong(path, what, advice));
        }
        for (at, two) in links.windows(2).enumerate() {
            if two[0].issuer().as_raw() != two[1].subject().as_raw() {
                let what = format!(
                    "certificate {} in it is not of the one who signed certificate {}",
                    at + 2,
                    at + 1
                );
                let advice = "each certificate must be followed by that of its signer";
                return Err(wrong(path, what, advice));
            }
        }
        let not_after = read::not_after(own);
        drop(links);
        Ok(Self {
            chain,
            key: private.pkcs8,
            not_after,
        })
    }

    /// By whom panels may know the server, as PEM: all certificates but its own, or its own where the file
    /// has no other.
    pub(super) fn authorities(&self) -> String {
        let authorities = match &self.chain[..] {
            [own] => std::slice::from_ref(own),
            [_, authorities @ ..] => authorities,
            [] => &[],
        };
        authorities.iter().map(|der| pem(der)).collect()
    }
}

/// A certificate as PEM (RFC 7468 5).
fn pem(der: &[u8]) -> String {
    let text = BASE64.encode(der);
    let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
    for line in text.as_bytes().chunks(LINE) {
        let line = std::str::from_utf8(line).expect("Base64 is ASCII");
        writeln!(pem, "{line}").expect("writing to a string does not fail");
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}
