//! Serving: it runs somewhere and nothing is ordered.

use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::index::SiteIx;
use crate::ue::{Instant, Wait};

/// It serves at a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Serving {
    pub(crate) since: Timestamp,
    /// Since when the policy has held another site to be better.
    pub(crate) better_since: Option<Instant>,
    pub(crate) site: SiteIx,
    pub(crate) wait: Wait,
}
