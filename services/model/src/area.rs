//! An area of the earth's surface: polygons with holes.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Position, PositionError};

/// The outer ring of a polygon, then its holes; the last position of each ring is its first one again.
pub type Polygon = Vec<Vec<Position>>;

/// Polygons, WGS 84, as the coordinates of a GeoJSON MultiPolygon (RFC 7946 clause 3.1.7). At least one, of at most
/// 10,000 rings and 100,000 positions in all. Edges are straight in longitude and latitude, and none of them crosses the
/// antimeridian. Which way a ring goes round does not matter. Copies share their polygons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Coordinates", into = "Coordinates")]
pub struct Area(Arc<[Polygon]>);

type Coordinates = Vec<Vec<Vec<[f64; 2]>>>;

/// The most rings of an area.
const MAX_RINGS: usize = 10_000;
/// The most positions of an area.
const MAX_POSITIONS: usize = 100_000;

/// Why polygons are no area.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
#[non_exhaustive]
pub enum AreaError {
    /// No polygon, or one without a ring.
    #[error("it has no polygon, or one without a ring")]
    Empty,
    /// A corner that is no position.
    #[error(transparent)]
    Position(#[from] PositionError),
    /// A ring of three positions or fewer.
    #[error("a ring has {0} positions, and 4 or more are wanted: the last one is the first one again")]
    Short(usize),
    /// A ring that does not end where it begins.
    #[error("a ring ends at {}, {} and not where it begins: repeat the first position", .0.lon(), .0.lat())]
    Open(Position),
    /// A ring with nothing inside.
    #[error("a ring at {}, {} has no extent", .0.lon(), .0.lat())]
    Flat(Position),
    /// An edge of which it cannot be said which way round the earth it goes.
    #[error(
        "the edge from {}, {} to {}, {} goes more than half way round the earth: where it crosses the antimeridian, cut \
         the polygon in two there (RFC 7946 clause 3.1.9); where it does not, give it a position between",
        .0.lon(), .0.lat(), .1.lon(), .1.lat()
    )]
    Wide(Position, Position),
    /// More than an area may have.
    #[error("more than {MAX_RINGS} rings or {MAX_POSITIONS} positions: simplify it")]
    TooLarge,
}

impl Area {
    /// An area of these polygons. Where they overlap they count once; a ring within a polygon's outer ring is a hole.
    ///
    /// # Errors
    /// [`AreaError`] says what is wrong and where.
    pub fn new(polygons: Vec<Polygon>) -> Result<Self, AreaError> {
        if polygons.is_empty() || polygons.iter().any(Vec::is_empty) {
            return Err(AreaError::Empty);
        }
        let rings = || polygons.iter().flatten();
        if rings().count() > MAX_RINGS || rings().map(Vec::len).sum::<usize>() > MAX_POSITIONS {
            return Err(AreaError::TooLarge);
        }
        rings().try_for_each(|ring| check(ring))?;
        Ok(Self(polygons.into()))
    }

    /// The polygons.
    pub fn polygons(&self) -> &[Polygon] {
        &self.0
    }

    /// What lies in this area, in the other one, or in both.
    ///
    /// # Errors
    /// [`AreaError::TooLarge`].
    pub fn joined(&self, other: &Self) -> Result<Self, AreaError> {
        Self::new(self.0.iter().chain(other.0.iter()).cloned().collect())
    }
}

fn check(ring: &[Position]) -> Result<(), AreaError> {
    let [first, .., last] = ring else { return Err(AreaError::Short(ring.len())) };
    if ring.len() < 4 {
        return Err(AreaError::Short(ring.len()));
    }
    if first != last {
        return Err(AreaError::Open(*last));
    }
    let wide = |pair: &&[Position]| {
        // From -180 to 180 along a parallel there is only one way that is not nothing.
        let degrees = (pair[0].lon() - pair[1].lon()).abs();
        degrees > 180.0 && degrees < 360.0
    };
    if let Some(pair) = ring.windows(2).find(wide) {
        return Err(AreaError::Wide(pair[0], pair[1]));
    }
    let extends = |of: fn(&Position) -> f64| ring.iter().any(|position| of(position) != of(first));
    if extends(Position::lon) && extends(Position::lat) { Ok(()) } else { Err(AreaError::Flat(*first)) }
}

impl TryFrom<Coordinates> for Area {
    type Error = AreaError;
    fn try_from(polygons: Coordinates) -> Result<Self, AreaError> {
        let position = |[lon, lat]: [f64; 2]| Position::new(lon, lat);
        let ring = |ring: Vec<[f64; 2]>| ring.into_iter().map(position).collect();
        let polygon = |rings: Vec<Vec<[f64; 2]>>| rings.into_iter().map(ring).collect();
        Self::new(polygons.into_iter().map(polygon).collect::<Result<_, PositionError>>()?)
    }
}

impl From<Area> for Coordinates {
    fn from(area: Area) -> Self {
        let ring = |ring: &Vec<Position>| ring.iter().map(|at| [at.lon(), at.lat()]).collect();
        area.0.iter().map(|rings| rings.iter().map(ring).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: &str) -> String {
        serde_json::from_str::<Area>(json).expect_err(json).to_string()
    }

    #[test]
    fn an_area_is_written_as_geojson_writes_it() {
        let json =
            "[[[[0.0,0.0],[2.0,0.0],[2.0,2.0],[0.0,0.0]]],[[[5.0,5.0],[6.0,5.0],[6.0,6.0],[5.0,5.0]]]]";
        let area: Area = serde_json::from_str(json).expect("valid");
        assert_eq!(area.polygons().len(), 2);
        assert_eq!(serde_json::to_string(&area).expect("JSON"), json);
        assert_eq!(area.joined(&area).expect("small").polygons().len(), 4);
    }

    #[test]
    fn what_is_no_area_is_told_with_what_to_do() {
        assert!(told("[]").contains("no polygon") && told("[[]]").contains("no polygon"));
        assert!(told("[[[]]]").contains("0 positions"));
        assert!(told("[[[[0,0],[1,1],[0,0]]]]").contains("3 positions"));
        assert!(told("[[[[0,0],[1,0],[1,1],[0,1]]]]").contains("ends at 0, 1"));
        assert!(told("[[[[0,0],[1,0],[2,0],[0,0]]]]").contains("no extent"));
        assert!(told("[[[[0,0],[1,0],[1,91],[0,0]]]]").contains("latitude 91"));
        let fiji = "[[[[177,-20],[-178,-20],[-178,-15],[177,-15],[177,-20]]]]";
        assert!(
            told(fiji).contains("177, -20 to -178, -20") && told(fiji).contains("cut the polygon in two")
        );
    }

    #[test]
    fn a_band_round_the_earth_is_an_area() {
        let band = "[[[[-180,60],[180,60],[180,90],[-180,90],[-180,60]]]]";
        assert!(serde_json::from_str::<Area>(band).is_ok());
    }

    #[test]
    fn size_is_bounded() {
        let ring: Vec<Position> = (0..=MAX_POSITIONS)
            .map(|n| Position::new((n % 7) as f64, (n % 5) as f64).expect("valid"))
            .collect();
        assert_eq!(Area::new(vec![vec![ring]]), Err(AreaError::TooLarge));
    }
}
