//! A registered path in as few octets as it can be. Pure.
//!
//! Invariant: what is put in comes out again, field by field ([`Row::of`], [`Row::binding`]).
//!
//! What most paths do not have lies apart; names that all paths share are kept once ([`Shared`]).

use model::{
    Account, CipherKey, FamilyName, Learned, ListenerName, OrganisationId, PanelId, PanelIndex,
    Path, PathCipher, PathId, PathIndex, PathName, PathPolicy, SiteId,
};

use crate::ports::PathBinding;

/// What many paths have in common, by number.
#[derive(Debug, Default)]
pub(super) struct Shared {
    families: Vec<FamilyName>,
    organisations: Vec<OrganisationId>,
}

/// The number of a value, which gets one if it has none. There are a handful of them.
fn number<T: PartialEq>(known: &mut Vec<T>, value: T) -> u32 {
    let at = known.iter().position(|one| *one == value);
    let at = at.unwrap_or_else(|| {
        known.push(value);
        known.len() - 1
    });
    u32::try_from(at).expect("as many as there are paths at most")
}

/// A path.
#[derive(Debug)]
pub(super) struct Row {
    id: PathId,
    panel: PanelId,
    site: SiteId,
    organisation: u32,
    family: u32,
    pub(super) index: PathIndex,
    pub(super) panel_index: PanelIndex,
    pub(super) account: Account,
    path_name: Option<PathName>,
    policy: PathPolicy,
    disabled: bool,
    rare: Option<Box<Rare>>,
}

/// What paths that show nothing but an account and a certificate do not have.
#[derive(Debug, Default, PartialEq, Eq)]
struct Rare {
    receiver: Option<u32>,
    line: Option<u32>,
    listener: Option<ListenerName>,
    cipher: Option<PathCipher>,
    keys: Vec<CipherKey>,
    learned: Learned,
    secret: Option<[u8; 32]>,
}

impl Row {
    pub(super) fn of(binding: PathBinding, shared: &mut Shared) -> Self {
        let path = binding.path;
        let rare = Rare {
            receiver: path.receiver,
            line: path.line,
            listener: path.listener,
            cipher: path.cipher,
            keys: binding.keys,
            learned: binding.learned,
            secret: binding.secret,
        };
        Self {
            id: path.id,
            panel: binding.panel,
            site: binding.site,
            organisation: number(&mut shared.organisations, binding.organisation),
            family: number(&mut shared.families, path.family),
            index: path.index,
            panel_index: binding.panel_index,
            account: path.account,
            path_name: path.path_name,
            policy: path.policy,
            disabled: binding.disabled,
            rare: (rare != Rare::default()).then(|| Box::new(rare)),
        }
    }

    pub(super) fn family(&self, shared: &Shared) -> FamilyName {
        shared.families[self.family as usize]
    }

    /// Whether it has a key that could not be opened.
    pub(super) fn key_is_lost(&self) -> bool {
        let rare = self.rare.as_deref();
        rare.is_some_and(|rare| rare.cipher.is_some() && rare.keys.is_empty())
    }

    pub(super) fn shows(&self, key: &model::AccountKey) -> bool {
        fn fits<T: PartialEq + Copy>(wanted: Option<T>, shown: Option<T>) -> bool {
            wanted.is_none() || wanted == shown
        }
        let rare_fits = |rare: &Rare| {
            fits(rare.receiver, key.receiver)
                && fits(rare.line, key.line)
                && fits(rare.listener, Some(key.listener))
        };
        fits(self.path_name, key.path_name) && self.rare.as_deref().is_none_or(rare_fits)
    }

    /// The path as everybody else knows it.
    pub(super) fn binding(&self, shared: &Shared) -> PathBinding {
        let rare = self.rare.as_deref();
        PathBinding {
            path: Path {
                id: self.id,
                index: self.index,
                family: self.family(shared),
                account: self.account,
                receiver: rare.and_then(|rare| rare.receiver),
                line: rare.and_then(|rare| rare.line),
                listener: rare.and_then(|rare| rare.listener),
                path_name: self.path_name,
                policy: self.policy,
                cipher: rare.and_then(|rare| rare.cipher),
            },
            panel: self.panel,
            panel_index: self.panel_index,
            site: self.site,
            organisation: shared.organisations[self.organisation as usize],
            keys: rare.map_or_else(Vec::new, |rare| rare.keys.clone()),
            learned: rare.map_or_else(Learned::default, |rare| rare.learned.clone()),
            secret: rare.and_then(|rare| rare.secret),
            disabled: self.disabled,
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{KeyStrength, Wall};

    use super::*;
    use crate::registry::tests::binding;

    #[test]
    fn what_is_put_in_comes_out_again() {
        let mut shared = Shared::default();
        let plain = binding(1, "1234", None, None);
        let mut full = binding(2, "AB12", Some(7), Some(9));
        full.path.family = FamilyName::parse("mqtt").unwrap();
        full.path.listener = ListenerName::parse("dc09_tls");
        full.path.path_name = PathName::parse("lan");
        full.path.policy.hub = true;
        full.path.cipher = Some(PathCipher {
            strength: KeyStrength::Aes128,
            set: Wall(5),
        });
        full.keys = vec![CipherKey::from_octets(&[7; 16]).unwrap()];
        full.learned.once_encrypted = true;
        full.organisation = OrganisationId::from_bytes([9; 16]);
        full.site = SiteId::from_bytes([8; 16]);
        full.secret = Some([3; 32]);
        full.disabled = true;
        for known in [plain, full] {
            let row = Row::of(known.clone(), &mut shared);
            assert_eq!(row.binding(&shared), known);
        }
    }

    #[test]
    fn a_path_takes_little_and_an_ordinary_one_nothing_apart() {
        let row = Row::of(binding(1, "1234", None, None), &mut Shared::default());
        assert_eq!((size_of::<Row>(), row.rare), (112, None));
    }
}
