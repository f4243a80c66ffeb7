//! The HTTP API: resources, streams, health, metrics, and their description in OpenAPI.
//!
//! An edge over the engine's ports: [`router`] builds it from [`Services`], [`serve`] runs it on
//! a socket that the supervisor bound. Every request takes the same way: `request` gives it an
//! id, `auth` finds out who asks, an endpoint in `v1` reads its parameters (`params`, `body`),
//! asks a port, and answers in the shapes of `dto`; whatever goes wrong is a `problem`.
//!
//! Invariant: an operation that is not health answers nobody without a bearer token.
//! Invariant: what is not committed is never shown (I3): readers are woken by a bell and read by
//! cursor.
//! Invariant: raw bytes, texts and extended data leave only where they were asked for by name,
//! and only after the read has been audited (R30, R31).
//!
//! What never happens here: SQL, a panel's socket, a decision about signals; domain types as JSON.

mod auth;
mod body;
mod cursor;
mod dto;
mod health;
mod messages;
mod metrics;
mod openapi;
mod params;
mod problem;
mod request;
mod router;
mod serve;
mod services;
mod v1;

pub use auth::{Authenticate, TokenDigests, token_digest};
pub use openapi::openapi_json;
pub use router::router;
pub use serve::serve;
pub use services::{FamilyTitle, Services};
