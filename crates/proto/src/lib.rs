//! The seam between a panel protocol and the gateway.
//!
//! A family is a row of a table ([`Family`]); a connection of that family is a [`Session`]: a
//! pure state machine that is fed bytes, identities, proofs of commitment and time, and is asked
//! what to transmit and what happened.
//!
//! ```text
//!              handle_bytes ┌─────────┐ poll_transmit
//!   socket ───────────────► │         │ ───────────────► socket
//!                           │ Session │
//!   engine ───────────────► │         │ ───────────────► engine
//!     handle_identity       └─────────┘ poll_event: Identify, Signal, Alive, …
//!     handle_committed           ▲
//!     handle_refused             │ handle_timeout / poll_timeout
//! ```
//!
//! Invariant: no session acknowledges a signal before [`Session::handle_committed`] brought the
//! proof for that very signal (I1); [`conformance`] checks this for every family.
//!
//! What never happens here: sockets, files, clocks, a runtime, a decision about what a repeat is.

pub mod conformance;
mod counted;
mod family;
mod identity;
mod session;
mod stray;

pub use counted::Counted;
pub use family::{Family, SessionBounds, SessionSetting, Strangers};
pub use identity::{Admitted, Identity, KEYS};
pub use session::{CloseReason, Outgoing, Session, SessionEvent};
pub use stray::{Stray, StrayReason};
