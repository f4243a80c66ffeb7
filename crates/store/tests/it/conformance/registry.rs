//! What every registry must do.

use engine::ports::{AddError, NewPanel, PanelFilter, Registry, TokenRow, Tokens};
use model::{Account, Actor, FamilyName, Panel, PanelIndex, PathPolicy, Right, SiteId, TokenId};

use crate::support::{NOON, TestClock};

/// A registry that also keeps tokens.
pub(crate) trait Store: Registry + Tokens {}
impl<S: Registry + Tokens> Store for S {}

pub(crate) fn actor() -> Actor {
    Actor {
        who: "tester".to_owned(),
        right: Right::AdminToken,
        reason: Some("a test".to_owned()),
    }
}

pub(crate) fn new(account: &str) -> NewPanel {
    NewPanel {
        name: None,
        site: None,
        family: FamilyName::parse("dc09").unwrap(),
        account: Account::parse(account.as_bytes()).unwrap(),
        receiver: None,
        line: None,
        listener: None,
        policy: PathPolicy::default(),
        key: None,
        path_name: None,
        watch: None,
    }
}

fn at(account: &str, receiver: Option<u32>, line: Option<u32>) -> NewPanel {
    NewPanel {
        receiver,
        line,
        ..new(account)
    }
}

async fn add(store: &dyn Store, panels: Vec<NewPanel>) -> Vec<Result<Panel, AddError>> {
    store.add_panels(actor(), NOON, panels).await
}

pub(super) async fn add_all(store: &dyn Store, panels: Vec<NewPanel>) -> Vec<Panel> {
    let added = add(store, panels).await;
    added.into_iter().map(Result::unwrap).collect()
}

pub(crate) async fn a_new_store_has_an_organisation_and_a_site(store: &dyn Store, _: &TestClock) {
    let organisations = store.organisations().await.unwrap();
    let sites = store.sites().await.unwrap();
    assert_eq!((organisations.len(), sites.len()), (1, 1));
    assert_eq!(organisations[0].name, "Default");
    assert_eq!(sites[0].organisation, organisations[0].id);
    assert_eq!(
        (&*sites[0].name, &*sites[0].time_zone),
        ("Default site", "UTC")
    );
    assert!(store.bindings().await.unwrap().is_empty());
}

pub(crate) async fn panels_are_answered_in_order_with_dense_numbers(
    store: &dyn Store,
    _: &TestClock,
) {
    let site = store.sites().await.unwrap().remove(0);
    let accounts: Vec<_> = (1..=700).map(|n| format!("{n:04}")).collect();
    let panels = add_all(store, accounts.iter().map(|a| new(a)).collect()).await;
    for (n, (panel, account)) in (1..).zip(panels.iter().zip(&accounts)) {
        assert_eq!((panel.index.0, panel.paths[0].index.0), (n, n));
        assert_eq!(panel.paths[0].account.as_str(), account);
        assert_eq!(
            (panel.site, panel.organisation),
            (site.id, site.organisation)
        );
        assert_eq!(panel.created, NOON);
    }
    let bindings = store.bindings().await.unwrap();
    assert_eq!(bindings.len(), 700);
    for (binding, panel) in bindings.iter().zip(&panels) {
        assert_eq!(binding.path, panel.paths[0]);
        assert_eq!(
            (binding.panel, binding.panel_index),
            (panel.id, panel.index)
        );
        assert_eq!(
            (binding.site, binding.organisation),
            (panel.site, panel.organisation)
        );
    }
    let detail = store.panel(panels[699].id).await.unwrap().unwrap();
    assert_eq!(detail.panel, panels[699]);
    assert!(detail.partitions.is_empty() && detail.zones.is_empty());
}

pub(crate) async fn a_panel_without_a_name_is_called_by_its_account(
    store: &dyn Store,
    _: &TestClock,
) {
    let mut named = new("1234");
    named.name = Some("Bakery".to_owned());
    let panels = add_all(store, vec![named, new("12ab")]).await;
    assert_eq!(panels[0].name, "Bakery");
    assert_eq!(panels[1].name, "12AB");
}

pub(crate) async fn the_very_same_panel_exists_already(store: &dyn Store, _: &TestClock) {
    let first = add_all(store, vec![at("1234", Some(1), None)])
        .await
        .remove(0);
    let again = add(store, vec![at("1234", Some(1), None), new("9")]).await;
    assert_eq!(again[0], Err(AddError::Exists { panel: first.id }));
    assert_eq!(
        again[1].as_ref().unwrap().index,
        PanelIndex(2),
        "no number is used up"
    );
}

pub(crate) async fn a_panel_that_a_frame_could_confuse_is_ambiguous(
    store: &dyn Store,
    _: &TestClock,
) {
    let first = add_all(store, vec![at("1234", Some(1), None)])
        .await
        .remove(0);
    for other in [
        new("1234"),
        at("1234", None, Some(2)),
        at("1234", Some(1), Some(2)),
    ] {
        let refused = add(store, vec![other]).await.remove(0);
        assert_eq!(refused, Err(AddError::Ambiguous { panel: first.id }));
    }
    let mut other_family = new("1234");
    other_family.family = FamilyName::parse("mqtt").unwrap();
    add_all(store, vec![other_family]).await;
}

pub(crate) async fn conflicts_within_a_batch_are_found(store: &dyn Store, _: &TestClock) {
    let batch = vec![
        at("1", Some(1), None),
        at("1", Some(1), None),
        new("1"),
        at("1", Some(2), None),
    ];
    let added = add(store, batch).await;
    let first = added[0].as_ref().unwrap().id;
    assert_eq!(added[1], Err(AddError::Exists { panel: first }));
    assert_eq!(added[2], Err(AddError::Ambiguous { panel: first }));
    assert_eq!(added[3].as_ref().unwrap().index, PanelIndex(2));
}

pub(crate) async fn receiver_and_line_tell_equal_accounts_apart(store: &dyn Store, _: &TestClock) {
    let batch = vec![
        at("1234", Some(1), Some(1)),
        at("1234", Some(1), Some(2)),
        at("1234", Some(2), None),
    ];
    let panels = add_all(store, batch).await;
    let filter = PanelFilter {
        account: Some(panels[0].paths[0].account),
        text: None,
    };
    let found = store.panels(filter, None, 10).await.unwrap();
    assert_eq!(found.panels, panels);
}

pub(crate) async fn an_unknown_site_is_named(store: &dyn Store, _: &TestClock) {
    let site = SiteId::from_bytes([9; 16]);
    let mut elsewhere = new("1");
    elsewhere.site = Some(site);
    let known = store.sites().await.unwrap()[0].id;
    let mut here = new("2");
    here.site = Some(known);
    let added = add(store, vec![elsewhere, here]).await;
    assert_eq!(added[0], Err(AddError::UnknownSite { site }));
    assert_eq!(added[1].as_ref().unwrap().site, known);
}

pub(crate) async fn panels_are_found_by_account_and_by_text(store: &dyn Store, _: &TestClock) {
    let named = |account, name: &str| NewPanel {
        name: Some(name.to_owned()),
        ..new(account)
    };
    let batch = vec![
        named("12AB", "Bäckerei Über"),
        named("7", "100%_sure"),
        new("ABC1"),
    ];
    add_all(store, batch).await;
    let cases: [(Option<&str>, Option<&str>, &[u32]); 9] = [
        (None, None, &[1, 2, 3]),
        (Some("12ab"), None, &[1]),
        (Some("12"), None, &[]),
        (None, Some("BÄCKEREI"), &[1]),
        (None, Some("über"), &[1]),
        (None, Some("ab"), &[1, 3]),
        (None, Some("%_"), &[2]),
        (None, Some("_%"), &[]),
        (Some("12AB"), Some("abc"), &[]),
    ];
    for (account, text, expected) in cases {
        let filter = PanelFilter {
            account: account.map(|account| Account::parse(account.as_bytes()).unwrap()),
            text: text.map(str::to_owned),
        };
        let page = store.panels(filter.clone(), None, 10).await.unwrap();
        let found: Vec<_> = page.panels.iter().map(|panel| panel.index.0).collect();
        assert_eq!(found, expected, "{filter:?}");
        assert_eq!(page.next, None);
    }
}

pub(crate) async fn panels_come_in_pages_by_number(store: &dyn Store, _: &TestClock) {
    add_all(store, (1..=5).map(|n| new(&format!("{n}"))).collect()).await;
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = store
            .panels(PanelFilter::default(), cursor, 2)
            .await
            .unwrap();
        assert!(page.panels.len() <= 2);
        seen.extend(page.panels.iter().map(|panel| panel.index.0));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5]);
}

pub(crate) async fn a_token_is_replaced_by_its_name(store: &dyn Store, _: &TestClock) {
    let token = |id: u8, name: &str, digest: u8| TokenRow {
        id: TokenId::from_bytes([id; 16]),
        name: name.to_owned(),
        digest: [digest; 32],
        created: NOON,
    };
    assert!(store.tokens().await.unwrap().is_empty());
    for row in [
        token(1, "admin", 1),
        token(2, "backup", 2),
        token(3, "admin", 3),
    ] {
        store.put_token(actor(), row).await.unwrap();
    }
    let expected = [token(3, "admin", 3), token(2, "backup", 2)];
    assert_eq!(store.tokens().await.unwrap(), expected);
}
