//! What the bench does to the server while the fleet lives. A fleet that is sent by hand leaves
//! its receiver alone, and all of this aside.

use std::time::Duration;

use model::limits::GATEWAYS;
use serde::{Deserialize, Serialize};

use crate::terms::Span;

/// What the bench does to the server while the fleet lives.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerPart {
    /// With how many gateways it runs: one run after the other. As many as it finds right, in one
    /// run, if not given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gateways: Vec<u32>,
    /// When all of it is ended and started again, after the first signal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_after: Option<Span>,
    /// How long it stays away then; it is started again at once, if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restart_for: Option<Span>,
}

impl ServerPart {
    pub(super) fn check(&self, duration: Option<Span>) -> Result<(), &'static str> {
        let possible = |gateways: &u32| (1..=GATEWAYS).contains(&(*gateways as usize));
        if !self.gateways.iter().all(possible) {
            return Err("`gateways` of [server] are numbers from 1 to 256, a run each");
        }
        let Some(after) = self.restart_after else {
            return match self.restart_for {
                None => Ok(()),
                Some(_) => Err("`restart_for` needs `restart_after`: when the server is restarted"),
            };
        };
        let back = after.0 + self.restart_for.map_or(Duration::ZERO, |away| away.0);
        if duration.is_some_and(|duration| duration.0 <= back) {
            return Err("the server is not back within `duration`");
        }
        Ok(())
    }
}
