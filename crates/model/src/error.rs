//! The one registry of error codes, and what an operator is told.
//!
//! Codes are stable: programs match on them. A code is never renamed and never reused.

use std::fmt;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident, $code:literal, $status:literal;)*) => {
        /// A stable error code, with the HTTP status that it maps to.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ErrorCode { $($(#[$doc])* $variant,)* }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as programs see it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status (RFC 9110) of an answer with this code.
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }
        }
    };
}

error_codes! {
    /// The request is not what the API expects.
    RequestInvalid, "request.invalid", 400;
    /// No or an unknown bearer token.
    Unauthorised, "auth.required", 401;
    /// The token does not allow this.
    Forbidden, "auth.forbidden", 403;
    /// No such resource.
    NotFound, "request.not_found", 404;
    /// The method is not offered here.
    MethodNotAllowed, "request.method_not_allowed", 405;
    /// The body is too large.
    TooLarge, "request.too_large", 413;
    /// The body is in a format that is not read here.
    UnsupportedMedia, "request.unsupported_media", 415;
    /// Another panel could be mistaken for this one: same account, overlapping receiver and line.
    PanelAmbiguous, "panel.ambiguous", 409;
    /// Too many certificates of one path are in force.
    CertificatesTooMany, "certificate.too_many", 409;
    /// A panel has one path at least.
    PathLast, "path.last", 409;
    /// The family does not exist.
    FamilyUnknown, "family.unknown", 400;
    /// The site does not exist.
    SiteUnknown, "site.unknown", 400;
    /// The path, or the panel, cannot claim the supervision class (R1, R10).
    SupervisionRefused, "supervision.refused", 409;
    /// A verdict was given on an event that nobody doubts.
    EventNotDoubtful, "event.not_doubtful", 409;
    /// The event has a verdict already, and it says otherwise.
    VerdictGiven, "event.verdict_given", 409;
    /// The entry of the quarantine was adopted before.
    StrayAdopted, "quarantine.adopted", 409;
    /// The account of the entry is registered: it is the key that does not fit.
    StrayRegistered, "quarantine.registered", 409;
    /// The cursor points before what is kept.
    CursorExpired, "event.cursor_expired", 410;
    /// The disk is full.
    StoreFull, "store.full", 503;
    /// The store cannot read or write.
    StoreFailed, "store.failed", 503;
    /// A row of the store makes no sense.
    StoreCorrupt, "store.corrupt", 500;
    /// A file of the store was written by a newer Watchfire.
    StoreTooNew, "store.too_new", 500;
    /// We are stopping or not yet ready.
    Unavailable, "server.unavailable", 503;
    /// Something of ours went wrong.
    Internal, "server.internal", 500;
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What an operator is told: what happened, and what to do next. Never a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicMessage {
    /// What happened, in a sentence.
    pub title: String,
    /// What to do next.
    pub hint: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_unique_and_print_as_a_table() {
        let distinct: HashSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(distinct.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            println!("{:<28} {}", code.as_str(), code.http_status());
            assert!((400..600).contains(&code.http_status()));
        }
    }
}
