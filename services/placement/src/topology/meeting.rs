//! Where a group is: a place that its members make, as a tracking area's is made by its cells.

use model::{Aim, Basis};

use crate::atlas::Atlas;
use crate::index::{PlaceIx, SiteIx, ZoneIx};
use crate::sites::{Origin, Rank, Spread};
use crate::topology::area::Members;
use crate::topology::{RANKED_SITES, Topology, build};
use crate::zone::Within;

/// The places of a group's members together. Made anew when a member moves; everything else only reads it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Meeting {
    located: u32,
    of: u32,
    /// The site that all of them belong to whatever the distance; where none of them has a position, the one that most
    /// belong to, the lowest id among equals.
    pinned: Option<SiteIx>,
    /// Their positions. Who is at a place that is pinned to a site counts as being at the site.
    spread: Option<Spread>,
    ranks: Vec<Rank>,
    /// The zones that hold each of them; `None`: all.
    zones: Option<Vec<ZoneIx>>,
}

/// Where somebody is: at a place of the catalogue, or, of a group, where its members are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Spot<'a> {
    Place(PlaceIx),
    Meeting(&'a Meeting),
}

impl Meeting {
    /// Of members at these places, of a group with so many; `None` where there are none.
    pub(crate) fn new(topology: &Topology, aim: Aim, places: &[PlaceIx], of: usize) -> Option<Self> {
        let (first, _) = places.split_first()?;
        let each = || places.iter().map(|place| topology.place(*place));
        let spread = Spread::new(aim, each().filter_map(|place| place.origin));
        let first = topology.place(*first).pinned;
        let pinned = first.filter(|_| each().all(|place| place.pinned == first)).or_else(|| {
            let mut pins = Members::default();
            each().for_each(|place| pins.add(place));
            pins.common_pin().filter(|_| spread.is_none())
        });
        let zones = zones(places.iter().map(|place| topology.within(*place)));
        let mut meeting =
            Self { located: places.len() as u32, of: of as u32, pinned, spread, ranks: Vec::new(), zones };
        let mut ranks = Vec::new();
        let from = (meeting.origin(), meeting.within());
        build::rank(&topology.index, pinned, from, RANKED_SITES, &mut ranks);
        meeting.ranks = ranks;
        Some(meeting)
    }

    fn origin(&self) -> Option<Origin<'_>> {
        self.spread.as_ref().map(Origin::Spread)
    }

    fn within(&self) -> Within<'_> {
        self.zones.as_deref().map_or(Within::Everywhere, Within::Zones)
    }
}

/// What all of them have in common.
fn zones<'a>(each: impl Iterator<Item = Within<'a>>) -> Option<Vec<ZoneIx>> {
    each.fold(None, |common: Option<Vec<ZoneIx>>, within| match (common, within) {
        (common, Within::Everywhere) => common,
        (None, Within::Zones(zones)) => Some(zones.to_vec()),
        (Some(mut common), Within::Zones(zones)) => {
            common.retain(|zone| zones.binary_search(zone).is_ok());
            Some(common)
        }
    })
}

impl<'a> Spot<'a> {
    /// What it is taken from.
    pub(crate) fn basis(self, atlas: &Atlas) -> Basis {
        match self {
            Self::Place(place) => atlas.place(place).basis,
            Self::Meeting(meeting) => Basis::Members { located: meeting.located, of: meeting.of },
        }
    }

    /// The ranked sites, best first, at most [`RANKED_SITES`].
    pub(crate) fn ranks(self, atlas: &'a Atlas) -> &'a [Rank] {
        match self {
            Self::Place(place) => atlas.ranks(place),
            Self::Meeting(meeting) => &meeting.ranks,
        }
    }

    /// Where distances are measured from.
    pub(crate) fn origin(self, atlas: &Atlas) -> Option<Origin<'a>> {
        match self {
            Self::Place(place) => atlas.place(place).origin.map(Origin::Point),
            Self::Meeting(meeting) => meeting.origin(),
        }
    }

    /// Which sites serve it: of a group, those that serve each member whose place is known.
    pub(crate) fn within(self, atlas: &'a Atlas) -> Within<'a> {
        match self {
            Self::Place(place) => atlas.within(place),
            Self::Meeting(meeting) => meeting.within(),
        }
    }

    /// Whether a site serves it.
    pub(crate) fn covers(self, atlas: &'a Atlas, site: SiteIx) -> bool {
        atlas.index.zones().covers(self.within(atlas), site)
    }

    /// Whether it has a position that no site serves, although sites have positions.
    pub(crate) fn is_uncovered(self, atlas: &'a Atlas) -> bool {
        let apart = matches!(self.within(atlas), Within::Zones(_));
        apart && self.ranks(atlas).is_empty() && !atlas.index.is_bare()
    }

    /// Distance in metres to any site of the catalogue. From where everybody is pinned to a site there is none to any
    /// other: a pin holds whatever the distance, so no margin may weigh against it.
    pub(crate) fn meters(self, atlas: &'a Atlas, site: SiteIx) -> Option<f64> {
        let meeting = match self {
            Self::Place(place) => return atlas.meters(place, site),
            Self::Meeting(meeting) => meeting,
        };
        if let Some(pinned) = meeting.pinned {
            return (pinned == site).then_some(0.0);
        }
        if let Some(rank) = meeting.ranks.iter().find(|rank| rank.site == site) {
            return Some(rank.meters);
        }
        meeting.origin().and_then(|origin| atlas.index.meters(origin, site))
    }

    /// The site that it belongs to whatever the distance.
    pub(crate) fn pinned(self, atlas: &Atlas) -> Option<SiteIx> {
        match self {
            Self::Place(place) => atlas.place(place).pinned,
            Self::Meeting(meeting) => meeting.pinned,
        }
    }

    /// How far it may be from where it is said to be, in metres; `None` where it is no position.
    pub(crate) fn uncertainty(self, atlas: &Atlas) -> Option<f64> {
        match self {
            Self::Place(place) => atlas.uncertainty(place),
            Self::Meeting(_) => None,
        }
    }
}
