//! Where in their cells UEs were last told to be: only of those that have a position.

use std::collections::HashMap;

use geo::{Distance as _, Geodesic, Point};
use model::{Supi, UePosition};

/// The most UEs whose position is remembered, some 100 MiB; those of further ones are not told.
const MOST: usize = 1 << 20;
/// An uncertainty below this, in metres, counts as this: networks give finer positions than UEs stand still.
const FINEST: f64 = 10.0;

/// The position that was last told of each UE that has one.
#[derive(Debug, Default)]
pub(super) struct Positions(HashMap<Supi, UePosition>);

impl Positions {
    /// What was told last of a UE.
    pub(super) fn get(&self, supi: &Supi) -> Option<UePosition> {
        if self.0.is_empty() { None } else { self.0.get(supi).copied() }
    }

    /// Whether a position of this UE can be remembered.
    pub(super) fn takes(&self, supi: &Supi) -> bool {
        self.0.len() < MOST || self.0.contains_key(supi)
    }

    pub(super) fn put(&mut self, supi: &Supi, position: Option<UePosition>) {
        match position {
            Some(position) => drop(self.0.insert(supi.clone(), position)),
            None => drop(self.0.remove(supi)),
        }
    }
}

/// Whether a position in the same cell is worth telling: it is farther from the one that was told last than its own
/// uncertainty, or it is half as uncertain or less, or twice or more.
pub(super) fn is_news(last: Option<UePosition>, now: UePosition) -> bool {
    let Some(last) = last else { return true };
    let point = |position: UePosition| Point::new(position.at().lon(), position.at().lat());
    let radius = |position: UePosition| position.uncertainty_meters().max(FINEST);
    let (then, fresh) = (radius(last), radius(now));
    let moved = Geodesic.distance(point(last), point(now)) > fresh;
    moved || 2.0 * fresh <= then || fresh >= 2.0 * then
}

#[cfg(test)]
mod tests {
    use model::Position;

    use super::*;

    /// So many metres north of the equator, roughly.
    fn at(meters: f64, uncertainty: f64) -> UePosition {
        let centre = Position::new(0.0, meters / 110_574.0).expect("a position");
        UePosition::new(centre, uncertainty).expect("a radius")
    }

    #[test]
    fn only_what_is_farther_than_its_uncertainty_or_clearly_finer_or_coarser_is_news() {
        assert!(is_news(None, at(0.0, 50.0)));
        let last = Some(at(0.0, 50.0));
        assert!(!is_news(last, at(0.0, 50.0)) && !is_news(last, at(49.0, 50.0)));
        assert!(is_news(last, at(51.0, 50.0)));
        assert!(is_news(last, at(0.0, 25.0)) && !is_news(last, at(0.0, 26.0)));
        assert!(is_news(last, at(0.0, 100.0)) && !is_news(last, at(0.0, 99.0)));
        // Below ten metres everything is as fine.
        assert!(!is_news(Some(at(0.0, 0.0)), at(9.0, 1.0)) && is_news(Some(at(0.0, 0.0)), at(11.0, 1.0)));
    }
}
