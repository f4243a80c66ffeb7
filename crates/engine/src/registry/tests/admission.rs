//! Every outcome of a judgement, and what has live sessions judged anew.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use arrayvec::ArrayVec;
use model::{
    HolderName, IdentityClaim, IdentityRefusal, Issuer, PanelSecret, PathName, PeerCertificate,
    Proven, Serial, Wall, micros,
};

use super::*;
use crate::ports::{
    Admission, Authority, AuthorityError, CertificateOrder, CertificateRow, Credentials, Loaded,
    Measured, Reading, TrustedRoot,
};
use crate::registry::Trusted;
use crate::registry::figures::proof;

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

/// Who is claimed: `account/path:secret`; with `~` first, of a family that need not prove it.
fn claim(text: &str) -> IdentityClaim {
    let (account, secret) = text.split_once(':').unwrap_or((text, ""));
    let (account, name) = account.split_once('/').unwrap_or((account, ""));
    // Digested, it looks like the absence of a secret.
    let secret = secret.replace("ZEROS", &"\u{55}".repeat(32));
    IdentityClaim {
        key: AccountKey {
            path_name: PathName::parse(name),
            ..key(account.trim_start_matches('~'), None, None)
        },
        secret: (!secret.is_empty()).then(|| PanelSecret::new(secret.into())),
        must_prove: !account.starts_with('~'),
    }
}

/// Who is claimed, what is shown (authority, signer if that is another, number, days left, names),
/// and the proof, or the reason why not.
const OUTCOMES: &str = "
    ~0            | -                     | unknown_account     | nobody
    0:right       | -                     | unknown_account     | nobody's secret
    0             | ours 1 300            | unknown_account     | somebody's certificate
    1234/sat      | -                     | unknown_account     | a path that there is not
    1234          | -                     | unknown_account     | a path without its name
    ~99           | -                     | disabled            | frames
    99:right      | -                     | disabled            | a secret
    99            | ours 5 300            | disabled            | its own certificate

    ~1235         | -                     | frames              | need not prove it
    ~1235:wrong   | -                     | frames              | shows a secret by the way
    1235          | -                     | no_proof            | shows nothing
    1235:right    | -                     | secret              | its own
    1235:wrong    | -                     | wrong_secret        | another
    1235:righ     | -                     | wrong_secret        | a part of it
    A1:right      | -                     | wrong_secret        | of a path without one
    A1:ZEROS      | -                     | wrong_secret        | what looks like the absence of one

    1234/lan      | ours 1 300            | certificate         | its own
    1234/cell     | ours 1 300            | wrong_certificate   | of its other path
    ~1234/cell    | ours 1 300            | certificate         | frames: of its other path
    ~A1           | ours 1 300            | certificate         | frames: of its other account
    1235          | ours 1 300            | wrong_certificate   | of another panel
    ~1235         | ours 1 300            | wrong_certificate   | frames: of another panel
    1235:right    | ours 1 300            | wrong_certificate   | beside a good secret
    1234/lan      | ours 2 300            | wrong_certificate   | not on record
    1234/lan      | ours 2 300 1234       | wrong_certificate   | not on record, and named
    1234/lan      | ours/middle 1 300     | wrong_certificate   | its number, by another signer
    1234/lan      | ours 7 300            | wrong_certificate   | of a path that is gone
    1234/lan      | ours 6 300            | revoked             | of its own, revoked
    ~1234/lan     | ours 6 300            | revoked             | frames: revoked
    1235          | ours 4 0              | certificate         | in its last moment
    A1            | ours 3 -89            | expired_certificate | R27
    ~A1           | ours 3 -89            | expired_certificate | frames: R27
    A1            | ours 3 -90            | expired_certificate | on its last day
    A1            | ours 3 -91            | long_expired        | and then not
    ~A1           | ours 3 -91            | long_expired        | frames: and then not
    1235          | ours 8 -91            | long_expired        | forgotten

    A1            | theirs/middle 1 1 A1  | certificate         | named
    ~A1           | theirs/middle 1 1 A1  | certificate         | frames: named
    A1            | theirs 1 1 A1         | certificate         | named, by the root itself
    A1            | theirs 1 1 x b.org a1 | certificate         | in another case, last
    A1            | theirs 1 1 A2         | wrong_certificate   | another's
    ~A1           | theirs 1 1 A2         | wrong_certificate   | frames: another's
    A1            | theirs 1 1 A11 A xA1  | wrong_certificate   | nearly
    A1            | theirs 1 1            | wrong_certificate   | no name
    A1            | theirs/middle 66 1 A1 | revoked             | on the list of its signer
    A1            | theirs 67 1 A1        | revoked             | on the list of its root
    A1            | theirs/middle 67 1 A1 | certificate         | on another's list
    A1            | theirs 1 -1 A1        | expired_certificate | R27
    A1            | theirs 1 -91 A1       | long_expired        | and then not
    A1            | stranger 1 1 A1       | untrusted_issuer    | nobody's authority
    ~A1           | stranger 1 1 A1       | untrusted_issuer    | frames: nobody's authority
";

/// Reads what is shown.
fn shown(text: &str) -> Option<PeerCertificate> {
    let authority = |name| match name {
        "ours" => OURS,
        "theirs" => THEIRS,
        "middle" => INTERMEDIATE,
        "stranger" => Issuer([9; 32]),
        other => panic!("{other}"),
    };
    let mut words = text.split_whitespace();
    let first = words.next().filter(|first| *first != "-")?;
    let (issuer, signer) = first.split_once('/').unwrap_or((first, first));
    let mut number = || words.next().unwrap().parse::<i64>().unwrap();
    Some(PeerCertificate {
        issuer: authority(issuer),
        signer: authority(signer),
        serial: serial(u8::try_from(number()).unwrap()),
        not_after: days(NOON, number()),
        names: words
            .map(|name| HolderName::from(name).unwrap())
            .collect::<ArrayVec<_, _>>(),
    })
}

#[tokio::test]
async fn every_claim_has_its_outcome_and_is_counted() {
    let (registry, _) = registry().await;
    let mut asked: BTreeMap<String, f64> = BTreeMap::new();
    for line in OUTCOMES.lines().filter(|line| line.contains('|')) {
        let mut columns = line.split('|').map(str::trim);
        let mut column = || columns.next().unwrap();
        let (claim, certificate, expected) = (claim(column()), shown(column()), column());
        let answer = registry.identify(&claim, certificate.as_ref());
        let outcome = match answer {
            Ok(Admission { binding, proven }) => {
                assert_eq!(binding.path.account, claim.key.account, "{line}");
                proof(proven)
            }
            Err(refusal) => refusal.as_str(),
        };
        assert_eq!(outcome, expected, "{line}");
        *asked.entry(outcome.to_owned()).or_default() += 1.0;
    }
    let outcomes = IdentityRefusal::ALL.len() + Proven::ALL.len();
    assert_eq!(asked.len(), outcomes, "every outcome is in the table");
    assert_eq!(counts(&registry), asked);
}

/// By proof or reason.
fn counts(registry: &Registry) -> BTreeMap<String, f64> {
    let mut out = Vec::new();
    registry.measure(&mut out);
    let answers = out
        .into_iter()
        .filter(|one| one.name.starts_with("watchfire_identities_"));
    let count = |reading| match reading {
        Reading::Counter(count) => f64::from(u32::try_from(count).unwrap()),
        other => panic!("a counter: {other:?}"),
    };
    answers
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
    let identify = |who, certificate: Option<PeerCertificate>| {
        let answer = registry.identify(&claim(who), certificate.as_ref());
        answer.map(|admission| admission.proven)
    };
    assert_eq!(identify("~1234", None), Ok(Proven::ByFrames));
    let secret = identify("1234:x", None);
    assert_eq!(secret, Err(IdentityRefusal::WrongSecret));
    let certificate = identify("1234", shown("ours 1 300"));
    assert_eq!(certificate, Err(IdentityRefusal::UntrustedIssuer));
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
    let own = shown("ours 1 300");
    let before = registry.count_certificates(NOON).in_force;
    let removed = registry.remove_path(Actor::system(), PathId::from_bytes([1; 16]));
    removed.await.unwrap();
    assert_eq!(registry.count_certificates(NOON).in_force, before - 1);
    // Somebody else is given the same account.
    let panel = binding(8, "1234", None, None);
    shelf.bindings.lock().unwrap().push(panel.clone());
    registry.put(vec![panel]);
    let answer = registry.identify(&claim("1234/lan"), own.as_ref());
    assert_eq!(answer.unwrap_err(), IdentityRefusal::WrongCertificate);
}
