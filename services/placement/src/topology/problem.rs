//! What can be wrong with a catalogue.

use std::fmt;

use model::{CellId, SiteId, Tai};
use thiserror::Error;

/// One thing that is wrong with a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Problem {
    /// Two sites have one id.
    #[error("site `{0}` is listed more than once")]
    DuplicateSite(SiteId),
    /// Two cells have one identity.
    #[error("cell {0} is listed more than once")]
    DuplicateCell(CellId),
    /// A tracking area is pinned twice.
    #[error("tracking area {0} is pinned more than once")]
    DuplicateArea(Tai),
    /// A cell is pinned to a site that is not listed.
    #[error("cell {cell} is pinned to site `{site}`, which is not among the sites")]
    CellPinnedToUnknownSite {
        /// The cell.
        cell: CellId,
        /// The site that is missing.
        site: SiteId,
    },
    /// A tracking area is pinned to a site that is not listed.
    #[error("tracking area {tai} is pinned to site `{site}`, which is not among the sites")]
    AreaPinnedToUnknownSite {
        /// The tracking area.
        tai: Tai,
        /// The site that is missing.
        site: SiteId,
    },
    /// Service areas overlap so much that it cannot be kept which of them hold which places.
    #[error(
        "too many service areas overlap at too many cells: give sites that serve the same area the same polygons"
    )]
    AreasOverlap,
}

/// Why a catalogue cannot be used: everything that is wrong, not the first thing only.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct TopologyError {
    /// Never empty.
    pub problems: Vec<Problem>,
}

/// How many problems are spelt out in a message.
const SPELT_OUT: usize = 20;

impl fmt::Display for TopologyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (count, problem) in self.problems.iter().take(SPELT_OUT).enumerate() {
            let separator = if count == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        match self.problems.len().saturating_sub(SPELT_OUT) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}
