//! The trees of an index: all its sites, and apart from that those without a service area and those of each zone, so
//! that a search for sites that serve a place meets no others.

use rstar::RTree;
use rstar::primitives::GeomWithData;

use crate::index::{SiteIx, ZoneIx};
use crate::zone::{Within, Zones};

type Tree = RTree<Located>;
/// A site at its ECEF point.
pub(super) type Located = GeomWithData<[f64; 3], SiteIx>;

#[derive(Debug)]
pub(super) struct Trees {
    all: Tree,
    /// Empty where no site of the catalogue has an area, as the next one.
    open: Tree,
    zones: Vec<Tree>,
}

impl Trees {
    pub(super) fn new(located: Vec<Located>, zones: &Zones) -> Self {
        let (mut open, mut apart) = (Vec::new(), vec![Vec::new(); zones.count()]);
        if zones.count() > 0 {
            for site in &located {
                match zones.of(site.data) {
                    None => open.push(*site),
                    Some(zone) => apart[zone.slot()].push(*site),
                }
            }
        }
        let zones = apart.into_iter().map(RTree::bulk_load).collect();
        Self { all: RTree::bulk_load(located), open: RTree::bulk_load(open), zones }
    }

    /// Whether it has no site at all.
    pub(super) fn are_bare(&self) -> bool {
        self.all.size() == 0
    }

    /// The sites that serve a place, with the square of their chord from a point in metres, ascending.
    pub(super) fn ascending(
        &self,
        within: Within<'_>,
        from: [f64; 3],
    ) -> impl Iterator<Item = (SiteIx, f64)> {
        let (all, open, zones): (_, _, &[ZoneIx]) = match within {
            Within::Everywhere => (Some(&self.all), None, &[]),
            Within::Zones(zones) => (None, Some(&self.open), zones),
        };
        let zones = zones.iter().filter_map(|zone| self.zones.get(zone.slot()));
        let trees = all.into_iter().chain(open).chain(zones).filter(|tree| tree.size() > 0);
        let mut heads: Vec<_> =
            trees.map(|tree| tree.nearest_neighbor_iter_with_distance_2(from).peekable()).collect();
        std::iter::from_fn(move || {
            let chords = heads.iter_mut().enumerate();
            let chords = chords.filter_map(|(slot, head)| head.peek().map(|(_, chord)| (slot, *chord)));
            let (slot, _) = chords.min_by(|a, b| a.1.total_cmp(&b.1))?;
            heads[slot].next().map(|(site, chord)| (site.data, chord))
        })
    }
}
