//! Who asks: bearer tokens (RFC 6750), known by their keyed digest only.
//!
//! Invariant: a token is compared by its HMAC-SHA-256 in constant time, with every row, so that
//! the time of an answer tells nothing of the tokens that exist.
//! Invariant: neither token nor key is in any log, error or debug text (I10).

use std::fmt;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::HeaderValue;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use engine::ports::TokenRow;
use hmac::{Hmac, KeyInit, Mac};
use model::{Actor, ErrorCode, Right};
use sha2::Sha256;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::problem::Problem;
use crate::router::App;

/// Finds out who a bearer token stands for.
pub trait Authenticate: Send + Sync {
    /// Who holds this token; `None` if nobody does.
    fn actor(&self, bearer: &str) -> Option<Actor>;
}

/// The digest under which a token is kept: HMAC-SHA-256 of it under the key file's key.
pub fn token_digest(key: &[u8], bearer: &str) -> [u8; 32] {
    let mut mac = hmac_sha256(key);
    mac.update(bearer.as_bytes());
    mac.finalize().into_bytes().into()
}

fn hmac_sha256(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

/// The tokens of the store.
pub struct TokenDigests {
    key: Vec<u8>,
    rows: Vec<TokenRow>,
}

impl TokenDigests {
    /// Knows the tokens of `rows`, whose digests were made under `key`.
    pub fn new(key: Vec<u8>, rows: Vec<TokenRow>) -> Self {
        Self { key, rows }
    }
}

/// The key is a secret.
impl fmt::Debug for TokenDigests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenDigests")
            .field("tokens", &self.rows.len())
            .finish_non_exhaustive()
    }
}

impl Authenticate for TokenDigests {
    fn actor(&self, bearer: &str) -> Option<Actor> {
        let shown = token_digest(&self.key, bearer);
        let mut found = Choice::from(0);
        let mut at = 0_u32;
        for (index, row) in (0_u32..).zip(&self.rows) {
            let equal = row.digest.ct_eq(&shown);
            at.conditional_assign(&index, equal);
            found |= equal;
        }
        let row = self.rows.get(usize::try_from(at).ok()?)?;
        bool::from(found).then(|| Actor {
            who: row.name.clone(),
            right: Right::AdminToken,
            reason: None,
        })
    }
}

/// Lets nobody through without a known token, and says to the endpoint who asks. What it lets
/// out is for the caller alone: no cache keeps it.
pub(crate) async fn require_token(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let shown = bearer(&request);
    match shown.and_then(|token| app.services.authenticate.actor(token)) {
        Some(actor) => {
            request.extensions_mut().insert(Caller(actor));
            let mut response = next.run(request).await;
            let headers = response.headers_mut();
            let no_store = HeaderValue::from_static("no-store");
            headers.entry(CACHE_CONTROL).or_insert(no_store);
            response
        }
        None if shown.is_some() => refuse(
            "the bearer token is not known here",
            r#"Bearer realm="watchfire", error="invalid_token""#,
        ),
        None => refuse("no bearer token was sent", r#"Bearer realm="watchfire""#),
    }
}

fn bearer(request: &Request) -> Option<&str> {
    let value = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

fn refuse(detail: &str, challenge: &'static str) -> Response {
    let problem = Problem::new(ErrorCode::Unauthorised).detail(detail);
    ([(WWW_AUTHENTICATE, challenge)], problem).into_response()
}

/// Who asks. Endpoints take one; only [`require_token`] makes one.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) Actor);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        // Only an endpoint outside of `require_token` could come here: refuse all the same.
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| Problem::new(ErrorCode::Unauthorised))
    }
}

#[cfg(test)]
mod tests {
    use model::{TokenId, Wall};

    use super::*;

    fn row(name: &str, key: &[u8], token: &str) -> TokenRow {
        TokenRow {
            id: TokenId::from_bytes([1; 16]),
            name: name.to_owned(),
            digest: token_digest(key, token),
            created: Wall(0),
        }
    }

    #[test]
    fn a_token_stands_for_the_row_with_its_digest_and_no_other() {
        let key = b"key file".to_vec();
        let rows = vec![row("admin", &key, "aaa"), row("script", &key, "bbb")];
        let tokens = TokenDigests::new(key, rows);
        let who = |token| tokens.actor(token).map(|actor| actor.who);
        assert_eq!(who("aaa").as_deref(), Some("admin"));
        assert_eq!(who("bbb").as_deref(), Some("script"));
        assert_eq!(who("ccc"), None);
        assert_eq!(who(""), None);
    }

    #[test]
    fn a_digest_made_under_another_key_opens_nothing() {
        let tokens = TokenDigests::new(b"ours".to_vec(), vec![row("admin", b"theirs", "aaa")]);
        assert_eq!(tokens.actor("aaa"), None);
        assert_eq!(
            TokenDigests::new(b"ours".to_vec(), Vec::new()).actor(""),
            None
        );
    }

    #[test]
    fn the_digest_is_hmac_sha_256() {
        // RFC 4231, test case 2.
        let digest = token_digest(b"Jefe", "what do ya want for nothing?");
        assert_eq!(
            data_encoding::HEXLOWER.encode(&digest),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn debug_shows_neither_key_nor_digest() {
        let tokens = TokenDigests::new(b"secret".to_vec(), vec![row("admin", b"secret", "aaa")]);
        assert_eq!(format!("{tokens:?}"), "TokenDigests { tokens: 1, .. }");
    }
}
