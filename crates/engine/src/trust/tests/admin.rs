//! Certificates and secrets that people give and take away.

use std::time::Duration;

use model::{
    Account, AccountKey, Actor, IdentityClaim, IdentityRefusal, PanelId, PanelSecret, PathId,
    PathName, PeerCertificate, Proven, limits,
};

use super::fakes::*;
use crate::ports::{
    AddError, CertificateRow, ChangeError, Changed, Identities, TrustAdmin, TrustError,
};
use crate::registry::tests::key;

fn panel(number: u8) -> PanelId {
    PanelId::from_bytes([number; 16])
}

fn path(number: u8) -> PathId {
    PathId::from_bytes([number; 16])
}

fn claim(account: &str, name: Option<&str>, secret: Option<PanelSecret>) -> IdentityClaim {
    IdentityClaim {
        key: AccountKey {
            family: family(),
            path_name: name.and_then(PathName::parse),
            ..key(account, None, None)
        },
        secret,
        must_prove: true,
    }
}

fn shown(row: &CertificateRow) -> PeerCertificate {
    PeerCertificate {
        issuer: OURS,
        signer: OURS,
        serial: row.serial.clone(),
        not_after: row.not_after,
        names: arrayvec::ArrayVec::new(),
    }
}

impl Life {
    fn judge(
        &self,
        claim: &IdentityClaim,
        row: Option<&CertificateRow>,
    ) -> Result<Proven, IdentityRefusal> {
        let certificate = row.map(shown);
        let answer = self.registry.identify(claim, certificate.as_ref());
        answer.map(|admission| admission.proven)
    }

    async fn enrol(&self, number: u8, of: Option<u8>) -> Result<CertificateRow, TrustError> {
        let made = self
            .trust
            .enrol(Actor::system(), panel(number), of.map(path), None);
        made.await.map(|(row, _)| row)
    }
}

fn accounts(changed: Changed) -> Vec<String> {
    match changed {
        Changed::Accounts(accounts) => accounts.iter().map(|(_, one)| one.to_string()).collect(),
        Changed::Anybody => panic!("not everybody"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_certificate_is_made_for_one_path_and_on_record_when_it_is_handed_out() {
    let world = World::new();
    let life = world.begin().await;
    world.clock.set(model::Wall(NOON.0 + 999_999));
    let made = life
        .trust
        .enrol(Actor::system(), panel(1), Some(path(2)), None);
    let (row, credentials) = made.await.unwrap();
    assert_eq!(credentials.certificate, "certificate of 1234");
    assert_eq!(world.vault.rows.lock().unwrap().last(), Some(&row));
    let order = world.files.made.lock().unwrap().remove(0);
    assert_eq!(
        (order.account, order.path_name, order.panel),
        (
            Account::parse(b"1234").unwrap(),
            PathName::parse("cell"),
            panel(1)
        )
    );
    assert_eq!((&order.serial, order.not_after), (&row.serial, days(730)));
    assert_eq!(
        (order.not_before, row.issued),
        (NOON, NOON),
        "whole seconds"
    );
    assert_eq!(row.serial.len(), 16);
    assert!(row.serial[0] & 0x80 == 0 && row.serial[0] != 0);
    let judged = |name| life.judge(&claim("1234", Some(name), None), Some(&row));
    assert_eq!(judged("cell"), Ok(Proven::ByCertificate));
    assert_eq!(judged("lan"), Err(IdentityRefusal::WrongCertificate));
    let listed = life.trust.certificates(panel(1)).await;
    assert_eq!(listed, Ok(vec![row]));
    life.end().await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_recorded_or_made_is_not_handed_out() {
    let world = World::new();
    let life = world.begin().await;
    let unknown = TrustError::Change(ChangeError::UnknownPanel { panel: panel(9) });
    assert_eq!(life.enrol(9, None).await, Err(unknown.clone()));
    assert_eq!(life.trust.certificates(panel(9)).await, Err(unknown));
    assert_eq!(life.enrol(1, None).await, Err(TrustError::WhichPath));
    let other = ChangeError::UnknownPath { path: path(3) };
    assert_eq!(life.enrol(1, Some(3)).await, Err(other.into()));
    let long = limits::CERTIFICATE_LONGEST + Duration::from_secs(1);
    let long = life
        .trust
        .enrol(Actor::system(), panel(3), None, Some(long));
    assert_eq!(
        long.await.map(drop),
        Err(TrustError::TooLong { days: 3_650 })
    );
    assert!(world.files.made.lock().unwrap().is_empty());
    *world.vault.broken.lock().unwrap() = true;
    let refused = life.enrol(3, None).await;
    let TrustError::Change(ChangeError::Refused(AddError::Store { full: true, .. })) =
        refused.unwrap_err()
    else {
        panic!("the store is full")
    };
    let unrecorded = CertificateRow {
        serial: world.files.made.lock().unwrap()[0].serial.clone(),
        path: model::PathIndex(3),
        path_id: path(3),
        issued: NOON,
        not_after: days(1),
        revoked: None,
    };
    let judged = life.judge(&claim("1235", None, None), Some(&unrecorded));
    assert_eq!(judged, Err(IdentityRefusal::WrongCertificate));
    *world.vault.broken.lock().unwrap() = false;
    world.write(Err(unreadable("no ca.key")));
    let refused = life.enrol(3, None).await;
    assert_eq!(refused, Err(unreadable("no ca.key").into()));
    life.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_path_has_only_so_many_certificates_in_force() {
    let world = World::new();
    let life = world.begin().await;
    let mut first = None;
    for _ in 0..limits::PATH_CERTIFICATES {
        let row = life.enrol(3, None).await.unwrap();
        first.get_or_insert(row);
    }
    let most = limits::PATH_CERTIFICATES;
    assert_eq!(life.enrol(3, None).await, Err(TrustError::TooMany { most }));
    let made = world.files.made.lock().unwrap().len();
    assert_eq!(made, most, "no key is made in vain");
    assert!(life.enrol(1, Some(1)).await.is_ok());
    let revoked = life.trust.revoke(Actor::system(), first.unwrap().serial);
    revoked.await.unwrap();
    assert!(life.enrol(3, None).await.is_ok());
    life.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_revoked_certificate_lets_nobody_in_from_the_answer_on_and_after_a_restart() {
    let world = World::new();
    let life = world.begin().await;
    let (old, new) = (life.enrol(3, None).await, life.enrol(3, None).await);
    let (old, new) = (old.unwrap(), new.unwrap());
    let mut changes = life.registry.changes();
    let revoked = life.trust.revoke(Actor::system(), old.serial.clone());
    assert_eq!(revoked.await.unwrap().revoked, Some(NOON));
    assert_eq!(accounts(changes.try_recv().unwrap()), ["1235"]);
    let claim = claim("1235", None, None);
    assert_eq!(
        life.judge(&claim, Some(&old)),
        Err(IdentityRefusal::Revoked)
    );
    assert_eq!(life.judge(&claim, Some(&new)), Ok(Proven::ByCertificate));
    let again = life.trust.revoke(Actor::system(), old.serial.clone());
    let serial = data_encoding::HEXLOWER.encode(&old.serial);
    assert_eq!(again.await, Err(TrustError::UnknownCertificate { serial }));
    life.end().await;
    let life = world.begin().await;
    assert_eq!(
        life.judge(&claim, Some(&old)),
        Err(IdentityRefusal::Revoked)
    );
    life.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_secret_is_shown_once_and_replaced_and_taken_away() {
    let world = World::new();
    let life = world.begin().await;
    let renew = async || {
        let made = life.trust.renew_secret(Actor::system(), panel(3), None);
        made.await.unwrap()
    };
    let (of, first) = renew().await;
    assert_eq!(of, path(3));
    let text = String::from_utf8(first.octets().to_vec()).unwrap();
    assert!(text.starts_with("wfp_") && text.len() == 4 + 52, "{text}");
    let judged = |secret: &PanelSecret| {
        let claim = claim("1235", None, Some(secret.clone()));
        life.judge(&claim, None)
    };
    assert_eq!(judged(&first), Ok(Proven::BySecret));
    let mut changes = life.registry.changes();
    let (_, second) = renew().await;
    assert_eq!(accounts(changes.try_recv().unwrap()), ["1235"]);
    assert_eq!(judged(&first), Err(IdentityRefusal::WrongSecret));
    assert_eq!(judged(&second), Ok(Proven::BySecret));
    let removed = life.trust.remove_secret(Actor::system(), panel(3), None);
    assert_eq!(removed.await, Ok(path(3)));
    assert_eq!(accounts(changes.try_recv().unwrap()), ["1235"]);
    assert_eq!(judged(&second), Err(IdentityRefusal::WrongSecret));
    let refused = life.trust.renew_secret(Actor::system(), panel(4), None);
    let family = model::FamilyName::parse("dc09").unwrap();
    assert_eq!(
        refused.await.map(drop),
        Err(TrustError::NoSecret { family })
    );
    life.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_disabled_panel_is_refused_on_all_of_its_paths_until_it_is_enabled() {
    let world = World::new();
    let life = world.begin().await;
    let row = life.enrol(1, Some(1)).await.unwrap();
    let lan = claim("1234", Some("lan"), None);
    let mut changes = life.registry.changes();
    let set = async |disabled| {
        let set = life.trust.set_disabled(Actor::system(), panel(1), disabled);
        set.await.unwrap();
    };
    set(true).await;
    assert_eq!(accounts(changes.try_recv().unwrap()), ["1234", "1234"]);
    assert_eq!(life.judge(&lan, Some(&row)), Err(IdentityRefusal::Disabled));
    set(false).await;
    assert_eq!(accounts(changes.try_recv().unwrap()), ["1234", "1234"]);
    assert_eq!(life.judge(&lan, Some(&row)), Ok(Proven::ByCertificate));
    let unknown = life.trust.set_disabled(Actor::system(), panel(9), true);
    let error = ChangeError::UnknownPanel { panel: panel(9) };
    assert_eq!(unknown.await, Err(error.into()));
    life.end().await;
}
