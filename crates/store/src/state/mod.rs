//! `state.db`: everything but events. Who is registered, what follows from events, tokens, audit.
//!
//! Invariant: a change and its audit row are one transaction.
//! Invariant: dense numbers of panels and paths are given once and never again.
//! Invariant: a transaction is short (about 5 ms); what is long is cut into several.
//!
//! Failure: lack of space frees the ballast and the change is tried once more; any other failure
//! of the disk closes the gate ([`crate::gate`]).

pub(crate) mod audit;
pub(crate) mod bindings;
pub(crate) mod condition;
pub(crate) mod panels;
pub(crate) mod paths;
pub(crate) mod read;
pub(crate) mod states;
pub(crate) mod strays;
pub(crate) mod supervision;
pub(crate) mod tokens;
pub(crate) mod trust;
pub(crate) mod verdicts;
pub(crate) mod writer;
