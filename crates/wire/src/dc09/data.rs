//! What stands in the first brackets: an account, a bar, and content in the token's language.

/// The data of a message, split at its account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Data<'a> {
    /// The account that the events are about, which may be another one than the header's.
    pub account: Option<&'a [u8]>,
    /// What stands behind it, without the bar.
    pub content: &'a [u8],
}

/// Contents are personal data: they stay out of logs.
impl std::fmt::Debug for Data<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Data")
            .field("content_octets", &self.content.len())
            .finish_non_exhaustive()
    }
}

impl<'a> Data<'a> {
    /// Splits `#1234|content`. Without an account, with or without a bar, all is content.
    pub fn parse(data: &'a [u8]) -> Self {
        let Some(named) = data.strip_prefix(b"#") else {
            return Self {
                account: None,
                content: data.strip_prefix(b"|").unwrap_or(data),
            };
        };
        let bar = named.iter().position(|b| *b == b'|');
        let (account, content) = named.split_at(bar.unwrap_or(named.len()));
        Self {
            account: Some(account),
            content: content.strip_prefix(b"|").unwrap_or(content),
        }
    }
}
