//! Exact nearest sites on the WGS 84 ellipsoid.

mod ecef;
mod index;

pub(crate) use ecef::{ecef, surface_below};
pub(crate) use index::Rank;
pub use index::{Ranked, SiteIndex};
