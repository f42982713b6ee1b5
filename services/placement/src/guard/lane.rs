//! Which budget: of an app, of a site or of all together; of what is under way, or of what is ordered.

use model::Guard;
use serde::{Deserialize, Serialize};

use crate::index::SiteIx;

/// Whose budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    App(u16),
    Site(SiteIx),
    Total,
}

/// Of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limited {
    /// Relocations and first placements under way.
    Concurrent,
    /// Orders given.
    Rate,
}

/// A budget that instances can wait for, in four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Lane(u32);

const APP: u32 = 0;
const SITE: u32 = 1;
const TOTAL: u32 = 2;

impl Lane {
    pub(crate) fn new(of: Of, limited: Limited) -> Self {
        let (kind, slot) = match of {
            Of::App(app) => (APP, u32::from(app)),
            Of::Site(site) => (SITE, site.slot() as u32),
            Of::Total => (TOTAL, 0),
        };
        let rate = match limited {
            Limited::Concurrent => 0,
            Limited::Rate => 1,
        };
        Self(slot << 3 | kind << 1 | rate)
    }

    pub(crate) fn of(self) -> Of {
        let slot = self.0 >> 3;
        match self.0 >> 1 & 3 {
            APP => Of::App(slot as u16),
            SITE => Of::Site(SiteIx::new(slot)),
            _ => Of::Total,
        }
    }

    pub(crate) const fn limited(self) -> Limited {
        if self.0 & 1 == 0 { Limited::Concurrent } else { Limited::Rate }
    }

    /// The guard that keeps it.
    pub(crate) fn guard(self) -> Guard {
        match (self.of(), self.limited()) {
            (Of::App(_), Limited::Concurrent) => Guard::ConcurrentRelocations,
            (Of::App(_), Limited::Rate) => Guard::AppRate,
            (Of::Site(_), Limited::Concurrent) => Guard::SiteConcurrent,
            (Of::Site(_), Limited::Rate) => Guard::SiteRate,
            (Of::Total, Limited::Concurrent) => Guard::TotalConcurrent,
            (Of::Total, Limited::Rate) => Guard::TotalRate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        for of in
            [Of::App(0), Of::App(65_535), Of::Site(SiteIx::new(0)), Of::Site(SiteIx::new(99_999)), Of::Total]
        {
            for limited in [Limited::Concurrent, Limited::Rate] {
                let lane = Lane::new(of, limited);
                assert_eq!((lane.of(), lane.limited()), (of, limited));
            }
        }
    }
}
