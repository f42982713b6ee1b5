//! The positions of those UEs that have one.

use model::{Basis, CellId, Position, Tai, UeLocation, UePosition};

use crate::index::{PlaceIx, ZoneIx};
use crate::sites::Rank;
use crate::slab::Slab;
use crate::topology::{Place, RANKED_SITES, Topology};
use crate::ue::{Slot, Whereabouts};
use crate::zone::Within;

/// The most positions that are known at one time, some 300 MiB; further UEs are where their cell is.
const MOST: usize = 1 << 20;
/// Numbers from here on stand for positions: no catalogue has so many places.
const FIRST: usize = 1 << 31;

/// What was told: a position, and the cell and tracking area that came with it.
pub(crate) type Told = (UePosition, Option<CellId>, Option<Tai>);

/// Whether whereabouts are a position.
pub(crate) fn is_position(at: Whereabouts) -> bool {
    (FIRST..FIRST + MOST).contains(&at.number())
}

/// A position with its sites.
#[derive(Debug)]
pub(crate) struct Free {
    told: Told,
    pub(super) place: Place,
    /// The nearest sites that serve it, at most [`RANKED_SITES`].
    pub(super) ranks: Vec<Rank>,
    /// The zones that hold it; `None` where no site has an area.
    zones: Option<Box<[ZoneIx]>>,
}

impl Free {
    fn new(catalogue: &Topology, told: Told) -> Self {
        let origin = told.0.at();
        let zones = catalogue.index().zones();
        let zones = (zones.count() > 0).then(|| {
            let (mut buffer, mut found) = (Vec::new(), Vec::new());
            zones.at(origin, &mut buffer, &mut found);
            found.into_boxed_slice()
        });
        let place = Place { basis: Basis::Position, pinned: None, origin: Some(origin) };
        let mut free = Self { told, place, ranks: Vec::new(), zones };
        let mut ranks = Vec::with_capacity(RANKED_SITES);
        catalogue.index().rank_into(origin, free.within(), RANKED_SITES, &mut ranks);
        free.ranks = ranks;
        free
    }

    pub(super) fn told(&self) -> UePosition {
        self.told.0
    }

    pub(super) fn at(&self) -> Position {
        self.told.0.at()
    }

    pub(super) fn within(&self) -> Within<'_> {
        self.zones.as_deref().map_or(Within::Everywhere, Within::Zones)
    }

    fn location(&self) -> UeLocation {
        let (position, cell, tai) = self.told;
        UeLocation { cell, tai, position: Some(position) }
    }
}

impl Slot for Free {
    fn vacant() -> Self {
        let at =
            Position::new(0.0, 0.0).unwrap_or_else(|_| unreachable!("zero is a longitude and a latitude"));
        let told = UePosition::new(at, 0.0).unwrap_or_else(|_| unreachable!("zero metres are a radius"));
        let place = Place { basis: Basis::Position, pinned: None, origin: None };
        Self { told: (told, None, None), place, ranks: Vec::new(), zones: None }
    }
}

/// Positions by number; a number is given again when nobody is at its position any longer.
#[derive(Debug)]
pub(crate) struct Positions(Slab<Free>);

impl Default for Positions {
    fn default() -> Self {
        Self(Slab::new())
    }
}

impl Positions {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, place: PlaceIx) -> Option<&Free> {
        place.slot().checked_sub(FIRST).and_then(|slot| self.0.get(slot))
    }

    /// Whether whereabouts are a position that is known.
    pub(crate) fn holds(&self, at: Whereabouts) -> bool {
        self.of(at).is_some()
    }

    fn of(&self, at: Whereabouts) -> Option<&Free> {
        is_position(at).then(|| self.0.get(at.number() - FIRST)).flatten()
    }

    pub(super) fn location(&self, at: Whereabouts) -> Option<UeLocation> {
        self.of(at).map(Free::location)
    }

    pub(super) fn settle(
        &mut self,
        catalogue: &Topology,
        location: &UeLocation,
        before: Whereabouts,
    ) -> Option<Whereabouts> {
        let position = location.position?;
        if self.location(before) == Some(*location) {
            return Some(before);
        }
        if self.len() >= MOST {
            return None;
        }
        let slot = self.0.insert(Free::new(catalogue, (position, location.cell, location.tai)));
        Some(Whereabouts::new((FIRST + slot) as u32))
    }

    pub(super) fn release(&mut self, at: Whereabouts) {
        if self.holds(at) {
            self.0.remove(at.number() - FIRST);
        }
    }

    /// What was told, by slot, and the free slots: all that is worth keeping.
    pub(crate) fn save(&self) -> (Vec<Option<Told>>, &[u32]) {
        let told = (0..self.0.slots()).map(|slot| self.0.get(slot).map(|free| free.told));
        (told.collect(), self.0.free())
    }

    pub(super) fn restore(&mut self, catalogue: &Topology, told: Vec<Option<Told>>, free: Vec<u32>) -> bool {
        *self = Self::default();
        for told in told.into_iter().take(MOST) {
            self.0.push(told.map(|told| Free::new(catalogue, told)));
        }
        self.0.set_free(free)
    }
}
