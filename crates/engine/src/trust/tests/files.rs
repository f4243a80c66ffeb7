//! The files of TLS: read, read again, broken.

use model::{IdentityClaim, IdentityRefusal, PeerCertificate, Proven};

use super::fakes::*;
use crate::ports::{Changed, Health, Identities, Measured, TrustAdmin, TrustError};
use crate::registry::tests::key;

/// Shown by a panel with an operator's certificate.
fn theirs() -> PeerCertificate {
    PeerCertificate {
        issuer: THEIRS,
        signer: THEIRS,
        serial: [7].into_iter().collect(),
        not_after: days(100),
        names: [model::HolderName::from("1235").unwrap()]
            .into_iter()
            .collect(),
    }
}

fn judged(life: &Life) -> Result<Proven, IdentityRefusal> {
    let claim = IdentityClaim {
        key: model::AccountKey {
            family: family(),
            ..key("1235", None, None)
        },
        secret: None,
        must_prove: true,
    };
    let answer = life.registry.identify(&claim, Some(&theirs()));
    answer.map(|admission| admission.proven)
}

#[tokio::test(start_paused = true)]
async fn what_the_files_say_is_known_to_registry_and_gateways_at_once_and_anew_within_a_minute() {
    let world = World::new();
    let life = world.begin().await;
    let first = life.material().unwrap();
    assert_eq!(
        (&first.chain[..], &first.roots[..]),
        (&[vec![1]][..], &[vec![1; 32], vec![2; 32]][..])
    );
    assert_eq!(judged(&life), Ok(Proven::ByCertificate));
    look().await;
    assert_eq!(life.material(), Some(first.clone()), "nothing is new");
    let mut changes = life.registry.changes();
    let mut next = loaded(2);
    next.roots.pop();
    world.write(Ok(next));
    look().await;
    let second = life.material().unwrap();
    assert!(second.version > first.version);
    assert_eq!((&second.chain[..], second.roots.len()), (&[vec![2]][..], 1));
    // Nobody resumes what an authority that was taken out had let in.
    let name = |at: usize| second.tickets.get(at).map(|key| key.name);
    assert_ne!(name(0), first.tickets.first().map(|key| key.name));
    assert_eq!(name(1), None);
    assert_eq!(judged(&life), Err(IdentityRefusal::UntrustedIssuer));
    assert_eq!(changes.try_recv(), Ok(Changed::Anybody));
    assert!(world.told().is_empty());
    life.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_longer_revocation_list_is_in_force_when_the_reload_answers() {
    let world = World::new();
    let life = world.begin().await;
    let mut changes = life.registry.changes();
    let mut longer = loaded(2);
    longer.revoked.insert((THEIRS, theirs().serial));
    world.write(Ok(longer));
    let status = life.trust.reload().await.unwrap();
    assert_eq!((status.roots.len(), &status.problem), (2, &None));
    assert_eq!(status.version, life.material().unwrap().version);
    assert_eq!(judged(&life), Err(IdentityRefusal::Revoked));
    assert_eq!(changes.try_recv(), Ok(Changed::Anybody));
    life.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_keeps_what_was_and_is_told_once_until_it_is_well_again() {
    let world = World::new();
    let life = world.begin().await;
    let before = life.material();
    world.write(Err(unreadable("server.pem is cut off")));
    for _ in 0..3 {
        look().await;
    }
    world.write(Err(unreadable("server.pem is still cut off")));
    let answer = life.trust.reload().await;
    assert_eq!(
        answer,
        Err(TrustError::Authority(unreadable(
            "server.pem is still cut off"
        )))
    );
    assert_eq!(life.material(), before);
    assert_eq!(judged(&life), Ok(Proven::ByCertificate));
    let house = model::PathIndex::HOUSE;
    let cut_off = "server.pem is cut off".to_owned();
    assert_eq!(world.told(), [(house, "tls_reload", cut_off)]);
    let status = life.trust.status().await;
    assert_eq!(
        status.problem.as_deref(),
        Some("server.pem is still cut off")
    );
    assert!(life.trust.checks()[0].ok, "panels are served as before");
    world.write(Ok(loaded(1)));
    look().await;
    assert_eq!(life.trust.status().await.problem, None);
    assert_eq!(life.material(), before, "the same state as before");
    world.write(Err(unreadable("gone")));
    look().await;
    assert_eq!(world.told(), [(house, "tls_reload", "gone".to_owned())]);
    life.end().await;
}

#[tokio::test(start_paused = true)]
async fn files_that_cannot_be_read_at_the_start_keep_only_tls_from_being_served() {
    let world = World::new();
    world.write(Err(unreadable("no ca.pem")));
    let life = world.begin().await;
    settle().await;
    assert_eq!(life.material(), None);
    let check = life.trust.checks().remove(0);
    assert_eq!((check.ok, &*check.detail), (false, "no ca.pem"));
    assert_eq!(world.told().len(), 1);
    let frames = IdentityClaim::of_account(key("99", None, None));
    assert!(life.registry.identify(&frames, None).is_ok());
    assert_eq!(judged(&life), Err(IdentityRefusal::UntrustedIssuer));
    world.write(Ok(loaded(1)));
    look().await;
    assert!(life.material().is_some() && life.trust.checks()[0].ok);
    assert_eq!(judged(&life), Ok(Proven::ByCertificate));
    life.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_takes_nothing_keeps_nobody_from_reading_the_files() {
    let world = World::new();
    world.journal.open.send_replace(false);
    world.write(Err(unreadable("no ca.pem")));
    let life = world.begin().await;
    look().await;
    world.write(Ok(loaded(1)));
    assert!(life.trust.reload().await.is_ok());
    assert!(life.material().is_some());
    assert!(world.told().is_empty());
    world.journal.open.send_replace(true);
    settle().await;
    assert_eq!(world.told().len(), 1);
    life.end().await;
}

#[tokio::test(start_paused = true)]
async fn versions_grow_from_life_to_life() {
    let world = World::new();
    let life = world.begin().await;
    let first = life.material().unwrap().version;
    life.end().await;
    world.clock.set(hours(1));
    let life = world.begin().await;
    assert!(life.material().unwrap().version > first);
    life.end().await;
}

#[tokio::test(start_paused = true)]
async fn the_figures_tell_when_what_the_server_lives_by_ends() {
    let world = World::new();
    let life = world.begin().await;
    let mut out = Vec::new();
    life.trust.measure(&mut out);
    let ends: Vec<_> = out
        .iter()
        .filter(|one| one.name == "watchfire_certificate_not_after_seconds")
        .map(|one| (one.labels[1].1.as_str(), &one.reading))
        .collect();
    let [(_, server), (ours, _), (theirs, _)] = &ends[..] else {
        panic!("{ends:?}")
    };
    assert_eq!((*ours, *theirs), ("CN=ours", "CN=theirs"));
    let expected = f64::from(u32::try_from(days(365).0 / 1_000_000).unwrap());
    assert_eq!(**server, crate::ports::Reading::Gauge(expected));
    life.end().await;
}
