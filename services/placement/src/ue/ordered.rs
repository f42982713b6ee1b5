//! Ordered: one order is live. Nothing else is ordered before its outcome is in.

use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::index::SiteIx;

/// An order of the instance's present generation is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ordered {
    /// Since when it has served at the source.
    pub(crate) since: Timestamp,
    pub(crate) source: Option<SiteIx>,
    /// `None` lets it go.
    pub(crate) target: Option<SiteIx>,
}

impl Ordered {
    /// Whether it takes one of the app's slots.
    pub(crate) const fn takes_slot(&self) -> bool {
        self.target.is_some()
    }
}
