//! Ordered: one order is live. Nothing else is ordered before its outcome is in.

use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::guard::Way;
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
    /// The way for which it takes from budgets: letting go takes nothing.
    pub(crate) fn way(&self) -> Option<Way> {
        self.target.map(|target| Way { source: self.source, target })
    }
}
