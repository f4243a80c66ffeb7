//! Whether a claim is good: what was shown, held against what is on record. Pure.
//!
//! Invariant: whoever must prove who it is, and shows nothing or somebody else's proof, is not let in.
//! Invariant: a certificate that is shown is judged in any case, and decides alone: neither an
//! account that need not be proved nor a secret makes up for a bad one.
//! Invariant: nothing that TLS found at a handshake is taken for still true: a resumed handshake
//! checks nothing anew, so issuer, revocation and expiry are judged here each time.
//! Invariant: certificates on record are forgotten when they let nobody in any more (I7).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

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
    certificates: HashMap<Serial, Held>,
    of_path: HashMap<PathIndex, Vec<Serial>>,
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
        if self.certificates.insert(serial.clone(), held).is_none() {
            self.of_path.entry(held.path).or_default().push(serial);
        }
    }

    /// The certificates of a path.
    pub(super) fn of_path(&self, path: PathIndex) -> impl Iterator<Item = &Held> {
        let serials = self.of_path.get(&path).into_iter().flatten();
        serials.filter_map(|serial| self.certificates.get(serial))
    }

    /// All certificates.
    pub(super) fn all(&self) -> impl Iterator<Item = &Held> {
        self.certificates.values()
    }

    /// Lets go of a path that is gone.
    pub(super) fn forget_path(&mut self, path: PathIndex) {
        for serial in self.of_path.remove(&path).unwrap_or_default() {
            self.certificates.remove(&serial);
        }
    }

    /// Lets go of certificates that let nobody in any more, by their own dates.
    pub(super) fn forget_ended(&mut self, now: Wall) {
        let certificates = &mut self.certificates;
        self.of_path.retain(|_, serials| {
            serials.retain(|serial| {
                let ended = |held: &Held| admitted_until(held.not_after) < now;
                let over = certificates.get(serial).is_none_or(ended);
                if over {
                    certificates.remove(serial);
                }
                !over
            });
            !serials.is_empty()
        });
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
        let held = self
            .certificates
            .get(&certificate.serial)
            .filter(|_| certificate.signer == certificate.issuer)
            .ok_or(IdentityRefusal::WrongCertificate)?;
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
