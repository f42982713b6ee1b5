//! `requires`, `tenant`, `residency`: which sites an app can use at all, whatever their condition. Found out once, when
//! the app is loaded.

use model::{App, Guard, Site};

use crate::index::SiteIx;
use crate::sites::SiteIndex;
use crate::topology::Topology;
use crate::zone::Mosaic;

/// The sites that an app can use.
#[derive(Debug)]
pub(crate) struct Able {
    /// By slot: why it cannot use a site. Nothing goes to sites that are only heard of.
    lacking: Vec<Option<Guard>>,
    /// The others by position, so that none that it cannot use is walked past.
    index: SiteIndex,
}

impl Able {
    /// `None` where the app can use every site.
    pub(crate) fn new(topology: &Topology, app: &App) -> Option<Self> {
        let land = Mosaic::new(app.residency.values());
        let lacking: Vec<_> = topology.sites().iter().map(|site| lacking(app, &land, site)).collect();
        if lacking.iter().all(Option::is_none) {
            return None;
        }
        let index = topology.index().of_those(|site| lacking[site.slot()].is_none());
        Some(Self { lacking, index })
    }

    /// Why the app cannot use a site.
    pub(crate) fn lacks(&self, site: SiteIx) -> Option<Guard> {
        self.lacking.get(site.slot()).copied().flatten()
    }

    /// The sites that it can use, by position.
    pub(crate) const fn index(&self) -> &SiteIndex {
        &self.index
    }
}

/// Why an app cannot use a site; `land`: where its data may be.
fn lacking(app: &App, land: &Mosaic, site: &Site) -> Option<Guard> {
    let ours = |tenant: &String| site.tenants.contains(tenant);
    if !app.requires.is_subset(&site.labels) {
        return Some(Guard::MissingLabel);
    }
    if !site.tenants.is_empty() && !app.tenant.as_ref().is_some_and(ours) {
        return Some(Guard::Tenant);
    }
    let resides = app.residency.is_empty() || site.position.is_some_and(|position| land.holds(position));
    (!resides).then_some(Guard::Residency)
}
