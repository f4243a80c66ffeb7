//! Who does something, by what right, and why: on every change, and in the audit table.

/// Who acts. Every handler that changes anything takes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// A name that a person recognises: a token's name, `watchfire` for ourselves.
    pub who: String,
    /// What allows it.
    pub right: Right,
    /// Why, where a reason was given.
    pub reason: Option<String>,
}

impl Actor {
    /// Watchfire itself, for what it does unasked.
    pub fn system() -> Self {
        Self {
            who: "watchfire".to_owned(),
            right: Right::System,
            reason: None,
        }
    }
}

/// By what right somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Watchfire's own housekeeping.
    System,
    /// A bearer token that administers everything but calming commands (R22).
    AdminToken,
}

impl Right {
    /// The name in audit rows and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::AdminToken => "admin_token",
        }
    }
}
