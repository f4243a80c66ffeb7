//! Organisations and sites as JSON.

use serde::Serialize;
use utoipa::ToSchema;

/// A tenant: a security company, a dealer, an owner.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Organisation {
    id: String,
    /// What people call it.
    name: String,
}

/// All organisations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Organisations {
    pub(crate) organisations: Vec<Organisation>,
}

/// The premises that panels protect.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Site {
    id: String,
    /// Whose it is.
    organisation: String,
    /// What people call it.
    name: String,
    /// IANA time zone.
    #[schema(example = "Europe/Vienna")]
    time_zone: String,
}

/// All sites.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sites {
    pub(crate) sites: Vec<Site>,
}

impl From<model::Organisation> for Organisation {
    fn from(organisation: model::Organisation) -> Self {
        Self {
            id: organisation.id.to_string(),
            name: organisation.name,
        }
    }
}

impl From<model::Site> for Site {
    fn from(site: model::Site) -> Self {
        Self {
            id: site.id.to_string(),
            organisation: site.organisation.to_string(),
            name: site.name,
            time_zone: site.time_zone,
        }
    }
}
