//! What every keeper of certificates, secrets and keys of tickets must do.

use engine::ports::{
    CertificateRow, ChangeError, ExpirySubject, ExpiryTold, NewPath, PathBinding, Registry,
    TicketKey, TrustStore,
};
use model::{Issuer, Panel, PanelId, PathId, PathIndex, Serial, Wall};
use zeroize::Zeroizing;

use super::registry::{actor, new};
use crate::support::{DAY, NOON, SECOND, TestClock};

const LATER: Wall = Wall(NOON.0 + SECOND);

/// A keeper of trust that also registers panels.
pub(crate) trait Store: Registry + TrustStore {}
impl<S: Registry + TrustStore> Store for S {}

async fn added(store: &dyn Store, account: &str) -> Panel {
    let added = store.add_panels(actor(), NOON, vec![new(account)]).await;
    added.into_iter().next().unwrap().unwrap()
}

async fn second_path(store: &dyn Store, panel: PanelId) -> PathBinding {
    let path = NewPath {
        ..new("5678").path()
    };
    let added = store.add_path(actor(), NOON, panel, path).await;
    added.unwrap()
}

fn serial(octet: u8) -> Serial {
    [octet; 16].into_iter().collect()
}

fn row(octet: u8, path: PathIndex, path_id: PathId, issued: Wall) -> CertificateRow {
    CertificateRow {
        serial: serial(octet),
        path,
        path_id,
        issued,
        not_after: Wall(issued.0 + 730 * DAY),
        revoked: None,
    }
}

async fn binding(store: &dyn Store, index: PathIndex) -> PathBinding {
    let all = store.bindings().await.unwrap();
    let found = all.into_iter().find(|one| one.path.index == index);
    found.unwrap()
}

pub(crate) async fn certificates_come_back_and_are_found_by_their_panel(
    store: &dyn Store,
    _: &TestClock,
) {
    let (one, two) = (added(store, "1234").await, added(store, "1235").await);
    let second = second_path(store, one.id).await.path;
    let first = &one.paths[0];
    let rows = [
        row(3, first.index, first.id, NOON),
        row(2, second.index, second.id, LATER),
        row(1, two.paths[0].index, two.paths[0].id, NOON),
    ];
    for row in &rows {
        let added = store.add_certificate(actor(), row.clone()).await;
        added.unwrap();
    }
    let mut all = store.certificates().await.unwrap();
    all.sort_by(|a, b| b.serial.cmp(&a.serial));
    assert_eq!(all, rows);
    let of = async |panel| store.certificates_of(panel).await.unwrap();
    let newest_first = vec![rows[1].clone(), rows[0].clone()];
    assert_eq!(of(one.id).await, Some(newest_first));
    assert_eq!(of(two.id).await, Some(vec![rows[2].clone()]));
    let third = added(store, "1236").await;
    assert_eq!(of(third.id).await, Some(vec![]));
    assert_eq!(of(PanelId::from_bytes([9; 16])).await, None);
}

pub(crate) async fn a_number_is_given_once(store: &dyn Store, _: &TestClock) {
    let panel = added(store, "1234").await;
    let path = &panel.paths[0];
    let first = row(1, path.index, path.id, NOON);
    store.add_certificate(actor(), first.clone()).await.unwrap();
    let again = row(1, path.index, path.id, LATER);
    assert!(store.add_certificate(actor(), again).await.is_err());
    assert_eq!(store.certificates().await.unwrap(), [first]);
    let nobody = row(2, PathIndex(9), PathId::from_bytes([9; 16]), NOON);
    assert!(store.add_certificate(actor(), nobody).await.is_err());
}

pub(crate) async fn a_certificate_is_revoked_once_and_stays_on_record(
    store: &dyn Store,
    _: &TestClock,
) {
    let panel = added(store, "1234").await;
    let path = &panel.paths[0];
    for octet in [1, 2] {
        let row = row(octet, path.index, path.id, NOON);
        store.add_certificate(actor(), row).await.unwrap();
    }
    let revoked = store.revoke_certificate(actor(), LATER, serial(1)).await;
    let expected = CertificateRow {
        revoked: Some(LATER),
        ..row(1, path.index, path.id, NOON)
    };
    assert_eq!(revoked.unwrap(), Some(expected.clone()));
    for unknown in [1, 3] {
        let again = store.revoke_certificate(actor(), LATER, serial(unknown));
        assert_eq!(again.await.unwrap(), None, "{unknown}");
    }
    let kept = store.certificates_of(panel.id).await.unwrap().unwrap();
    assert!(kept.contains(&expected) && kept.contains(&row(2, path.index, path.id, NOON)));
}

pub(crate) async fn a_removed_path_takes_its_certificates_and_its_secret_with_it(
    store: &dyn Store,
    _: &TestClock,
) {
    let panel = added(store, "1234").await;
    let second = second_path(store, panel.id).await.path;
    let of_second = row(1, second.index, second.id, NOON);
    store.add_certificate(actor(), of_second).await.unwrap();
    let set = store.set_secret(actor(), NOON, second.id, Some([7; 32]));
    set.await.unwrap();
    store.remove_path(actor(), LATER, second.id).await.unwrap();
    assert_eq!(store.certificates().await.unwrap(), []);
    let of_panel = store.certificates_of(panel.id).await.unwrap();
    assert_eq!(of_panel, Some(vec![]));
    let revoked = store.revoke_certificate(actor(), LATER, serial(1)).await;
    assert_eq!(revoked.unwrap(), None);
    let again = store.set_secret(actor(), LATER, second.id, None).await;
    let unknown = ChangeError::UnknownPath { path: second.id };
    assert_eq!(again, Err(unknown));
}

pub(crate) async fn a_secret_is_set_and_replaced_and_taken_away(store: &dyn Store, _: &TestClock) {
    let panel = added(store, "1234").await;
    let path = &panel.paths[0];
    let has_secret = async || {
        let detail = store.panel(panel.id).await.unwrap().unwrap();
        detail.standings[0].has_secret
    };
    assert!(!has_secret().await);
    for digest in [Some([1; 32]), Some([2; 32]), None] {
        let set = store.set_secret(actor(), NOON, path.id, digest).await;
        let set = set.unwrap();
        assert_eq!((set.secret, &set.path), (digest, path));
        assert_eq!(binding(store, path.index).await, set);
        assert_eq!(has_secret().await, digest.is_some());
    }
}

pub(crate) async fn a_disabled_panel_is_so_on_all_paths_and_since_when_it_was(
    store: &dyn Store,
    _: &TestClock,
) {
    let (panel, other) = (added(store, "1234").await, added(store, "1235").await);
    let second = second_path(store, panel.id).await;
    let set = async |at, disabled| {
        let set = store.set_disabled(actor(), at, panel.id, disabled).await;
        let set = set.unwrap();
        assert_eq!(set.len(), 2);
        assert!(set.iter().all(|one| one.disabled == disabled));
        let known = binding(store, second.path.index).await;
        assert_eq!(known, set[1]);
        let detail = store.panel(panel.id).await.unwrap().unwrap();
        detail.disabled
    };
    assert_eq!(set(NOON, true).await, Some(NOON));
    assert_eq!(set(LATER, true).await, Some(NOON));
    let third = NewPath {
        ..new("9012").path()
    };
    let third = store.add_path(actor(), LATER, panel.id, third).await;
    let third = third.unwrap();
    assert!(third.disabled, "a path that is added is not let in either");
    store
        .remove_path(actor(), LATER, third.path.id)
        .await
        .unwrap();
    assert!(!binding(store, other.paths[0].index).await.disabled);
    assert_eq!(set(LATER, false).await, None);
    assert_eq!(set(LATER, true).await, Some(LATER));
    let nobody = PanelId::from_bytes([9; 16]);
    let unknown = store.set_disabled(actor(), NOON, nobody, true).await;
    assert_eq!(unknown, Err(ChangeError::UnknownPanel { panel: nobody }));
}

pub(crate) async fn keys_of_tickets_are_kept_newest_first_in_place_of_those_before(
    store: &dyn Store,
    _: &TestClock,
) {
    let key = |octet: u8, made| TicketKey {
        name: [octet; 16],
        key: Zeroizing::new([octet + 100; 32]),
        made,
    };
    assert_eq!(store.ticket_keys().await.unwrap(), []);
    let put = async |keys| store.put_ticket_keys(keys).await.unwrap();
    put(vec![key(1, NOON), key(2, LATER)]).await;
    let kept = store.ticket_keys().await.unwrap();
    assert_eq!(kept, [key(2, LATER), key(1, NOON)]);
    let third = Wall(LATER.0 + SECOND);
    put(vec![key(3, third), key(2, LATER)]).await;
    let kept = store.ticket_keys().await.unwrap();
    assert_eq!(kept, [key(3, third), key(2, LATER)]);
}

pub(crate) async fn what_was_told_of_ends_is_kept_of_each_the_newest(
    store: &dyn Store,
    _: &TestClock,
) {
    let told = |subject, step: i64| ExpiryTold {
        subject,
        not_after: Wall(NOON.0 + 30 * DAY),
        step: Wall(NOON.0 + step),
    };
    let path = ExpirySubject::Path(PathIndex(7));
    let authority = ExpirySubject::Authority(Issuer([0xA5; 32]));
    assert_eq!(store.expiries_told().await.unwrap(), []);
    for batch in [
        vec![
            told(ExpirySubject::Server, 1),
            told(path, 1),
            told(authority, 1),
        ],
        vec![told(path, 2)],
    ] {
        store.put_expiries_told(batch).await.unwrap();
    }
    let mut kept = store.expiries_told().await.unwrap();
    kept.sort_by_key(|told| told.subject);
    let expected = [
        told(ExpirySubject::Server, 1),
        told(authority, 1),
        told(path, 2),
    ];
    assert_eq!(kept, expected);
}
