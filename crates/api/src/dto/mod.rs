//! The shapes of JSON, apart from the domain: `From` outward, a checked conversion inward.
//!
//! A field that is not known is `null`; a field that was not asked for is absent.

pub(crate) mod event;
pub(crate) mod incident;
pub(crate) mod link;
pub(crate) mod organisation;
pub(crate) mod panel;
pub(crate) mod panel_input;
pub(crate) mod parts;
pub(crate) mod path;
pub(crate) mod path_input;
pub(crate) mod performance;
pub(crate) mod quarantine;
pub(crate) mod secret;
pub(crate) mod supervision;
pub(crate) mod time;
pub(crate) mod took;
pub(crate) mod trust;
pub(crate) mod verdict;
