//! The look-up by account, receiver and line.

#![expect(
    clippy::cast_possible_truncation,
    reason = "small numbers, chosen here"
)]

use std::sync::Arc;

use model::{
    Account, AccountKey, FamilyName, Learned, ListenerName, OrganisationId, PanelId, PanelIndex,
    Path, PathId, PathIndex, PathPolicy, SiteId,
};

use super::table::Table;
use crate::ports::PathBinding;

fn binding(index: u32, account: &str, receiver: Option<u32>, line: Option<u32>) -> PathBinding {
    PathBinding {
        path: Path {
            id: PathId::from_bytes([index as u8; 16]),
            index: PathIndex(index),
            family: FamilyName::parse("dc09").unwrap(),
            account: Account::parse(account.as_bytes()).unwrap(),
            receiver,
            line,
            listener: None,
            policy: PathPolicy::default(),
            cipher: None,
        },
        panel: PanelId::from_bytes([index as u8; 16]),
        panel_index: PanelIndex(index),
        site: SiteId::from_bytes([0; 16]),
        organisation: OrganisationId::from_bytes([0; 16]),
        keys: Vec::new(),
        learned: Learned::default(),
    }
}

fn key(account: &str, receiver: Option<u32>, line: Option<u32>) -> AccountKey {
    AccountKey {
        family: FamilyName::parse("dc09").unwrap(),
        account: Account::parse(account.as_bytes()).unwrap(),
        listener: ListenerName::parse("dc09").unwrap(),
        receiver,
        line,
    }
}

fn table(bindings: Vec<PathBinding>) -> Table {
    let mut table = Table::default();
    for binding in bindings {
        table.insert(Arc::new(binding));
    }
    table
}

#[test]
fn a_path_without_receiver_and_line_is_found_under_any() {
    let table = table(vec![binding(1, "1234", None, None)]);
    for shown in [
        key("1234", None, None),
        key("1234", Some(0x579), Some(0x10)),
    ] {
        assert_eq!(table.find(&shown).unwrap().path.index, PathIndex(1));
    }
    assert!(table.find(&key("1235", None, None)).is_none());
}

#[test]
fn equal_accounts_are_told_apart_by_receiver_and_line() {
    let table = table(vec![
        binding(1, "1234", Some(1), None),
        binding(2, "1234", Some(2), Some(1)),
        binding(3, "1234", Some(2), Some(2)),
    ]);
    let found = |receiver, line| {
        table
            .find(&key("1234", receiver, line))
            .map(|binding| binding.path.index.0)
    };
    assert_eq!(found(Some(1), Some(9)), Some(1));
    assert_eq!(found(Some(2), Some(1)), Some(2));
    assert_eq!(found(Some(2), Some(2)), Some(3));
    assert_eq!(
        found(Some(2), None),
        None,
        "a path that must show a line is not found without"
    );
    assert_eq!(found(None, None), None);
}
