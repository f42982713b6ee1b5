//! Resolves a catalogue: checks it and ranks the sites of every place.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use model::{Basis, Cell, Pin, Position, Site, SiteId, Tai, TaiPin};

use crate::index::{PlaceIx, SiteIx, ZoneIx};
use crate::sites::{Origin, Rank, SiteIndex};
use crate::topology::area::Members;
use crate::topology::reach::Reach;
use crate::topology::{Known, Place, Problem, RANKED_SITES, Span, StableHash, Topology, TopologyError};
use crate::zone::Within;

/// What a place is ranked from: places with the same origin and pin have the same ranks.
type Ground = (Option<[u64; 2]>, Option<SiteIx>);

struct Builder {
    topology: Topology,
    ranked: HashMap<Ground, Span>,
    buffer: Vec<Rank>,
    numbers: Vec<u32>,
    zones: Vec<ZoneIx>,
    problems: Vec<Problem>,
}

pub(super) fn build(
    mut sites: Vec<Site>,
    mut cells: Vec<Cell>,
    mut tai_pins: Vec<TaiPin>,
) -> Result<Topology, TopologyError> {
    sites.sort_by(|a, b| a.id.cmp(&b.id));
    cells.sort_by_key(|cell| cell.id);
    tai_pins.sort_by_key(|pin| pin.tai);
    let mut problems = Vec::new();
    let twice = |same: bool| same.then_some(());
    problems.extend(
        sites
            .windows(2)
            .filter_map(|w| twice(w[0].id == w[1].id).map(|()| Problem::DuplicateSite(w[1].id.clone()))),
    );
    problems.extend(
        cells.windows(2).filter_map(|w| twice(w[0].id == w[1].id).map(|()| Problem::DuplicateCell(w[1].id))),
    );
    problems.extend(
        tai_pins
            .windows(2)
            .filter_map(|w| twice(w[0].tai == w[1].tai).map(|()| Problem::DuplicateArea(w[1].tai))),
    );
    let mut hash = StableHash::new();
    hash.feed(&(sites.len(), cells.len(), tai_pins.len()));
    for site in &sites {
        hash.feed(site);
        // What is absent leaves no trace in the encoding: labels alone and tenants alone would look the same.
        if site.service_area.is_some() || !site.tenants.is_empty() {
            hash.feed(&(site.labels.len(), site.tenants.len()));
        }
        if let Some(cost) = site.cost {
            hash.feed(&("cost", cost));
        }
    }
    cells.iter().for_each(|cell| hash.feed(cell));
    tai_pins.iter().for_each(|pin| hash.feed(pin));
    let is_upper = |site: &Site| !site.tier.is_edge();
    let index = SiteIndex::unchecked(&sites);
    let upper = sites.iter().any(is_upper);
    let upper = upper.then(|| index.of_those(|site| sites.get(site.slot()).is_some_and(is_upper)));
    let mut builder = Builder {
        topology: Topology {
            index,
            upper,
            sites,
            cells: HashMap::with_capacity(cells.len()),
            areas: HashMap::new(),
            places: Vec::with_capacity(cells.len()),
            spans: Vec::with_capacity(cells.len()),
            ranks: Vec::new(),
            reach: Reach::default(),
            version: hash.finish(),
        },
        ranked: HashMap::new(),
        buffer: Vec::new(),
        numbers: Vec::new(),
        zones: Vec::new(),
        problems,
    };
    builder.add(&cells, &tai_pins);
    if builder.topology.reach.finish() {
        builder.problems.push(Problem::AreasOverlap);
    }
    if builder.problems.is_empty() {
        Ok(builder.topology)
    } else {
        Err(TopologyError { problems: builder.problems })
    }
}

impl Builder {
    fn add(&mut self, cells: &[Cell], tai_pins: &[TaiPin]) {
        let mut areas: BTreeMap<Tai, Members> = BTreeMap::new();
        for cell in cells {
            let (pinned, origin) = match &cell.pin {
                Pin::Position(position) => (None, Some(*position)),
                Pin::Site(site) => {
                    let Some(found) = self.topology.site(site) else {
                        let (cell, site) = (cell.id, site.clone());
                        self.problems.push(Problem::CellPinnedToUnknownSite { cell, site });
                        continue;
                    };
                    (Some(found), self.position(found))
                }
            };
            let place = self.place(Basis::Cell(cell.id), pinned, origin);
            if let Some(tai) = cell.tai {
                areas.entry(tai).or_default().add(self.topology.place(place));
            }
            let best = self.topology.ranks(place).first().copied();
            let known = Known {
                place,
                best: best.map(|rank| rank.site),
                meters: best.map_or(0.0, |rank| rank.meters),
            };
            self.topology.cells.insert(cell.id.packed(), known);
        }
        for pin in tai_pins {
            areas.remove(&pin.tai);
            self.pin_area(pin.tai, &pin.site);
        }
        for (tai, members) in areas {
            let centroid = members.centroid();
            // A position is a finer truth than a majority; pins decide only where nothing has a position.
            let pinned = centroid.is_none().then(|| members.common_pin()).flatten();
            let place = self.place(Basis::Tai(tai), pinned, centroid);
            self.topology.areas.insert(tai, place);
        }
    }

    fn pin_area(&mut self, tai: Tai, site: &SiteId) {
        match self.topology.site(site) {
            Some(found) => {
                let place = self.place(Basis::Tai(tai), Some(found), self.position(found));
                self.topology.areas.insert(tai, place);
            }
            None => self.problems.push(Problem::AreaPinnedToUnknownSite { tai, site: site.clone() }),
        }
    }

    fn position(&self, site: SiteIx) -> Option<Position> {
        self.topology.sites[site.slot()].position
    }

    fn place(&mut self, basis: Basis, pinned: Option<SiteIx>, origin: Option<Position>) -> PlaceIx {
        let key = (origin.map(|at| [at.lon().to_bits(), at.lat().to_bits()]), pinned);
        let topology = &mut self.topology;
        let zones = topology.index.zones();
        // A place that is pinned has the position of its site, which says nothing of where the UE is.
        let apart = origin.filter(|_| pinned.is_none() && zones.count() > 0);
        if let Some(origin) = apart {
            zones.at(origin, &mut self.numbers, &mut self.zones);
        }
        if zones.count() > 0 {
            topology.reach.push(apart.map(|_| &self.zones[..]));
        }
        let span = *self.ranked.entry(key).or_insert_with(|| {
            let within = apart.map_or(Within::Everywhere, |_| Within::Zones(&self.zones));
            rank(
                &topology.index,
                pinned,
                (origin.map(Origin::Point), within),
                RANKED_SITES,
                &mut self.buffer,
            );
            let first = topology.ranks.len() as u32;
            topology.ranks.extend_from_slice(&self.buffer);
            Span { first, count: self.buffer.len() as u8 }
        });
        topology.spans.push(span);
        topology.places.push(Place { basis, pinned, origin });
        PlaceIx::from(topology.places.len() - 1)
    }
}

/// The `k` best sites of a place: the one that it is pinned to at 0 m, then by distance from its origin those that serve
/// it.
pub(super) fn rank(
    index: &SiteIndex,
    pinned: Option<SiteIx>,
    (origin, within): (Option<Origin<'_>>, Within<'_>),
    k: usize,
    ranks: &mut Vec<Rank>,
) {
    ranks.clear();
    if let Some(origin) = origin {
        index.rank_into(origin, within, k, ranks);
    }
    if let Some(site) = pinned {
        ranks.retain(|rank| rank.site != site);
        ranks.insert(0, Rank { site, meters: 0.0 });
        ranks.truncate(k);
    }
}
