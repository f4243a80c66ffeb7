//! Who connects, by its client id.

use model::{Account, PathName};

/// What a client id says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) account: Account,
    pub(super) path: Option<PathName>,
}

impl Client {
    /// From `{account}` or `{account}/{path}`; `None` for anything else.
    pub(super) fn parse(id: &str) -> Option<Self> {
        let (account, path) = match id.split_once('/') {
            Some((account, path)) => (account, Some(PathName::parse(path)?)),
            None => (id, None),
        };
        let account = Account::parse(account.as_bytes()).ok()?;
        Some(Self { account, path })
    }

    /// Whether a text spells its account, in any case.
    pub(super) fn is_named(&self, text: &str) -> bool {
        self.account.as_str().eq_ignore_ascii_case(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_may_be_followed_by_the_name_of_a_path() {
        for (id, account, path) in [
            ("1234", "1234", None),
            ("12ab/lan", "12AB", Some("lan")),
            ("A/c2", "A", Some("c2")),
        ] {
            let client = Client::parse(id).unwrap();
            assert_eq!(client.account.as_str(), account);
            assert_eq!(client.path.as_ref().map(PathName::as_str), path);
        }
        for id in [
            "",
            "/lan",
            "1234/",
            "1234/LAN",
            "1234/lan/2",
            "12 34",
            "12345678901234567",
        ] {
            assert_eq!(Client::parse(id), None, "{id}");
        }
    }
}
