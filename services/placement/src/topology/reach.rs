//! Which zones hold which places: resolved with the catalogue, so that no event asks for a polygon.

use hashbrown::HashMap;

use crate::index::{PlaceIx, ZoneIx};
use crate::zone::Within;

/// The most entries of all lists together: 256 MiB.
const MOST: usize = 1 << 26;

/// The zones of every place. Places that are held by the same zones share one list.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// By place: its list; nothing at all where no site has an area.
    of: Vec<Option<u32>>,
    lists: Vec<Box<[ZoneIx]>>,
    known: HashMap<Box<[ZoneIx]>, u32>,
    entries: usize,
}

impl Reach {
    /// The next place: these zones hold it; `None`: whoever has an area serves it all the same.
    pub(super) fn push(&mut self, zones: Option<&[ZoneIx]>) {
        let list = zones.map(|zones| self.list(zones));
        self.of.push(list);
    }

    fn list(&mut self, zones: &[ZoneIx]) -> u32 {
        if let Some(known) = self.known.get(zones) {
            return *known;
        }
        if self.entries > MOST {
            return 0;
        }
        let number = self.lists.len() as u32;
        self.entries += zones.len();
        self.known.insert(zones.into(), number);
        self.lists.push(zones.into());
        number
    }

    /// Every place is there: whether that is more than is kept; then the answers are worth nothing.
    pub(super) fn finish(&mut self) -> bool {
        self.known = HashMap::new();
        self.entries > MOST
    }

    /// The zones of a place.
    pub(super) fn of(&self, place: PlaceIx) -> Within<'_> {
        let list = self.of.get(place.slot()).copied().flatten();
        list.map_or(Within::Everywhere, |list| Within::Zones(&self.lists[list as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_the_same_zones_hold_share_one_list() {
        let zone = ZoneIx::new;
        let mut reach = Reach::default();
        for place in 0..1_000_u32 {
            reach.push((place % 10 > 0).then_some(&[zone(place % 2), zone(7)][..]));
        }
        assert!(!reach.finish());
        assert_eq!((reach.lists.len(), reach.entries), (2, 4));
        let of = |place: usize| reach.of(PlaceIx::from(place));
        assert_eq!(
            (of(13), of(14)),
            (Within::Zones(&[zone(1), zone(7)]), Within::Zones(&[zone(0), zone(7)]))
        );
        assert_eq!((of(20), of(5_000)), (Within::Everywhere, Within::Everywhere));
    }
}
