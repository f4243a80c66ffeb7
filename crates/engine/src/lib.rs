//! Policies.
pub mod ports;
