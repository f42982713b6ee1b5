//! Edge sites.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ident::name_type;
use crate::{Area, Position, Tier, WaterMarks};

name_type!(
    /// Id of an edge site.
    SiteId,
    "site id"
);

/// One MEC cluster with a position.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Its id, unique in the catalogue.
    pub id: SiteId,
    /// What people call it; the id where nothing else is given.
    pub name: String,
    /// Where it is; a site without position is reached by pinned cells only.
    pub position: Option<Position>,
    /// The EMCO cluster behind it.
    pub cluster: ClusterRef,
    /// Address under which node ports of this site are reached, where apps use node ports.
    pub ingress: Option<String>,
    /// What kind of site it is.
    #[serde(default, skip_serializing_if = "Tier::is_edge")]
    pub tier: Tier,
    /// How much load it bears; any where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub water_marks: Option<WaterMarks>,
    /// What it has that apps can require, as `gpu`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub labels: BTreeSet<String>,
    /// The most instances that may be there: those that serve, those that are on their way there and those that are
    /// about to leave. No bound where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_instances: Option<u32>,
    /// Where UEs may be that it serves; everywhere where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_area: Option<Area>,
    /// The tenants whose apps it takes; every app where there are none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tenants: BTreeSet<String>,
    /// What an instance costs there for an hour, in whatever unit; 0 or more. Unknown where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<f64>,
}

/// What is wrong with a cost, if anything is.
pub fn cost_problem(cost: f64) -> Option<String> {
    let possible = cost.is_finite() && cost >= 0.0;
    (!possible).then(|| format!("{cost} is no cost: what an instance costs there for an hour, 0 or more, in any unit that is the same for all sites"))
}

/// A cluster as EMCO's clm names it: provider and cluster.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterRef {
    /// EMCO `clusterProvider`.
    pub provider: String,
    /// EMCO `cluster`.
    pub cluster: String,
}
