//! One place of the catalogue.

use model::{Basis, Position};

use crate::index::SiteIx;

/// A cell, or a tracking area that stands in for its unknown cells.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// What it is.
    pub(crate) basis: Basis,
    /// The site that it belongs to whatever the distance.
    pub(crate) pinned: Option<SiteIx>,
    /// Where distances are measured from: its own position, or that of the site that it is pinned to.
    pub(crate) origin: Option<Position>,
}
