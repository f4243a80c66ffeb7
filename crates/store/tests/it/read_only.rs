//! Disks that cannot be written, and files that cannot be: open for reading, closed for signals.

use engine::ports::{AddError, AppendError, EventFilter, EventLog, Health, RepeatQuery, Tokens};
use engine::ports::{Registry, TokenRow};
use model::{Actor, EventSeq, PathIndex, TokenId};
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};
use rustix::mount::{mount_bind, mount_change, mount_remount, unmount};
use store::{Store, verify};

use crate::support::{Folder, NOON, key, message};

/// A folder that cannot be written while the value lives.
struct ReadOnly<'a>(&'a std::path::Path);

impl<'a> ReadOnly<'a> {
    fn new(path: &'a std::path::Path) -> Self {
        let read_only = mount_bind(path, path)
            .and_then(|()| mount_change(path, MountPropagationFlags::PRIVATE))
            .and_then(|()| mount_remount(path, MountFlags::BIND | MountFlags::RDONLY, ""));
        assert!(
            read_only.is_ok(),
            "this test mounts a folder read-only, for which it must run as root: {read_only:?}"
        );
        Self(path)
    }
}

impl Drop for ReadOnly<'_> {
    fn drop(&mut self) {
        let unmounted = unmount(self.0, UnmountFlags::DETACH);
        assert!(unmounted.is_ok(), "{unmounted:?}");
    }
}

async fn is_open_for_reading_only(store: &Store) {
    let check = store.checks().remove(0);
    assert!(
        !check.ok && check.detail.contains("cannot be written"),
        "{check:?}"
    );
    assert_eq!(store.head(), EventSeq(1));
    let page = store
        .events(EventFilter::default(), None, false, 10)
        .await
        .unwrap();
    assert_eq!(page.events.len(), 1);
    assert_eq!(store.sites().await.unwrap().len(), 1);
    for _ in 0..2 {
        let refused = store.append(vec![message(1, 2, NOON)]).await;
        assert!(
            matches!(refused, Err(AppendError::Failed { .. })),
            "{refused:?}"
        );
        assert!(matches!(
            store.probe().await,
            Err(AppendError::Failed { .. })
        ));
    }
    let token = TokenRow {
        id: TokenId::from_bytes([1; 16]),
        name: "admin".to_owned(),
        digest: [0; 32],
        created: NOON,
    };
    let refused = store.put_token(Actor::system(), token).await;
    assert!(
        matches!(refused, Err(AddError::Store { full: false, .. })),
        "{refused:?}"
    );
    // I1: an acknowledgement may rest on a repeat that is found, so none is.
    let query = RepeatQuery {
        path: PathIndex(1),
        key: key(1),
        panel_time: None,
        numbered: false,
    };
    assert!(store.find_repeats(vec![query]).await.is_err());
    assert!(store.latest_by_path(NOON).await.is_err());
}

#[tokio::test]
async fn a_disk_mounted_read_only_is_read_and_signals_are_refused() {
    let folder = Folder::new();
    let store = folder.open();
    store.append(vec![message(1, 1, NOON)]).await.unwrap();
    drop(store);
    {
        let _mounted = ReadOnly::new(&folder.path);
        let store = folder.open();
        is_open_for_reading_only(&store).await;
        drop(store);
        assert_eq!(verify(&folder.path, &mut |_| {}).unwrap().findings, []);
    }
    // Nothing was lost by it.
    let store = folder.open();
    assert_eq!(
        store.append(vec![message(1, 2, NOON)]).await.unwrap().head,
        EventSeq(2)
    );
}

#[tokio::test]
async fn a_store_that_cannot_write_its_newest_day_fails_for_good() {
    let folder = Folder::new();
    let store = folder.open();
    store.append(vec![message(1, 1, NOON)]).await.unwrap();
    // A tool that people run on the files holds the lock for writing, longer than we wait.
    let tool = rusqlite::Connection::open(folder.day_file("2026-03-10")).unwrap();
    tool.execute_batch("BEGIN IMMEDIATE").unwrap();
    let failed = store.append(vec![message(1, 2, NOON)]).await;
    assert!(
        matches!(failed, Err(AppendError::Failed { .. })),
        "{failed:?}"
    );
    tool.execute_batch("ROLLBACK").unwrap();
    drop(tool);
    // It could be written again, but what was written may not be on the disk.
    is_open_for_reading_only(&store).await;
    drop(store);
    let store = folder.open();
    assert!(store.checks()[0].ok);
    assert_eq!(
        store.append(vec![message(1, 2, NOON)]).await.unwrap().head,
        EventSeq(2)
    );
}

#[tokio::test]
async fn a_folder_that_holds_nothing_and_cannot_be_written_is_not_opened() {
    let folder = Folder::new();
    let _mounted = ReadOnly::new(&folder.path);
    let error = Store::open(folder.settings()).unwrap_err();
    assert!(error.public().hint.is_some());
    assert_eq!(error.code(), model::ErrorCode::StoreFailed);
}
