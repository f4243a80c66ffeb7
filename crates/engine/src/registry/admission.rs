//! Whether a claim is good: what was shown, held against what is on record. Pure.
//!
//! Invariant: whoever must prove who it is, and shows nothing or somebody else's proof, is not let in.
//! Invariant: a certificate that is shown is judged in any case, and decides alone: neither an
//! account that need not be proved nor a secret makes up for a bad one.
//! Invariant: nothing that TLS found at a handshake is taken for still true: a resumed handshake
//! checks nothing anew, so issuer, revocation and expiry are judged here each time.
//! Invariant: certificates on record are forgotten when they let nobody in any more (I7).

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::sync::Arc;

use hashbrown::HashTable;
use model::{
    IdentityClaim, IdentityRefusal, Issuer, PanelIndex, PanelSecret, PathIndex, PeerCertificate,
    Proven, Serial, Wall, limits, micros,
};
use subtle::ConstantTimeEq;

use crate::ports::{Authority, CertificateRow, PathBinding, TrustedRoot};

/// Whose certificates are taken, and which of them not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Trusted {
    /// Authorities; whether it is our own.
    roots: HashMap<Issuer, bool>,
    /// What operators' lists revoke: signer and serial.
    revoked: HashSet<(Issuer, Serial)>,
}

impl Trusted {
    /// As the files say.
    pub(crate) fn new(roots: &[TrustedRoot], revoked: HashSet<(Issuer, Serial)>) -> Self {
        let roots = roots.iter().map(|root| (root.issuer, root.ours));
        Self {
            roots: roots.collect(),
            revoked,
        }
    }

    /// Whether somebody whom `before` let in may be refused by this.
    pub(super) fn takes_away_from(&self, before: &Self) -> bool {
        let same = |(issuer, ours): (&Issuer, &bool)| self.roots.get(issuer) == Some(ours);
        !before.roots.iter().all(same) || !self.revoked.is_subset(&before.revoked)
    }
}

/// A certificate of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) path: PathIndex,
    pub(super) panel: PanelIndex,
    pub(super) issued: Wall,
    pub(super) not_after: Wall,
    pub(super) revoked: bool,
}

impl Held {
    pub(super) fn new(row: &CertificateRow, panel: PanelIndex) -> Self {
        Self {
            path: row.path,
            panel,
            issued: row.issued,
            not_after: row.not_after,
            revoked: row.revoked.is_some(),
        }
    }

    pub(super) fn is_in_force(&self, now: Wall) -> bool {
        !self.revoked && now <= self.not_after
    }
}

/// R27: until when a certificate that ends then lets alarms in.
pub(super) fn admitted_until(not_after: Wall) -> Wall {
    Wall(not_after.0.saturating_add(micros(limits::EXPIRED_ADMITTED)))
}

/// What proofs are held against. Empty, it lets in only those who need not prove anything.
#[derive(Default)]
pub(super) struct Proofs {
    /// Digests secrets; `None` until trust has begun.
    authority: Option<Arc<dyn Authority>>,
    trusted: Trusted,
    /// Certificates of ours, in no order.
    certificates: Vec<(Serial, Held)>,
    /// Their places by number, and by path: five to ten octets each.
    by_serial: HashTable<u32>,
    by_path: HashTable<u32>,
    hasher: RandomState,
}

impl std::fmt::Debug for Proofs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proofs")
            .field("trusted", &self.trusted)
            .field("certificates", &self.certificates.len())
            .finish_non_exhaustive()
    }
}

impl Proofs {
    /// By whom secrets are digested.
    pub(super) fn digest_by(&mut self, authority: Arc<dyn Authority>) {
        self.authority = Some(authority);
    }

    /// Replaces who is trusted; whether somebody may be refused by it who was let in before.
    pub(super) fn trust(&mut self, trusted: Trusted) -> bool {
        let taken_away = trusted.takes_away_from(&self.trusted);
        self.trusted = trusted;
        taken_away
    }

    /// Puts a certificate on record, or in the place of what was known of it.
    pub(super) fn hold(&mut self, serial: Serial, held: Held) {
        if let Some(at) = self.place(&serial) {
            self.certificates[at].1 = held;
            return;
        }
        let at = u32::try_from(self.certificates.len()).expect("a few for each path");
        let serial_hash = self.hasher.hash_one(&serial);
        self.certificates.push((serial, held));
        let (certificates, hasher) = (&self.certificates, &self.hasher);
        self.by_serial.insert_unique(serial_hash, at, |at| {
            hasher.hash_one(&certificates[*at as usize].0)
        });
        self.by_path
            .insert_unique(hasher.hash_one(held.path), at, |at| {
                hasher.hash_one(certificates[*at as usize].1.path)
            });
    }

    fn place(&self, serial: &Serial) -> Option<usize> {
        let same = |at: &u32| self.certificates[*at as usize].0 == *serial;
        let found = self.by_serial.find(self.hasher.hash_one(serial), same)?;
        Some(*found as usize)
    }

    /// The certificates of a path.
    pub(super) fn of_path(&self, path: PathIndex) -> impl Iterator<Item = &Held> {
        let same_hash = self.by_path.iter_hash(self.hasher.hash_one(path));
        let held = same_hash.map(|at| &self.certificates[*at as usize].1);
        held.filter(move |held| held.path == path)
    }

    /// All certificates.
    pub(super) fn all(&self) -> impl Iterator<Item = &Held> {
        self.certificates.iter().map(|(_, held)| held)
    }

    /// Lets go of a path that is gone.
    pub(super) fn forget_path(&mut self, path: PathIndex) {
        let hash = self.hasher.hash_one(path);
        let of_path =
            |certificates: &[(Serial, Held)], at: u32| certificates[at as usize].1.path == path;
        while let Some(at) = self
            .by_path
            .find(hash, |at| of_path(&self.certificates, *at))
            .copied()
        {
            self.let_go(at as usize);
        }
    }

    /// Lets go of certificates that let nobody in any more, by their own dates.
    pub(super) fn forget_ended(&mut self, now: Wall) {
        let mut at = 0;
        while let Some((_, held)) = self.certificates.get(at) {
            if admitted_until(held.not_after) < now {
                self.let_go(at);
            } else {
                at += 1;
            }
        }
    }

    /// Takes out the certificate at a place; the last one takes the place.
    fn let_go(&mut self, at: usize) {
        self.unlist(at);
        let last = self.certificates.len() - 1;
        if at != last {
            self.unlist(last);
        }
        self.certificates.swap_remove(at);
        if let Some((serial, held)) = self.certificates.get(at).cloned() {
            let place = u32::try_from(at).expect("a few for each path");
            let (certificates, hasher) = (&self.certificates, &self.hasher);
            self.by_serial
                .insert_unique(hasher.hash_one(&serial), place, |at| {
                    hasher.hash_one(&certificates[*at as usize].0)
                });
            self.by_path
                .insert_unique(hasher.hash_one(held.path), place, |at| {
                    hasher.hash_one(certificates[*at as usize].1.path)
                });
        }
    }

    /// Takes the certificate at a place out of both tables.
    fn unlist(&mut self, at: usize) {
        let (serial, held) = &self.certificates[at];
        for (table, hash) in [
            (&mut self.by_serial, self.hasher.hash_one(serial)),
            (&mut self.by_path, self.hasher.hash_one(held.path)),
        ] {
            if let Ok(entry) = table.find_entry(hash, |one| *one as usize == at) {
                entry.remove();
            }
        }
    }

    /// Whether whoever claims to be `binding`'s may speak for it.
    pub(super) fn judge(
        &self,
        binding: &PathBinding,
        claim: &IdentityClaim,
        certificate: Option<&PeerCertificate>,
        now: Wall,
    ) -> Result<Proven, IdentityRefusal> {
        if binding.disabled {
            return Err(IdentityRefusal::Disabled);
        }
        match (certificate, &claim.secret) {
            (Some(certificate), _) => self.judge_certificate(binding, claim, certificate, now),
            (None, _) if !claim.must_prove => Ok(Proven::ByFrames),
            (None, Some(secret)) => self.judge_secret(binding, secret),
            (None, None) => Err(IdentityRefusal::NoProof),
        }
    }

    fn judge_certificate(
        &self,
        binding: &PathBinding,
        claim: &IdentityClaim,
        certificate: &PeerCertificate,
        now: Wall,
    ) -> Result<Proven, IdentityRefusal> {
        let ours = *self
            .trusted
            .roots
            .get(&certificate.issuer)
            .ok_or(IdentityRefusal::UntrustedIssuer)?;
        let named = (certificate.signer, certificate.serial.clone());
        if self.trusted.revoked.contains(&named) {
            return Err(IdentityRefusal::Revoked);
        }
        // Before what is on record, of which those that ended long ago are forgotten.
        if now > admitted_until(certificate.not_after) {
            return Err(IdentityRefusal::LongExpired);
        }
        if ours {
            self.judge_own(binding, claim, certificate)?;
        } else if !names(certificate, binding) {
            return Err(IdentityRefusal::WrongCertificate);
        }
        // R27: alarms get in, with that doubt named.
        Ok(if now > certificate.not_after {
            Proven::ByExpiredCertificate
        } else {
            Proven::ByCertificate
        })
    }

    /// Of our own authority: its number is on record for this very path. In a family whose frames
    /// name no path, a panel may show it for all of its own accounts.
    fn judge_own(
        &self,
        binding: &PathBinding,
        claim: &IdentityClaim,
        certificate: &PeerCertificate,
    ) -> Result<(), IdentityRefusal> {
        // Our authority signs panels' certificates itself; numbers of another signer are not ours.
        let place = self
            .place(&certificate.serial)
            .filter(|_| certificate.signer == certificate.issuer)
            .ok_or(IdentityRefusal::WrongCertificate)?;
        let held = &self.certificates[place].1;
        if held.revoked {
            return Err(IdentityRefusal::Revoked);
        }
        let own = if claim.must_prove {
            held.path == binding.path.index
        } else {
            held.panel == binding.panel_index
        };
        own.then_some(()).ok_or(IdentityRefusal::WrongCertificate)
    }

    /// The same work is done whether the path has a secret or not, and whatever is shown.
    fn judge_secret(
        &self,
        binding: &PathBinding,
        secret: &PanelSecret,
    ) -> Result<Proven, IdentityRefusal> {
        let authority = self.authority.as_ref();
        let authority = authority.ok_or(IdentityRefusal::WrongSecret)?;
        let shown = authority.digest(secret);
        let kept = binding.secret.unwrap_or_default();
        let equal = bool::from(kept.ct_eq(&shown)) && binding.secret.is_some();
        equal
            .then_some(Proven::BySecret)
            .ok_or(IdentityRefusal::WrongSecret)
    }
}

/// Whether an operator's authority calls the holder by the account, in whatever case.
fn names(certificate: &PeerCertificate, binding: &PathBinding) -> bool {
    let account = binding.path.account.as_str();
    let mut names = certificate.names.iter();
    names.any(|name| name.eq_ignore_ascii_case(account))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(path: u32, not_after: i64) -> Held {
        Held {
            path: PathIndex(path),
            panel: PanelIndex(path),
            issued: Wall(0),
            not_after: Wall(not_after),
            revoked: false,
        }
    }

    #[test]
    fn what_is_let_go_of_leaves_the_others_where_they_are_found() {
        let long = micros(limits::EXPIRED_ADMITTED);
        let mut proofs = Proofs::default();
        let serial = |number: u8| Serial::from_iter([number; 16]);
        for number in 0..100 {
            let ends = i64::from(number % 3) * 2 * long;
            proofs.hold(serial(number), held(u32::from(number / 2), ends));
        }
        proofs.forget_ended(Wall(long + 1));
        proofs.forget_path(PathIndex(7));
        for number in 0..100 {
            let kept = number % 3 > 0 && number / 2 != 7;
            assert_eq!(proofs.place(&serial(number)).is_some(), kept, "{number}");
        }
        let of_path = |path| proofs.of_path(PathIndex(path)).count();
        assert_eq!(
            (of_path(0), of_path(1), of_path(2), of_path(7)),
            (1, 1, 2, 0)
        );
        assert_eq!(proofs.all().count(), 65);
    }
}
