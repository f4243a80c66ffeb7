//! How the link of a path is, as JSON.

use engine::ports::{PathCondition, ShownSession};
use model::{ConnectionReport, LinkKind, RebootReason, Wall};
use serde::Serialize;
use utoipa::ToSchema;

use super::time;

/// How the link of a path is, and what its panel last told of itself by it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PathLink {
    /// Where it is connected; `null` if it is not, or does not keep a connection.
    session: Option<Session>,
    /// Until when its signals are doubted, since two panels may be living on it; `null` if they are not.
    #[schema(format = DateTime)]
    clone_suspected_until: Option<String>,
    /// When the panel last said how it is; `null` if it has not since the server started.
    #[schema(format = DateTime)]
    reported: Option<String>,
    /// By what it is connected: `ethernet`, `wifi`, `2g`, `3g`, `4g`, `5g`, `other`.
    #[schema(example = "4g")]
    medium: Option<&'static str>,
    /// Received signal strength.
    rssi_dbm: Option<i16>,
    /// Charge of the battery.
    battery_percent: Option<u8>,
    /// Supply voltage.
    millivolts: Option<u32>,
    /// Whether it has mains.
    mains: Option<bool>,
    /// Temperature.
    celsius: Option<f64>,
    /// Round trip to the server, as the panel measured it.
    round_trip_ms: Option<u32>,
    /// For how long the panel had run when it said so.
    uptime_s: Option<u32>,
    /// Who the panel last said that it is.
    panel: Option<Identity>,
}

/// A connection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Session {
    /// From which address.
    #[schema(example = "192.0.2.7")]
    source: String,
    /// Since when; tells this admission of the path from others.
    #[schema(format = DateTime)]
    since: String,
    /// On which gateway.
    gateway: u16,
    /// The gateway's number for it.
    connection: u64,
}

/// Who a panel last said that it is, kept over restarts of the server.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Identity {
    /// When it said so.
    #[schema(format = DateTime)]
    at: String,
    /// `online`, `offline`, `sleeping`, `lost`.
    state: &'static str,
    /// How often it has started.
    boot: u32,
    firmware: Option<String>,
    model: Option<String>,
    /// Why it last started: `power`, `watchdog`, `update`, `command`, `crash`, `unknown`.
    reboot_reason: Option<&'static str>,
}

impl PathLink {
    /// `None` if nothing is known.
    pub(crate) fn new(
        session: Option<ShownSession>,
        doubted: Option<Wall>,
        condition: Option<PathCondition>,
    ) -> Option<Self> {
        if session.is_none() && doubted.is_none() && condition.is_none() {
            return None;
        }
        let condition = condition.unwrap_or_default();
        Some(Self {
            session: session.map(Session::from),
            clone_suspected_until: doubted.map(time::to_rfc3339),
            reported: condition.at.map(time::to_rfc3339),
            medium: condition.link.map(LinkKind::as_str),
            rssi_dbm: condition.rssi,
            battery_percent: condition.battery,
            millivolts: condition.millivolts,
            mains: condition.mains,
            celsius: condition.decidegrees.map(|tenths| f64::from(tenths) / 10.0),
            round_trip_ms: condition.round_trip,
            uptime_s: condition.uptime,
            panel: condition
                .connection
                .map(|(at, report)| Identity::new(at, &report)),
        })
    }
}

impl From<ShownSession> for Session {
    fn from(session: ShownSession) -> Self {
        Self {
            source: session.source.to_string(),
            since: time::to_rfc3339(session.since),
            gateway: session.place.gateway,
            connection: session.place.connection,
        }
    }
}

impl Identity {
    fn new(at: Wall, report: &ConnectionReport) -> Self {
        Self {
            at: time::to_rfc3339(at),
            state: report.state.as_str(),
            boot: report.boot,
            firmware: report.firmware.map(|text| text.to_string()),
            model: report.model.map(|text| text.to_string()),
            reboot_reason: report.reason.map(RebootReason::as_str),
        }
    }
}
