//! Every outcome of a judgement, and what has live sessions judged anew.

use std::collections::HashSet;
use std::time::Duration;

use arrayvec::ArrayVec;
use model::{
    HolderName, IdentityClaim, IdentityRefusal, Issuer, PanelSecret, PathName, PeerCertificate,
    Proven, Serial, Wall, micros,
};

use super::*;
use crate::ports::{
    Authority, AuthorityError, CertificateOrder, CertificateRow, Credentials, Loaded, TrustedRoot,
};
use crate::registry::Trusted;

const OURS: Issuer = Issuer([1; 32]);
const THEIRS: Issuer = Issuer([2; 32]);
const INTERMEDIATE: Issuer = Issuer([3; 32]);
const DAY: Duration = Duration::from_hours(24);
const NOON: Wall = Wall(1_795_378_500_000_000);

/// Digests by a mask: enough to tell secrets apart.
struct Mask;

impl Authority for Mask {
    fn load(&self) -> Result<Loaded, AuthorityError> {
        unreachable!("the registry reads no files")
    }

    fn issue(&self, _: &CertificateOrder) -> Result<Credentials, AuthorityError> {
        unreachable!("the registry makes no certificates")
    }

    fn digest(&self, secret: &PanelSecret) -> [u8; 32] {
        let mut digest = [0x55; 32];
        for (into, octet) in digest.iter_mut().zip(secret.octets()) {
            *into ^= octet;
        }
        digest
    }
}

struct At(Wall);

impl Clock for At {
    fn now(&self) -> Now {
        Now {
            wall: self.0,
            ..Now::default()
        }
    }
}

fn days(from: Wall, days: i64) -> Wall {
    Wall(from.0 + days * micros(DAY))
}

fn serial(octet: u8) -> Serial {
    [octet].into_iter().collect()
}

fn roots() -> Vec<TrustedRoot> {
    let root = |issuer, ours| TrustedRoot {
        der: Vec::new(),
        issuer,
        subject: String::new(),
        not_after: Wall(i64::MAX),
        ours,
    };
    vec![root(OURS, true), root(THEIRS, false)]
}

fn revoked() -> HashSet<(Issuer, Serial)> {
    HashSet::from([(INTERMEDIATE, serial(66)), (THEIRS, serial(67))])
}

fn row(octet: u8, path: u32, not_after: Wall) -> CertificateRow {
    CertificateRow {
        serial: serial(octet),
        path: PathIndex(path),
        path_id: PathId::from_bytes([path as u8; 16]),
        issued: days(NOON, -1),
        not_after,
        revoked: None,
    }
}

/// Paths of one family:
/// 1 and 2 are `1234`'s `lan` and `cell`, both of panel 1; 3 is account `A1` of panel 1; 4 is account
/// `1235` of panel 4; 5 is `99` of panel 5, which is disabled. Path 4 has a secret.
async fn registry() -> (Registry, Arc<Shelf>) {
    let shelf = Arc::new(Shelf::default());
    let path = |index: u32, panel: u32, account: &str, name: Option<&str>| {
        let mut binding = binding(index, account, None, None);
        binding.panel_index = PanelIndex(panel);
        binding.panel = PanelId::from_bytes([panel as u8; 16]);
        binding.path.path_name = name.and_then(PathName::parse);
        binding
    };
    let mut bindings = vec![
        path(1, 1, "1234", Some("lan")),
        path(2, 1, "1234", Some("cell")),
        path(3, 1, "A1", None),
        path(4, 4, "1235", None),
        path(5, 5, "99", None),
    ];
    bindings[3].secret = Some(Mask.digest(&PanelSecret::new(b"right".to_vec())));
    bindings[4].disabled = true;
    *shelf.bindings.lock().unwrap() = bindings;
    let registry = Registry::load(shelf.clone(), Arc::new(At(NOON)));
    let registry = registry.await.unwrap();
    let mut gone = row(6, 1, days(NOON, 300));
    gone.revoked = Some(NOON);
    let rows = vec![
        row(1, 1, days(NOON, 300)),
        row(3, 3, days(NOON, -89)),
        row(4, 4, NOON),
        row(5, 5, days(NOON, 300)),
        gone,
        row(7, 9, days(NOON, 300)),
        row(8, 4, days(NOON, -91)),
    ];
    registry.hold(Arc::new(Mask), rows);
    registry.trust(Trusted::new(&roots(), revoked()));
    (registry, shelf)
}

fn claim(account: &str, name: Option<&str>, must_prove: bool, secret: &[u8]) -> IdentityClaim {
    IdentityClaim {
        key: AccountKey {
            path_name: name.and_then(PathName::parse),
            ..key(account, None, None)
        },
        secret: (!secret.is_empty()).then(|| PanelSecret::new(secret.to_vec())),
        must_prove,
    }
}

/// Of an authority, by a signer, with a number, good for so many days from now, with names.
fn certificate(
    issuer: Issuer,
    signer: Issuer,
    number: u8,
    for_days: i64,
    names: &[&str],
) -> PeerCertificate {
    let names = names.iter().map(|name| HolderName::from(name).unwrap());
    PeerCertificate {
        issuer,
        signer,
        serial: serial(number),
        not_after: days(NOON, for_days),
        names: names.collect::<ArrayVec<_, _>>(),
    }
}

type Shown = Option<PeerCertificate>;

/// What comes of what is shown.
type Case = (
    &'static str,
    IdentityClaim,
    Shown,
    Result<Proven, IdentityRefusal>,
);

fn without_certificate() -> Vec<Case> {
    use IdentityRefusal::{Disabled, NoProof, UnknownAccount, WrongSecret};
    let frames = Ok(Proven::ByFrames);
    vec![
        (
            "nobody",
            claim("0", None, false, b""),
            None,
            Err(UnknownAccount),
        ),
        (
            "nobody's secret",
            claim("0", None, true, b"right"),
            None,
            Err(UnknownAccount),
        ),
        (
            "another path",
            claim("1234", Some("sat"), true, b""),
            None,
            Err(UnknownAccount),
        ),
        (
            "disabled",
            claim("99", None, false, b""),
            None,
            Err(Disabled),
        ),
        (
            "disabled, proving",
            claim("99", None, true, b"right"),
            None,
            Err(Disabled),
        ),
        ("frames", claim("1235", None, false, b""), None, frames),
        (
            "frames, by the way a secret",
            claim("1235", None, false, b"wrong"),
            None,
            frames,
        ),
        (
            "no proof",
            claim("1235", None, true, b""),
            None,
            Err(NoProof),
        ),
        (
            "secret",
            claim("1235", None, true, b"right"),
            None,
            Ok(Proven::BySecret),
        ),
        (
            "wrong secret",
            claim("1235", None, true, b"wrong"),
            None,
            Err(WrongSecret),
        ),
        (
            "cut secret",
            claim("1235", None, true, b"righ"),
            None,
            Err(WrongSecret),
        ),
        (
            "has no secret",
            claim("A1", None, true, b"right"),
            None,
            Err(WrongSecret),
        ),
        // What masks to zeros must not equal the absence of a secret.
        (
            "zeros",
            claim("A1", None, true, &[0x55; 32]),
            None,
            Err(WrongSecret),
        ),
    ]
}

fn with_own_certificate() -> Vec<Case> {
    use IdentityRefusal::{Disabled, LongExpired, Revoked, UnknownAccount, WrongCertificate};
    let ours = |number, for_days| Some(certificate(OURS, OURS, number, for_days, &[]));
    let good = Ok(Proven::ByCertificate);
    let late = Ok(Proven::ByExpiredCertificate);
    let must = |account, name| claim(account, name, true, b"");
    let may = |account, name| claim(account, name, false, b"");
    let lan = Some("lan");
    let cell = Some("cell");
    vec![
        ("own", must("1234", lan), ours(1, 300), good),
        (
            "nobody's",
            must("0", None),
            ours(1, 300),
            Err(UnknownAccount),
        ),
        (
            "of a disabled panel",
            must("99", None),
            ours(5, 300),
            Err(Disabled),
        ),
        (
            "of its other path",
            must("1234", cell),
            ours(1, 300),
            Err(WrongCertificate),
        ),
        (
            "of its other path, frames",
            may("1234", cell),
            ours(1, 300),
            good,
        ),
        (
            "of its other account, frames",
            may("A1", None),
            ours(1, 300),
            good,
        ),
        (
            "of another panel",
            must("1235", None),
            ours(1, 300),
            Err(WrongCertificate),
        ),
        (
            "of another panel, frames",
            may("1235", None),
            ours(1, 300),
            Err(WrongCertificate),
        ),
        (
            "its secret does not help",
            claim("1235", None, true, b"right"),
            ours(1, 300),
            Err(WrongCertificate),
        ),
        (
            "not on record",
            must("1234", lan),
            ours(2, 300),
            Err(WrongCertificate),
        ),
        (
            "of a path that is gone",
            must("1234", lan),
            ours(7, 300),
            Err(WrongCertificate),
        ),
        ("revoked", must("1234", lan), ours(6, 300), Err(Revoked)),
        ("its last moment", must("1235", None), ours(4, 0), good),
        ("expired", must("A1", None), ours(3, -89), late),
        ("expired, frames", may("A1", None), ours(3, -89), late),
        ("expired 90 days ago", must("A1", None), ours(3, -90), late),
        (
            "expired long ago",
            must("A1", None),
            ours(3, -91),
            Err(LongExpired),
        ),
        (
            "expired long ago and forgotten",
            must("1235", None),
            ours(8, -91),
            Err(LongExpired),
        ),
        (
            "named, but not on record",
            must("1234", lan),
            Some(certificate(OURS, OURS, 2, 300, &["1234"])),
            Err(WrongCertificate),
        ),
        (
            "the same number of another signer",
            must("1234", lan),
            Some(certificate(OURS, INTERMEDIATE, 1, 300, &["1234"])),
            Err(WrongCertificate),
        ),
    ]
}

fn with_operators_certificate() -> Vec<Case> {
    use IdentityRefusal::{LongExpired, Revoked, UntrustedIssuer, WrongCertificate};
    let good = Ok(Proven::ByCertificate);
    let theirs = |number, for_days, names: &[&str]| {
        Some(certificate(THEIRS, INTERMEDIATE, number, for_days, names))
    };
    let a1 = |must_prove| claim("A1", None, must_prove, b"");
    let direct = Some(certificate(THEIRS, THEIRS, 1, 1, &["A1"]));
    let listed = Some(certificate(THEIRS, THEIRS, 67, 1, &["A1"]));
    let unknown = Some(certificate(Issuer([9; 32]), OURS, 1, 300, &["A1"]));
    vec![
        ("named", a1(true), theirs(1, 1, &["A1"]), good),
        ("named, frames", a1(false), theirs(1, 1, &["A1"]), good),
        ("named by its root", a1(true), direct, good),
        (
            "in another case, last",
            a1(true),
            theirs(1, 1, &["panel", "b.example", "a1"]),
            good,
        ),
        (
            "another's name",
            a1(true),
            theirs(1, 1, &["A2"]),
            Err(WrongCertificate),
        ),
        (
            "another's name, frames",
            a1(false),
            theirs(1, 1, &["A2"]),
            Err(WrongCertificate),
        ),
        (
            "longer name",
            a1(true),
            theirs(1, 1, &["A11", "A", "xA1"]),
            Err(WrongCertificate),
        ),
        (
            "no name",
            a1(true),
            theirs(1, 1, &[]),
            Err(WrongCertificate),
        ),
        (
            "on the list of its signer",
            a1(true),
            theirs(66, 1, &["A1"]),
            Err(Revoked),
        ),
        ("on its root's list", a1(true), listed, Err(Revoked)),
        (
            "a number on another's list",
            a1(true),
            theirs(67, 1, &["A1"]),
            good,
        ),
        (
            "expired",
            a1(true),
            theirs(1, -1, &["A1"]),
            Ok(Proven::ByExpiredCertificate),
        ),
        (
            "expired long ago",
            a1(true),
            theirs(1, -91, &["A1"]),
            Err(LongExpired),
        ),
        (
            "nobody's authority",
            a1(true),
            unknown.clone(),
            Err(UntrustedIssuer),
        ),
        (
            "nobody's authority, frames",
            a1(false),
            unknown,
            Err(UntrustedIssuer),
        ),
    ]
}

#[tokio::test]
async fn every_claim_has_its_outcome_and_is_counted() {
    let (registry, _) = registry().await;
    let mut reasons = HashSet::new();
    let mut proofs = HashSet::new();
    let mut asked = 0.0;
    for case in [
        without_certificate(),
        with_own_certificate(),
        with_operators_certificate(),
    ]
    .concat()
    {
        let (what, claim, certificate, expected) = case;
        let answer = registry.identify(&claim, certificate.as_ref());
        let proven = answer.map(|admission| {
            assert_eq!(admission.binding.path.account, claim.key.account, "{what}");
            admission.proven
        });
        assert_eq!(proven, expected, "{what}");
        match proven {
            Ok(proven) => proofs.insert(proven),
            Err(refusal) => reasons.insert(refusal.as_str()) || true,
        };
        asked += 1.0;
    }
    assert_eq!(reasons.len(), IdentityRefusal::ALL.len());
    assert_eq!(proofs.len(), Proven::ALL.len());
    let counted: f64 = counts(&registry).iter().map(|(_, count)| count).sum();
    assert!((counted - asked).abs() < 0.5, "{counted} of {asked}");
    assert!(counts(&registry).iter().all(|(_, count)| *count > 0.5));
}

/// By proof or reason.
fn counts(registry: &Registry) -> Vec<(String, f64)> {
    use crate::ports::{Measured, Reading};
    let mut out = Vec::new();
    registry.measure(&mut out);
    let of_answers = out
        .into_iter()
        .filter(|one| one.name.starts_with("watchfire_identities_"));
    let count = |reading| match reading {
        Reading::Counter(count) => f64::from(u32::try_from(count).unwrap()),
        other => panic!("a counter: {other:?}"),
    };
    of_answers
        .map(|one| (one.labels[0].1.clone(), count(one.reading)))
        .collect()
}

#[tokio::test]
async fn before_trust_begins_only_frames_let_anybody_in() {
    let shelf = Arc::new(Shelf::default());
    let mut known = binding(1, "1234", None, None);
    known.secret = Some([0; 32]);
    shelf.bindings.lock().unwrap().push(known);
    let registry = Registry::load(shelf, Arc::new(At(NOON))).await.unwrap();
    let identify = |must_prove, secret: &[u8], certificate| {
        let claim = claim("1234", None, must_prove, secret);
        let answer = registry.identify(&claim, certificate);
        answer.map(|admission| admission.proven)
    };
    let shown = certificate(OURS, OURS, 1, 300, &["1234"]);
    assert_eq!(identify(false, b"", None), Ok(Proven::ByFrames));
    assert_eq!(
        identify(true, b"x", None),
        Err(IdentityRefusal::WrongSecret)
    );
    let refused = identify(true, b"", Some(&shown));
    assert_eq!(refused, Err(IdentityRefusal::UntrustedIssuer));
}

#[tokio::test]
async fn whatever_takes_trust_away_has_everybody_judged_anew() {
    let (registry, _) = registry().await;
    let mut changes = registry.changes();
    let mut told = |roots: &[TrustedRoot], revoked| {
        registry.trust(Trusted::new(roots, revoked));
        changes.try_recv().ok()
    };
    let all = roots();
    assert_eq!(told(&all, revoked()), None, "nothing changed");
    assert_eq!(told(&all, HashSet::new()), None, "a shorter list");
    assert_eq!(
        told(&all, revoked()),
        Some(Changed::Anybody),
        "a longer list"
    );
    assert_eq!(
        told(&all[..1], revoked()),
        Some(Changed::Anybody),
        "a root less"
    );
    assert_eq!(told(&all, revoked()), None, "a root more");
    let mut swapped = all.clone();
    swapped[1].ours = true;
    assert_eq!(told(&swapped, revoked()), Some(Changed::Anybody));
}

#[tokio::test]
async fn whose_certificate_ends_is_judged_anew_then_and_ninety_days_later() {
    let (registry, _) = registry().await;
    let mut changes = registry.changes();
    let mut told = |from, until| {
        registry.pass(from, until);
        match changes.try_recv() {
            Ok(Changed::Accounts(accounts)) => accounts
                .iter()
                .map(|(_, account)| account.to_string())
                .collect(),
            Ok(Changed::Anybody) => panic!("not everybody"),
            Err(_) => Vec::new(),
        }
    };
    let none: Vec<String> = Vec::new();
    assert_eq!(told(days(NOON, -1), Wall(NOON.0 - 1)), none);
    assert_eq!(told(Wall(NOON.0 - 1), NOON), ["1235"]);
    assert_eq!(told(NOON, Wall(NOON.0 + 1)), none);
    assert_eq!(told(NOON, days(NOON, 1)), ["A1"], "90 days are over");
    assert_eq!(told(days(NOON, 1), days(NOON, 89)), none);
    assert_eq!(told(days(NOON, 89), days(NOON, 90)), ["1235"]);
    let counts = registry.count_certificates(NOON);
    assert_eq!(
        (counts.in_force, counts.expired, counts.revoked),
        (3, 0, 1),
        "what ended long ago is forgotten"
    );
}

#[tokio::test]
async fn a_removed_path_takes_its_certificates_with_it() {
    let (registry, shelf) = registry().await;
    let own = certificate(OURS, OURS, 1, 300, &[]);
    let before = registry.count_certificates(NOON).in_force;
    let removed = registry.remove_path(Actor::system(), PathId::from_bytes([1; 16]));
    removed.await.unwrap();
    assert_eq!(registry.count_certificates(NOON).in_force, before - 1);
    // Somebody else is given the same account.
    let panel = binding(8, "1234", None, None);
    shelf.bindings.lock().unwrap().push(panel.clone());
    registry.put(vec![panel]);
    let answer = registry.identify(&claim("1234", Some("lan"), true, b""), Some(&own));
    assert_eq!(answer.unwrap_err(), IdentityRefusal::WrongCertificate);
}
