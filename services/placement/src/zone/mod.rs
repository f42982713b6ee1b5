//! Areas of the earth's surface: which of them hold a position.
//!
//! Edges are straight in longitude and latitude, as GeoJSON means them (RFC 7946 clause 3.1.1). What lies on an edge
//! lies inside, so that nobody falls between two areas that share one. A position in a hole is outside, unless another
//! polygon of the same area holds it. The meridians -180 and 180 are one.

mod mosaic;
mod shape;
mod zones;

pub(crate) use mosaic::Mosaic;
use shape::Shape;
pub(crate) use zones::{Within, Zones};
