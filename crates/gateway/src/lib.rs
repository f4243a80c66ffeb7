//! Where panels meet Watchfire: sockets and sessions on one side, the link to the engine on the
//! other.
//!
//! ```text
//!   panel ══ TCP ══ worker (a process per core, one thread)
//!                     │  link: three streams, urgent before normal before bulk
//!                   hub  (in the engine's process) ── engine::ports::Intake, Identities
//! ```
//!
//! [`worker`] is a gateway process: it owns sockets and sessions and knows no panel by heart.
//! [`link`] is what the two ends say to each other. [`hub`] is the engine's end.
//!
//! Invariant: nothing here acknowledges a signal. Sessions do, on the proof that the engine sent
//! and [`link`] read (I1).
//!
//! What never happens here: a database, a decision about what a repeat is, a family by name.

pub mod hub;
pub mod link;
pub mod tls;
pub mod worker;
