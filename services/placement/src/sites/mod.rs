//! Exact nearest sites on the WGS 84 ellipsoid.

mod ecef;
mod index;
mod origin;
mod trees;

pub(crate) use ecef::{ecef, surface_below};
pub(crate) use index::{Rank, before};
pub use index::{Ranked, SiteIndex};
pub(crate) use origin::{Origin, Spread};
