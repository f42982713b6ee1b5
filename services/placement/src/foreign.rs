//! Locations that the catalogue does not know: remembered, so that a new catalogue can resolve them.

use hashbrown::HashMap;
use model::{Basis, CellId, Tai, UeLocation};

use crate::atlas::is_position;
use crate::index::PlaceIx;
use crate::topology::Topology;
use crate::ue::Whereabouts;

/// The most locations that are remembered; further ones are resolved, and forgotten.
const MOST: usize = 1 << 20;

/// (cell, tracking area): [`UeLocation`] with a hash.
type Key = (Option<CellId>, Option<Tai>);

/// Foreign locations by number; numbers follow those of the catalogue's places.
#[derive(Debug, Default)]
pub(crate) struct Foreign {
    list: Vec<(Key, Option<PlaceIx>)>,
    numbers: HashMap<Key, u32>,
}

impl Foreign {
    /// The whereabouts of a location.
    pub(crate) fn locate(&mut self, topology: &Topology, location: &UeLocation) -> Whereabouts {
        if let Some(place) = topology.cell(location) {
            return Whereabouts::new(place.slot() as u32);
        }
        let area = topology.area(location);
        let key = (location.cell, location.tai);
        if key == (None, None) {
            return Whereabouts::UNKNOWN;
        }
        if let Some(number) = self.numbers.get(&key) {
            return Whereabouts::new(*number);
        }
        if self.list.len() >= MOST {
            return area.map_or(Whereabouts::UNKNOWN, |place| Whereabouts::new(place.slot() as u32));
        }
        let number = (topology.places() + self.list.len()) as u32;
        self.list.push((key, area));
        self.numbers.insert(key, number);
        Whereabouts::new(number)
    }

    /// The place that whereabouts stand for.
    pub(crate) fn place(&self, topology: &Topology, at: Whereabouts) -> Option<PlaceIx> {
        let known = topology.places();
        if at.number() < known || is_position(at) {
            return Some(PlaceIx::from(at.number()));
        }
        self.list.get(at.number() - known).and_then(|(_, place)| *place)
    }

    /// The location that whereabouts stand for, as far as it is remembered.
    pub(crate) fn location(&self, topology: &Topology, at: Whereabouts) -> Option<UeLocation> {
        let known = topology.places();
        if at.number() < known {
            return Some(match topology.place(PlaceIx::from(at.number())).basis {
                Basis::Cell(cell) => UeLocation { cell: Some(cell), tai: None, position: None },
                Basis::Tai(tai) => UeLocation { cell: None, tai: Some(tai), position: None },
                Basis::ServingSite | Basis::Members { .. } | Basis::Unknown | Basis::Position => {
                    UeLocation { cell: None, tai: None, position: None }
                }
            });
        }
        let ((cell, tai), _) = self.list.get(at.number() - known)?;
        Some(UeLocation { cell: *cell, tai: *tai, position: None })
    }

    /// The remembered locations, in the order of their numbers.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Key> {
        self.list.iter().map(|(key, _)| *key)
    }

    /// Takes up locations in the order of their numbers.
    pub(crate) fn restore(topology: &Topology, keys: Vec<Key>) -> Self {
        let mut foreign = Self::default();
        for (cell, tai) in keys {
            foreign.locate(topology, &UeLocation { cell, tai, position: None });
        }
        foreign
    }
}
