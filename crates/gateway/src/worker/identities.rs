//! Who panels are: what the engine answered, remembered; and what it is still asked.
//!
//! Invariants:
//! 1. Memory and open questions are bounded (I7); while too many are open, nobody is read.
//! 2. A question stays open until it is answered, over as many links as that takes.
//! 3. Nothing remembered outlives the link by which it came: changes may have been missed.
//! 4. What was answered to a proof is not remembered: it is of that connection alone.
//! 5. Who is known and who is not are remembered apart: strangers with ever new accounts push
//!    each other out of memory, never a panel.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use lru::LruCache;
use model::{
    Account, AccountKey, FamilyName, IdentityClaim, IdentityRefusal, ListenerName, Mono, PathName,
    Proven, limits,
};
use proto::Admitted;

use super::connection::FIRST_NUMBER;
use crate::link::{IdentityAnswer, Question};

/// Remembered answers and open questions.
#[derive(Debug)]
pub(super) struct Identities {
    known: Memory<Arc<Admitted>>,
    /// Until when each is taken for unknown.
    unknown: Memory<Mono>,
    open: HashMap<u64, Box<Question>>,
    renewals: Renewals,
}

/// Numbers for questions of our own: smaller than that of any connection.
#[derive(Debug, Default)]
struct Renewals(u64);

impl Renewals {
    fn next(&mut self) -> u64 {
        self.0 = self.0 % (FIRST_NUMBER - 1) + 1;
        self.0
    }

    fn question(&mut self, key: AccountKey) -> Question {
        Question {
            connection: self.next(),
            source: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            claim: IdentityClaim::of_account(key),
            certificate: None,
        }
    }
}

/// Whether what is remembered may answer it: not if a proof goes with it.
pub(super) fn may_remember(question: &Question) -> bool {
    !question.claim.must_prove && question.certificate.is_none()
}

impl Identities {
    /// Nothing known yet; at most `capacity` accounts are remembered as known, and as unknown.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            known: Memory::new(capacity),
            unknown: Memory::new(capacity),
            open: HashMap::new(),
            renewals: Renewals::default(),
        }
    }

    /// Whether another question may be asked.
    pub(super) fn has_room(&self) -> bool {
        self.open.len() < limits::LINK_IDENTIFY
    }

    /// How many questions are open.
    pub(super) fn open(&self) -> usize {
        self.open.len()
    }

    /// The remembered answer, as if the engine had given it to this connection.
    pub(super) fn recall(
        &mut self,
        connection: u64,
        key: AccountKey,
        now: Mono,
    ) -> Option<IdentityAnswer> {
        let admitted = match self.known.get(&key) {
            Some(admitted) => Ok(Arc::clone(admitted)),
            None if self.unknown.get(&key).is_some_and(|until| now < *until) => {
                Err(IdentityRefusal::UnknownAccount)
            }
            None => return None,
        };
        Some(IdentityAnswer {
            connection,
            key,
            admitted,
        })
    }

    /// Notes that this connection asks.
    pub(super) fn ask(&mut self, question: Box<Question>) {
        self.open.insert(question.connection, question);
    }

    /// Whether this connection waits for an answer.
    pub(super) fn awaits(&self, connection: u64) -> bool {
        self.open.contains_key(&connection)
    }

    /// Everything that must be asked again over a new link. What is remembered is forgotten.
    pub(super) fn relink(&mut self) -> impl Iterator<Item = Box<Question>> {
        self.forget_all();
        self.open.values().cloned()
    }

    /// Takes an answer; tells which question it answers, if anybody waits for it.
    pub(super) fn answered(&mut self, answer: &IdentityAnswer, now: Mono) -> Option<Box<Question>> {
        let open = self.open.get(&answer.connection);
        let awaited = open.is_some_and(|question| question.claim.key == answer.key);
        self.remember(answer, now);
        awaited
            .then(|| self.open.remove(&answer.connection))
            .flatten()
    }

    /// Remembers what is true whoever asks: nothing that hangs on a proof.
    fn remember(&mut self, answer: &IdentityAnswer, now: Mono) {
        match &answer.admitted {
            Ok(admitted) if admitted.proven == Proven::ByFrames => {
                self.unknown.remove(&answer.key);
                self.known.put(&answer.key, Arc::clone(admitted));
            }
            Ok(_) => {}
            Err(reason) if *reason != IdentityRefusal::UnknownAccount => {}
            Err(_) => {
                self.known.remove(&answer.key);
                let until = now.after(limits::UNKNOWN_ACCOUNT_MEMORY);
                self.unknown.put(&answer.key, until);
            }
        }
    }

    /// The connection is gone; nobody waits any more.
    pub(super) fn withdraw(&mut self, connection: u64) {
        self.open.remove(&connection);
    }

    /// What is remembered of this account, whatever goes with it, may have changed: it is
    /// forgotten. What was known is to be asked for anew as far as there is room, so that a panel
    /// stays known behind an address for which nobody is asked anything (R7).
    pub(super) fn forget(&mut self, account: (FamilyName, Account)) -> Vec<Question> {
        self.unknown.forget(account);
        let mut again = self.known.forget(account);
        again.truncate(limits::LINK_IDENTIFY.saturating_sub(self.open.len()));
        let ours = again.into_iter().map(|key| self.renewals.question(key));
        let ours: Vec<_> = ours.collect();
        let open = ours.iter().cloned().map(Box::new);
        self.open
            .extend(open.map(|question| (question.connection, question)));
        ours
    }

    /// Any may have changed.
    pub(super) fn forget_all(&mut self) {
        self.known.clear();
        self.unknown.clear();
    }
}

/// What tells the frames of one account apart.
type Variant = (ListenerName, Option<u32>, Option<u32>, Option<PathName>);

/// Something for each identity, by account first, so that an account is forgotten as a whole.
#[derive(Debug)]
struct Memory<T> {
    accounts: LruCache<(FamilyName, Account), Vec<(Variant, T)>>,
    capacity: usize,
}

fn apart(key: &AccountKey) -> ((FamilyName, Account), Variant) {
    let account = (key.family, key.account);
    let variant = (key.listener, key.receiver, key.line, key.path_name);
    (account, variant)
}

impl<T> Memory<T> {
    fn new(capacity: usize) -> Self {
        Self {
            accounts: LruCache::unbounded(),
            capacity,
        }
    }

    fn get(&mut self, key: &AccountKey) -> Option<&T> {
        let (account, wanted) = apart(key);
        let variants = self.accounts.get(&account)?;
        let found = variants.iter().find(|(variant, _)| *variant == wanted);
        found.map(|(_, value)| value)
    }

    fn put(&mut self, key: &AccountKey, value: T) {
        let (account, variant) = apart(key);
        let variants = self.accounts.get_or_insert_mut(account, Vec::new);
        variants.retain(|(known, _)| *known != variant);
        if variants.len() >= limits::IDENTITY_VARIANTS {
            variants.remove(0);
        }
        variants.push((variant, value));
        if self.accounts.len() > self.capacity {
            self.accounts.pop_lru();
        }
    }

    fn remove(&mut self, key: &AccountKey) {
        let (account, variant) = apart(key);
        if let Some(variants) = self.accounts.get_mut(&account) {
            variants.retain(|(known, _)| *known != variant);
            if variants.is_empty() {
                self.accounts.pop(&account);
            }
        }
    }

    /// Forgets the account; tells under which keys it was remembered.
    fn forget(&mut self, account: (FamilyName, Account)) -> Vec<AccountKey> {
        let variants = self.accounts.pop(&account).unwrap_or_default();
        let key = |((listener, receiver, line, path_name), _)| AccountKey {
            family: account.0,
            account: account.1,
            listener,
            receiver,
            line,
            path_name,
        };
        variants.into_iter().map(key).collect()
    }

    fn clear(&mut self) {
        self.accounts.clear();
    }
}

#[cfg(test)]
mod tests;
