//! The endpoints under `/api/v1`, a file each.

pub(crate) mod availability;
pub(crate) mod certificates;
pub(crate) mod description;
pub(crate) mod disabling;
pub(crate) mod event_filter;
pub(crate) mod event_stream;
pub(crate) mod events;
pub(crate) mod import_rows;
pub(crate) mod incidents;
pub(crate) mod organisations;
pub(crate) mod panel_import;
pub(crate) mod panel_secret;
pub(crate) mod panels;
pub(crate) mod paths;
pub(crate) mod performance;
pub(crate) mod personal;
pub(crate) mod quarantine;
pub(crate) mod reason;
pub(crate) mod server;
pub(crate) mod sites;
pub(crate) mod supervision;
pub(crate) mod supervision_bulk;
pub(crate) mod tls;
pub(crate) mod trends;
pub(crate) mod verdicts;
