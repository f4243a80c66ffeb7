//! What every registry must do with the paths of its panels.

use engine::ports::{
    AddError, ChangeError, KeyChange, NewPanel, NewPath, PanelFilter, PathBinding, PathChange,
};
use model::{
    CipherKey, Forgery, KeyStrength, Learned, ListenerName, Panel, PanelId, PathCipher, PathId,
    PathIndex, PathPolicy, Wall,
};

use super::registry::{Store, actor, add_all, new};
use crate::support::{NOON, SECOND, TestClock};

const LATER: Wall = Wall(NOON.0 + SECOND);

pub(crate) fn key(octet: u8, length: usize) -> CipherKey {
    CipherKey::from_octets(&vec![octet; length]).unwrap()
}

fn listener(name: &str) -> Option<ListenerName> {
    ListenerName::parse(name)
}

fn path(account: &str) -> NewPath {
    new(account).path()
}

fn learned(memo: &[u8]) -> Learned {
    Learned {
        once_encrypted: true,
        forgery: Forgery::Visible,
        memo: memo.try_into().unwrap(),
    }
}

/// A panel with two paths, told apart by receiver.
async fn two_paths(store: &dyn Store) -> (Panel, PathBinding) {
    let first = NewPanel {
        receiver: Some(1),
        ..new("1234")
    };
    let panel = add_all(store, vec![first]).await.remove(0);
    let second = NewPath {
        receiver: Some(2),
        key: Some(key(7, 32)),
        ..path("1234")
    };
    let second = store.add_path(actor(), LATER, panel.id, second).await;
    (panel, second.unwrap())
}

async fn binding(store: &dyn Store, index: PathIndex) -> Option<PathBinding> {
    let all = store.bindings().await.unwrap();
    all.into_iter().find(|binding| binding.path.index == index)
}

pub(crate) async fn everything_that_a_path_is_registered_with_comes_back(
    store: &dyn Store,
    _: &TestClock,
) {
    let panel = NewPanel {
        receiver: Some(0x1A),
        line: Some(2),
        listener: listener("dc09_lan"),
        policy: PathPolicy {
            hub: true,
            accept_skewed: true,
        },
        key: Some(key(3, 24)),
        ..new("1234")
    };
    let added = add_all(store, vec![panel]).await.remove(0);
    let [path] = &added.paths[..] else {
        panic!("one path: {added:?}")
    };
    assert_eq!((path.receiver, path.line), (Some(0x1A), Some(2)));
    assert_eq!(path.listener, listener("dc09_lan"));
    assert!(path.policy.hub && path.policy.accept_skewed);
    let cipher = PathCipher {
        strength: KeyStrength::Aes192,
        set: NOON,
    };
    assert_eq!(path.cipher, Some(cipher));
    let bound = binding(store, path.index).await.unwrap();
    assert_eq!((&bound.path, bound.panel), (path, added.id));
    assert_eq!(bound.keys, [key(3, 24)]);
    assert_eq!(bound.learned, Learned::default());
    assert!(!bound.key_is_lost());
    let detail = store.panel(added.id).await.unwrap().unwrap();
    assert_eq!(detail.panel, added);
    assert!(!detail.standings[0].key_is_lost);
}

pub(crate) async fn another_path_of_a_panel_is_the_panels(store: &dyn Store, _: &TestClock) {
    let (panel, second) = two_paths(store).await;
    assert_eq!((second.panel, second.panel_index), (panel.id, panel.index));
    assert_eq!(
        (second.site, second.organisation),
        (panel.site, panel.organisation)
    );
    assert_eq!(second.path.index, PathIndex(2));
    assert_eq!(second.keys, [key(7, 32)]);
    assert_eq!(binding(store, PathIndex(2)).await, Some(second.clone()));
    let found = store
        .panels(PanelFilter::default(), None, 10)
        .await
        .unwrap();
    let [listed] = &found.panels[..] else {
        panic!("one panel: {found:?}")
    };
    assert_eq!(listed.paths, [panel.paths[0].clone(), second.path.clone()]);
    let detail = store.panel(panel.id).await.unwrap().unwrap();
    assert_eq!(detail.panel.paths, listed.paths);
    assert_eq!(detail.standings.len(), 2);
}

pub(crate) async fn a_path_that_a_frame_could_confuse_is_refused_within_its_panel_too(
    store: &dyn Store,
    _: &TestClock,
) {
    let (panel, _) = two_paths(store).await;
    let ambiguous = ChangeError::Refused(AddError::Ambiguous { panel: panel.id });
    let narrower = NewPath {
        receiver: Some(1),
        line: Some(1),
        ..path("1234")
    };
    for confusing in [path("1234"), narrower] {
        let refused = store.add_path(actor(), LATER, panel.id, confusing).await;
        assert_eq!(refused, Err(ambiguous.clone()));
    }
    let twin = NewPath {
        receiver: Some(2),
        ..path("1234")
    };
    let refused = store.add_path(actor(), LATER, panel.id, twin).await;
    let exists = ChangeError::Refused(AddError::Exists { panel: panel.id });
    assert_eq!(refused, Err(exists));
    assert_eq!(store.bindings().await.unwrap().len(), 2);
}

pub(crate) async fn listeners_tell_equal_accounts_apart(store: &dyn Store, _: &TestClock) {
    let by = |name| NewPanel {
        listener: listener(name),
        ..new("1234")
    };
    let panels = add_all(store, vec![by("lan"), by("mobile")]).await;
    let refused = store.add_panels(actor(), NOON, vec![by("lan"), new("1234")]);
    let refused = refused.await;
    let panel = panels[0].id;
    assert_eq!(refused[0], Err(AddError::Exists { panel }));
    assert_eq!(refused[1], Err(AddError::Ambiguous { panel }));
}

pub(crate) async fn only_what_is_named_is_changed(store: &dyn Store, _: &TestClock) {
    let (_, second) = two_paths(store).await;
    let id = second.path.id;
    let hub = PathChange {
        hub: Some(true),
        ..PathChange::default()
    };
    let changed = store.change_path(actor(), LATER, id, hub).await.unwrap();
    let mut expected = second.clone();
    expected.path.policy.hub = true;
    assert_eq!(changed, expected);
    let skewed = PathChange {
        hub: Some(false),
        accept_skewed: Some(true),
        ..PathChange::default()
    };
    let changed = store.change_path(actor(), LATER, id, skewed).await.unwrap();
    expected.path.policy = PathPolicy {
        hub: false,
        accept_skewed: true,
    };
    assert_eq!(changed, expected);
    assert_eq!(binding(store, second.path.index).await, Some(expected));
}

pub(crate) async fn a_key_is_replaced_and_taken_away(store: &dyn Store, _: &TestClock) {
    let (panel, second) = two_paths(store).await;
    let change = |key| PathChange {
        key,
        ..PathChange::default()
    };
    // The first path had none.
    for (id, octet) in [(panel.paths[0].id, 1), (second.path.id, 2)] {
        let set = change(KeyChange::Set(key(octet, 16)));
        let changed = store.change_path(actor(), LATER, id, set).await.unwrap();
        assert_eq!(changed.keys, [key(octet, 16)]);
        let cipher = PathCipher {
            strength: KeyStrength::Aes128,
            set: LATER,
        };
        assert_eq!(changed.path.cipher, Some(cipher));
        assert_eq!(binding(store, changed.path.index).await, Some(changed));
    }
    let removed = change(KeyChange::Remove);
    let changed = store.change_path(actor(), LATER, second.path.id, removed);
    let changed = changed.await.unwrap();
    assert_eq!((changed.path.cipher, changed.keys.len()), (None, 0));
    assert!(!changed.key_is_lost());
    assert_eq!(binding(store, changed.path.index).await, Some(changed));
}

pub(crate) async fn a_path_without_key_any_more_is_learned_anew(store: &dyn Store, _: &TestClock) {
    let (_, second) = two_paths(store).await;
    let index = second.path.index;
    store.learn(vec![(index, learned(b"a"))]).await.unwrap();
    let set = |key| PathChange {
        key,
        ..PathChange::default()
    };
    let replaced = set(KeyChange::Set(key(2, 16)));
    let changed = store.change_path(actor(), LATER, second.path.id, replaced);
    assert_eq!(changed.await.unwrap().learned, learned(b"a"));
    let removed = set(KeyChange::Remove);
    let changed = store.change_path(actor(), LATER, second.path.id, removed);
    assert_eq!(changed.await.unwrap().learned, Learned::default());
}

pub(crate) async fn a_removed_path_is_gone_and_its_number_is_never_given_again(
    store: &dyn Store,
    _: &TestClock,
) {
    let (panel, second) = two_paths(store).await;
    let removed = store.remove_path(actor(), LATER, second.path.id).await;
    assert_eq!(removed, Ok(second.path.clone()));
    assert_eq!(binding(store, second.path.index).await, None);
    let detail = store.panel(panel.id).await.unwrap().unwrap();
    assert_eq!(detail.panel.paths, panel.paths);
    let again = store.remove_path(actor(), LATER, second.path.id).await;
    let unknown = ChangeError::UnknownPath {
        path: second.path.id,
    };
    assert_eq!(again, Err(unknown));
    // Its identity is free again, for another panel too.
    let other = NewPanel {
        receiver: Some(2),
        ..new("1234")
    };
    let other = add_all(store, vec![other]).await.remove(0);
    assert_eq!(other.paths[0].index, PathIndex(3));
    assert_eq!(binding(store, PathIndex(3)).await.unwrap().keys, []);
}

pub(crate) async fn the_only_path_of_a_panel_stays(store: &dyn Store, _: &TestClock) {
    let (panel, second) = two_paths(store).await;
    let first = panel.paths[0].id;
    store.remove_path(actor(), LATER, first).await.unwrap();
    let refused = store.remove_path(actor(), LATER, second.path.id).await;
    let last = ChangeError::LastPath {
        path: second.path.id,
        panel: panel.id,
    };
    assert_eq!(refused, Err(last));
    assert_eq!(binding(store, second.path.index).await, Some(second));
    let gone = PanelFilter {
        account: None,
        text: Some("1234".to_owned()),
    };
    let found = store.panels(gone, None, 10).await.unwrap();
    assert_eq!(
        found.panels.len(),
        1,
        "found by the account of the path left"
    );
}

pub(crate) async fn what_was_learned_is_kept_until_a_person_forgets_it(
    store: &dyn Store,
    _: &TestClock,
) {
    let (panel, second) = two_paths(store).await;
    let (one, two) = (panel.paths[0].index, second.path.index);
    let batch = vec![(one, learned(b"")), (two, learned(&[0xFF; 24]))];
    store.learn(batch).await.unwrap();
    assert_eq!(binding(store, one).await.unwrap().learned, learned(b""));
    let kept = binding(store, two).await.unwrap();
    assert_eq!(kept.learned, learned(&[0xFF; 24]));
    let detail = store.panel(panel.id).await.unwrap().unwrap();
    assert_eq!(detail.standings[1].learned, kept.learned);
    let forgotten = store.relearn(actor(), LATER, second.path.id).await.unwrap();
    assert_eq!(forgotten.learned, Learned::default());
    assert_eq!(forgotten.keys, [key(7, 32)]);
    assert_eq!(binding(store, two).await, Some(forgotten));
    assert_eq!(binding(store, one).await.unwrap().learned, learned(b""));
}

pub(crate) async fn what_is_learned_of_a_removed_path_is_left_out(
    store: &dyn Store,
    _: &TestClock,
) {
    let (panel, second) = two_paths(store).await;
    store
        .remove_path(actor(), LATER, second.path.id)
        .await
        .unwrap();
    let one = panel.paths[0].index;
    let batch = vec![(second.path.index, learned(b"a")), (one, learned(b"b"))];
    store.learn(batch).await.unwrap();
    let all = store.bindings().await.unwrap();
    let known: Vec<_> = all.iter().map(|b| (b.path.index, &b.learned)).collect();
    assert_eq!(known, [(one, &learned(b"b"))]);
}

pub(crate) async fn paths_and_panels_that_do_not_exist_are_named(store: &dyn Store, _: &TestClock) {
    let (panel, none) = (PanelId::from_bytes([9; 16]), PathId::from_bytes([8; 16]));
    let added = store.add_path(actor(), NOON, panel, path("1")).await;
    assert_eq!(added, Err(ChangeError::UnknownPanel { panel }));
    let unknown = ChangeError::UnknownPath { path: none };
    let change = PathChange::default();
    let changed = store.change_path(actor(), NOON, none, change).await;
    assert_eq!(changed, Err(unknown.clone()));
    let forgotten = store.relearn(actor(), NOON, none).await;
    assert_eq!(forgotten, Err(unknown.clone()));
    let removed = store.remove_path(actor(), NOON, none).await;
    assert_eq!(removed, Err(unknown));
}
