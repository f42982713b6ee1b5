//! The catalogue as placement sees it: sites, cells and tracking areas, resolved once.

mod area;
mod build;
mod meeting;
mod place;
mod problem;
mod reach;
mod version;

use hashbrown::HashMap;
use model::{Basis, Cell, CellId, Site, SiteId, Tai, TaiPin, Tier, UeLocation};

use crate::index::{PlaceIx, SiteIx};
use crate::sites::{Origin, Rank, Ranked, SiteIndex};
use crate::topology::reach::Reach;
use crate::zone::Within;

pub(crate) use meeting::{Meeting, Spot};
pub(crate) use place::Place;
pub use problem::{Problem, TopologyError};
pub(crate) use version::StableHash;

/// How many sites are ranked for each place ahead of time. Policies look at the best one; the others are told
/// in explanations, and any further distance is computed when it is asked for.
pub const RANKED_SITES: usize = 4;

/// Sites, cells and tracking areas of one catalogue.
///
/// Every place (a cell, or a tracking area that stands in for its unknown cells) has its sites ranked when the
/// catalogue is loaded; afterwards a cell costs one hash look-up. A place is either somewhere, then sites are
/// ranked by geodesic distance, or pinned to a site, then that site is first at 0 m and the others follow by
/// their distance from it, where it has a position.
///
/// A cell that is not in the catalogue falls back to its tracking area: to the site that the area is pinned to;
/// else to the sites ranked from the centroid of the area's known cells; else (no position anywhere) to the
/// site that most of the area's cells are pinned to, the lowest id among equals.
///
/// Only sites whose service area holds the place are ranked. A place that is pinned to a site has no position of its own:
/// there areas say nothing.
#[derive(Debug)]
pub struct Topology {
    /// In the order of ids: the order of indices is the order of ids.
    sites: Vec<Site>,
    index: SiteIndex,
    /// Those that are metro or cloud, where there are any.
    upper: Option<SiteIndex>,
    /// By [`CellId::packed`]: every event asks this table.
    cells: HashMap<[u64; 2], Known>,
    areas: HashMap<Tai, PlaceIx>,
    places: Vec<Place>,
    /// Where each place's ranks are: apart from the places, because every event needs only this.
    spans: Vec<Span>,
    ranks: Vec<Rank>,
    reach: Reach,
    version: u64,
}

/// What the hash look-up of a cell answers: the best site stands right here. With its key it has 32 bytes, so that no
/// look-up touches two cache lines.
#[derive(Debug, Clone, Copy)]
struct Known {
    place: PlaceIx,
    best: Option<SiteIx>,
    /// To the best site.
    meters: f64,
}

const _: () = assert!(size_of::<([u64; 2], Known)>() == 32);

/// A run of the list of ranks.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: u32,
    count: u8,
}

impl Topology {
    /// Resolves a catalogue.
    ///
    /// # Errors
    /// [`TopologyError`] names every duplicate id and every pin to a site that does not exist.
    pub fn new(sites: Vec<Site>, cells: Vec<Cell>, tai_pins: Vec<TaiPin>) -> Result<Self, TopologyError> {
        build::build(sites, cells, tai_pins)
    }

    /// A hash of the content, the same whatever the order of the lists, at most 53 bits so that every JSON
    /// reader can hold it.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The sites in the order of their ids.
    pub fn sites(&self) -> &[Site] {
        &self.sites
    }

    /// The index of the sites by position.
    pub const fn index(&self) -> &SiteIndex {
        &self.index
    }

    /// The index of the sites above the edge (metro and cloud) by position, where there are any.
    pub(crate) const fn upper(&self) -> Option<&SiteIndex> {
        self.upper.as_ref()
    }

    /// Whether a site is above the edge.
    pub(crate) fn is_upper(&self, site: SiteIx) -> bool {
        self.tier(site) > 0
    }

    /// How many tiers a site is above the edge.
    pub(crate) fn tier(&self, site: SiteIx) -> u8 {
        match self.sites.get(site.slot()).map(|site| site.tier).unwrap_or_default() {
            Tier::Edge => 0,
            Tier::Metro => 1,
            Tier::Cloud => 2,
        }
    }

    /// How many cells are known.
    pub fn cells(&self) -> usize {
        self.cells.len()
    }

    /// The best site for a known cell: one hash look-up.
    pub fn best(&self, cell: &CellId) -> Option<Ranked<'_>> {
        let known = self.cells.get(&cell.packed())?;
        known.best.map(|site| self.named(Rank { site, meters: known.meters }))
    }

    /// What a location is taken for, and its `k` best sites, best first.
    pub fn ranked(&self, location: &UeLocation, k: usize) -> (Basis, Vec<Ranked<'_>>) {
        let Some(place) = self.locate(location) else { return (Basis::Unknown, Vec::new()) };
        let at = self.place(place);
        let known = self.ranks(place);
        if k <= known.len() || at.origin.is_none() {
            return (at.basis, known.iter().take(k).map(|rank| self.named(*rank)).collect());
        }
        let mut ranks = Vec::new();
        let origin = at.origin.map(Origin::Point);
        build::rank(&self.index, at.pinned, (origin, self.within(place)), k, &mut ranks);
        (at.basis, ranks.into_iter().map(|rank| self.named(rank)).collect())
    }

    /// The place of a location: its cell's, else its tracking area's.
    pub(crate) fn locate(&self, location: &UeLocation) -> Option<PlaceIx> {
        self.cell(location).or_else(|| self.area(location))
    }

    pub(crate) fn cell(&self, location: &UeLocation) -> Option<PlaceIx> {
        location.cell.and_then(|cell| self.cells.get(&cell.packed())).map(|known| known.place)
    }

    pub(crate) fn area(&self, location: &UeLocation) -> Option<PlaceIx> {
        location.tai.and_then(|tai| self.areas.get(&tai).copied())
    }

    pub(crate) fn places(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn place(&self, place: PlaceIx) -> &Place {
        &self.places[place.slot()]
    }

    /// The ranked sites of a place, best first, at most [`RANKED_SITES`].
    pub(crate) fn ranks(&self, place: PlaceIx) -> &[Rank] {
        let Span { first, count } = self.spans[place.slot()];
        &self.ranks[first as usize..first as usize + usize::from(count)]
    }

    /// Which sites serve a place.
    pub(crate) fn within(&self, place: PlaceIx) -> Within<'_> {
        self.reach.of(place)
    }

    /// Distance in metres from a place to any site of the catalogue. From a place that is pinned there is none to
    /// any other site: a pin holds whatever the distance, so no margin may weigh against it.
    pub(crate) fn meters(&self, place: PlaceIx, site: SiteIx) -> Option<f64> {
        if let Some(pinned) = self.place(place).pinned {
            return (pinned == site).then_some(0.0);
        }
        if let Some(rank) = self.ranks(place).iter().find(|rank| rank.site == site) {
            return Some(rank.meters);
        }
        self.place(place).origin.and_then(|origin| self.index.meters(origin, site))
    }

    pub(crate) fn site(&self, id: &SiteId) -> Option<SiteIx> {
        self.sites.binary_search_by(|site| site.id.cmp(id)).ok().map(SiteIx::from)
    }

    fn named(&self, rank: Rank) -> Ranked<'_> {
        Ranked { site: &self.sites[rank.site.slot()].id, meters: rank.meters }
    }
}
