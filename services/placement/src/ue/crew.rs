//! Who is at which site for a shared app: the seats that are served there or ordered there, and the host.

use std::collections::{BTreeMap, BTreeSet};

use crate::index::SiteIx;

/// What of one shared app is at one site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Crew {
    /// Seats that are served there or ordered there; one that moves counts at both ends until its order has ended.
    pub(crate) seats: u32,
    /// Hosts that serve there or are ordered there: one at most, unless executors say otherwise.
    pub(crate) hosts: u32,
}

/// Every shared app at every site where anything of it is. Counted with the instances, never on its own.
#[derive(Debug, Default)]
pub(crate) struct Crews {
    crews: BTreeMap<(u16, SiteIx), Crew>,
    touched: BTreeSet<(u16, SiteIx)>,
}

impl Crews {
    pub(crate) fn of(&self, app: u16, site: SiteIx) -> Crew {
        if self.crews.is_empty() {
            return Crew::default();
        }
        self.crews.get(&(app, site)).copied().unwrap_or_default()
    }

    pub(crate) fn each(&self) -> impl Iterator<Item = ((u16, SiteIx), Crew)> {
        self.crews.iter().map(|(at, crew)| (*at, *crew))
    }

    /// One more, or one less, is there.
    pub(crate) fn add(&mut self, app: u16, site: SiteIx, host: bool, by: i32) {
        let crew = self.crews.entry((app, site)).or_default();
        let count = if host { &mut crew.hosts } else { &mut crew.seats };
        *count = count.saturating_add_signed(by);
        if *crew == Crew::default() {
            self.crews.remove(&(app, site));
        }
        self.touched.insert((app, site));
    }

    /// One whose crew has changed, or whose host does something else; each is told once until it is taken.
    pub(crate) fn take_touched(&mut self) -> Option<(u16, SiteIx)> {
        self.touched.pop_first()
    }
}
