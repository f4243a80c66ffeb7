//! Ending TLS: what gateways need for it, and one connection of it, without a socket.
//!
//! ```text
//!   TlsMaterial ─► Configurations ─► Secured (one for each connection) ─► octets of the session
//!                        │
//!                        └─► Authorities: who signed a certificate, in the engine's terms
//! ```
//!
//! TLS 1.3 and 1.2 with rustls' own choice of suites, by one provider, which is handed over
//! explicitly. No early data; one ticket for each connection, sealed under keys that all gateways
//! share, so that a panel resumes anywhere and nothing is kept here for those who left.
//!
//! Invariants:
//! 1. A resumed handshake verifies no certificate: what the panel showed is read anew whenever the
//!    engine is asked, and whether it is still good is the engine's to say.
//! 2. R27: a certificate that has expired ends no handshake, all else that is wrong with it does.
//! 3. A ticket opens only under the demand for certificates under which it was given: nobody
//!    carries one from a listener that asks for none to one that requires them.
//! 4. Private keys and keys of tickets are never printed (I10).

mod authorities;
mod certificate;
mod configuration;
mod refusal;
mod resting;
mod secured;
mod tickets;
mod verifier;

#[cfg(test)]
mod tests;

pub use authorities::Authorities;
pub use certificate::{Unreadable, issuer_named, issuer_of};
pub use configuration::{ClientCertificates, Configurations, MaterialError};
pub use secured::{Progress, Secured};
