//! What verdicts measure from: the places of the catalogue, and the positions that networks tell of single UEs.

use std::ops::Deref;
use std::sync::Arc;

use model::UeLocation;

use crate::index::{PlaceIx, SiteIx};
use crate::sites::Rank;
use crate::topology::{Place, Topology};
use crate::ue::Whereabouts;
use crate::zone::Within;

mod positions;

pub(crate) use positions::{Positions, Told, is_position};

/// A catalogue with the positions that are known at present. A position is a place like any other one: its sites are
/// ranked when it is told, and forgotten with it. What asks for a place by index asks here; the catalogue alone does not
/// know positions.
#[derive(Debug)]
pub(crate) struct Atlas {
    catalogue: Arc<Topology>,
    positions: Positions,
}

impl Deref for Atlas {
    type Target = Topology;
    fn deref(&self) -> &Topology {
        &self.catalogue
    }
}

impl Atlas {
    pub(crate) fn new(catalogue: Arc<Topology>) -> Self {
        Self { catalogue, positions: Positions::default() }
    }

    /// The positions.
    pub(crate) const fn positions(&self) -> &Positions {
        &self.positions
    }

    /// Takes up positions in the order of their slots; false where the free slots are not those that are free.
    pub(crate) fn restore(&mut self, told: Vec<Option<Told>>, free: Vec<u32>) -> bool {
        self.positions.restore(&self.catalogue, told, free)
    }

    /// The whereabouts of a location with a position; the same as `before` where that is what was told before. `None`
    /// where it has no position, or as many are known as may be.
    pub(crate) fn settle(&mut self, location: &UeLocation, before: Whereabouts) -> Option<Whereabouts> {
        self.positions.settle(&self.catalogue, location, before)
    }

    /// Forgets a position that nobody is at any longer; other whereabouts are left alone.
    pub(crate) fn release(&mut self, at: Whereabouts) {
        self.positions.release(at);
    }

    /// What was told of a UE that is at a position.
    pub(crate) fn told(&self, at: Whereabouts) -> Option<UeLocation> {
        self.positions.location(at)
    }

    pub(crate) fn place(&self, place: PlaceIx) -> &Place {
        self.positions.get(place).map_or_else(|| self.catalogue.place(place), |free| &free.place)
    }

    /// The ranked sites of a place, best first.
    pub(crate) fn ranks(&self, place: PlaceIx) -> &[Rank] {
        self.positions.get(place).map_or_else(|| self.catalogue.ranks(place), |free| &free.ranks)
    }

    /// Which sites serve a place.
    pub(crate) fn within(&self, place: PlaceIx) -> Within<'_> {
        match self.positions.get(place) {
            None => self.catalogue.within(place),
            Some(free) => free.within(),
        }
    }

    /// Distance in metres from a place to any site of the catalogue; from a position, from the centre of its circle.
    pub(crate) fn meters(&self, place: PlaceIx, site: SiteIx) -> Option<f64> {
        match self.positions.get(place) {
            None => self.catalogue.meters(place, site),
            Some(free) => self.index().meters(free.at(), site),
        }
    }

    /// How far a UE may be from the position that its place is, in metres; `None` where the place is no position.
    pub(crate) fn uncertainty(&self, place: PlaceIx) -> Option<f64> {
        self.positions.get(place).map(|free| free.told().uncertainty_meters())
    }
}
