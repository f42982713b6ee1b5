//! Where distances are measured from: one position, or several at once.
//!
//! A group is as far from a site as its farthest member, or as its members are on average. Neither is ever less than the
//! chord from the members' centre of mass (in space, below the surface) to the site: the norm is convex, so that chord is
//! at most the mean of the members' chords, and a chord is never longer than its geodesic. So the walk that makes the
//! nearest site of one position exact makes that of a group exact too, from that centre.

use geo::{Distance as _, Geodesic, Point};
use model::{Aim, Position};

use crate::sites::ecef;

/// How much of a chord certainly is not rounding: the relative error of chords, far above that of `f64`.
const CHORD_RELATIVE: f64 = 1.0 - 1e-12;
/// Absolute slack in metres, above the rounding of ECEF coordinates (1 nm) and of Karney's series (15 nm).
const CHORD_SLACK: f64 = 1e-6;

/// The positions of a group's members; at least one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spread {
    aim: Aim,
    points: Vec<(Position, [f64; 3])>,
    centre: [f64; 3],
}

/// Where distances are measured from.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin<'a> {
    Point(Position),
    Spread(&'a Spread),
}

impl Spread {
    /// `None` where there is no position.
    pub(crate) fn new(aim: Aim, positions: impl Iterator<Item = Position>) -> Option<Self> {
        let points: Vec<_> = positions.map(|position| (position, ecef(position))).collect();
        let count = points.len() as f64;
        let sum = |axis: usize| points.iter().map(|(_, point)| point[axis]).sum::<f64>();
        let centre = std::array::from_fn(|axis| sum(axis) / count);
        (!points.is_empty()).then_some(Self { aim, points, centre })
    }
}

impl From<Position> for Origin<'_> {
    fn from(position: Position) -> Self {
        Self::Point(position)
    }
}

impl Origin<'_> {
    /// Where a walk begins: no site is nearer to the origin than its chord from here is long.
    pub(super) fn start(self) -> [f64; 3] {
        match self {
            Self::Point(position) => ecef(position),
            Self::Spread(spread) => spread.centre,
        }
    }

    /// Distance to a position, in metres.
    pub(crate) fn meters(self, to: Position) -> f64 {
        match self {
            Self::Point(position) => geodesic(position, to),
            Self::Spread(Spread { aim, points, .. }) => {
                aim.together(points.iter().map(|(point, _)| geodesic(*point, to)))
            }
        }
    }

    /// Whether chords alone show that a position is farther away than so many metres. A group's walk meets many sites that
    /// are, and geodesics cost a hundred times as much.
    pub(super) fn exceeds(self, to: Position, limit: f64) -> bool {
        match self {
            // Its walk ends there.
            Self::Point(_) => false,
            Self::Spread(Spread { aim, points, .. }) => {
                let to = ecef(to);
                exceeds(aim.together(points.iter().map(|(_, point)| chord(*point, to))), limit)
            }
        }
    }

    /// Whether it is one position: then what is walked past comes nearest first.
    pub(crate) const fn is_point(self) -> bool {
        matches!(self, Self::Point(_))
    }
}

/// Whether a chord is longer than a geodesic of so many metres, beyond all doubt.
pub(super) fn exceeds(chord: f64, limit: f64) -> bool {
    chord * CHORD_RELATIVE - CHORD_SLACK > limit
}

fn chord(from: [f64; 3], to: [f64; 3]) -> f64 {
    let squares = from.iter().zip(to).map(|(a, b)| (a - b) * (a - b));
    squares.sum::<f64>().sqrt()
}

/// Karney's geodesic distance in metres.
fn geodesic(from: Position, to: Position) -> f64 {
    Geodesic.distance(Point::new(from.lon(), from.lat()), Point::new(to.lon(), to.lat()))
}
