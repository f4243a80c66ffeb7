//! Who panels are: what the engine answered, remembered; and what it is still asked.
//!
//! Invariants:
//! 1. Memory and open questions are bounded (I7); while too many are open, nobody is read.
//! 2. A question stays open until it is answered, over as many links as that takes.
//! 3. Nothing remembered outlives the link by which it came: changes may have been missed.

use std::collections::HashMap;
use std::sync::Arc;

use lru::LruCache;
use model::{AccountKey, Mono, limits};
use proto::Admitted;

use crate::link::IdentityAnswer;

/// What is remembered of an account.
#[derive(Debug, Clone)]
enum Memory {
    Admitted(Arc<Admitted>),
    UnknownUntil(Mono),
}

/// Remembered answers and open questions.
#[derive(Debug)]
pub(super) struct Identities {
    memory: LruCache<AccountKey, Memory>,
    capacity: usize,
    open: HashMap<u64, AccountKey>,
}

impl Identities {
    /// Nothing known yet; at most `capacity` accounts are remembered.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            memory: LruCache::unbounded(),
            capacity,
            open: HashMap::new(),
        }
    }

    /// Whether another question may be asked.
    pub(super) fn has_room(&self) -> bool {
        self.open.len() < limits::LINK_IDENTIFY
    }

    /// The remembered answer, as if the engine had given it to this connection.
    pub(super) fn recall(
        &mut self,
        connection: u64,
        key: AccountKey,
        now: Mono,
    ) -> Option<IdentityAnswer> {
        let admitted = match self.memory.get(&key)? {
            Memory::Admitted(admitted) => Some(Arc::clone(admitted)),
            Memory::UnknownUntil(until) if now < *until => None,
            Memory::UnknownUntil(_) => return None,
        };
        Some(IdentityAnswer {
            connection,
            key,
            admitted,
        })
    }

    /// Notes that this connection asks.
    pub(super) fn ask(&mut self, connection: u64, key: AccountKey) {
        self.open.insert(connection, key);
    }

    /// Whether this connection waits for an answer.
    pub(super) fn awaits(&self, connection: u64) -> bool {
        self.open.contains_key(&connection)
    }

    /// Everything that must be asked again over a new link. What is remembered is forgotten.
    pub(super) fn relink(&mut self) -> impl Iterator<Item = (u64, AccountKey)> {
        self.memory.clear();
        self.open
            .iter()
            .map(|(connection, key)| (*connection, *key))
    }

    /// Takes an answer; `false` if nobody waits for it.
    pub(super) fn answered(&mut self, answer: &IdentityAnswer, now: Mono) -> bool {
        let memory = match &answer.admitted {
            Some(admitted) => Memory::Admitted(Arc::clone(admitted)),
            None => Memory::UnknownUntil(now.after(limits::UNKNOWN_ACCOUNT_MEMORY)),
        };
        self.memory.put(answer.key, memory);
        if self.memory.len() > self.capacity {
            self.memory.pop_lru();
        }
        if self.open.get(&answer.connection) == Some(&answer.key) {
            self.open.remove(&answer.connection);
            return true;
        }
        false
    }

    /// The connection is gone; nobody waits any more.
    pub(super) fn withdraw(&mut self, connection: u64) {
        self.open.remove(&connection);
    }

    /// These may have changed.
    pub(super) fn forget(&mut self, keys: &[AccountKey]) {
        for key in keys {
            self.memory.pop(key);
        }
    }

    /// Any may have changed.
    pub(super) fn forget_all(&mut self) {
        self.memory.clear();
    }
}

#[cfg(test)]
mod tests {
    use model::{Account, Epoch, FamilyName, PanelIndex, PathIndex};

    use super::*;

    const NOW: Mono = Mono(5_000_000_000);

    fn key(account: &str) -> AccountKey {
        AccountKey {
            family: FamilyName::parse("line").unwrap(),
            account: Account::parse(account.as_bytes()).unwrap(),
            receiver: None,
            line: None,
        }
    }

    fn answer(connection: u64, account: &str, known: bool) -> IdentityAnswer {
        let admitted = Admitted {
            panel: PanelIndex(1),
            path: PathIndex(1),
            epoch: Epoch(1),
            hub: false,
        };
        IdentityAnswer {
            connection,
            key: key(account),
            admitted: known.then_some(admitted),
        }
    }

    #[test]
    fn an_unknown_account_is_asked_for_again_after_five_seconds() {
        let mut identities = Identities::new(10);
        identities.ask(1, key("A"));
        assert!(identities.answered(&answer(1, "A", false), NOW));
        let soon = NOW.after(limits::UNKNOWN_ACCOUNT_MEMORY / 2);
        let recalled = identities.recall(2, key("A"), soon).unwrap();
        assert_eq!((recalled.connection, recalled.admitted), (2, None));
        let late = NOW.after(limits::UNKNOWN_ACCOUNT_MEMORY);
        assert_eq!(identities.recall(2, key("A"), late), None);
    }

    #[test]
    fn a_known_account_is_remembered_until_the_engine_says_otherwise() {
        let mut identities = Identities::new(10);
        identities.answered(&answer(1, "A", true), NOW);
        let later = NOW.after(std::time::Duration::from_hours(100));
        assert!(identities.recall(2, key("A"), later).is_some());
        identities.forget(&[key("A")]);
        assert_eq!(identities.recall(2, key("A"), later), None);
    }

    #[test]
    fn a_new_link_is_asked_everything_that_is_open_and_trusted_with_nothing_old() {
        let mut identities = Identities::new(10);
        identities.answered(&answer(1, "A", true), NOW);
        identities.ask(2, key("B"));
        identities.ask(3, key("C"));
        identities.withdraw(3);
        let again: Vec<_> = identities.relink().collect();
        assert_eq!(again, [(2, key("B"))]);
        assert_eq!(identities.recall(9, key("A"), NOW), None);
        assert!(identities.awaits(2));
    }

    #[test]
    fn an_answer_to_another_question_does_not_count() {
        let mut identities = Identities::new(10);
        identities.ask(1, key("A"));
        assert!(!identities.answered(&answer(1, "B", true), NOW));
        assert!(!identities.answered(&answer(2, "A", true), NOW));
        assert!(identities.awaits(1));
    }

    #[test]
    fn memory_and_questions_are_bounded() {
        let mut identities = Identities::new(2);
        for account in ["A", "B", "C"] {
            identities.answered(&answer(1, account, true), NOW);
        }
        assert_eq!(identities.recall(1, key("A"), NOW), None);
        assert!(identities.recall(1, key("C"), NOW).is_some());
        for connection in 0..limits::LINK_IDENTIFY as u64 {
            assert!(identities.has_room());
            identities.ask(connection, key("A"));
        }
        assert!(!identities.has_room());
    }
}
