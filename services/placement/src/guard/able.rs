//! `requires`: which sites have the labels that an app asks for. Found out once, when the app is loaded.

use std::collections::BTreeSet;

use crate::index::SiteIx;
use crate::sites::SiteIndex;
use crate::topology::Topology;

/// The sites that have all the labels that an app requires.
#[derive(Debug)]
pub(crate) struct Able {
    /// By slot; sites that are only heard of have no labels.
    sites: Vec<bool>,
    /// The same sites by position, so that none that lacks a label is walked past.
    index: SiteIndex,
}

impl Able {
    /// `None` where nothing is required.
    pub(crate) fn new(topology: &Topology, requires: &BTreeSet<String>) -> Option<Self> {
        if requires.is_empty() {
            return None;
        }
        let has = |site: &model::Site| requires.is_subset(&site.labels);
        Some(Self {
            sites: topology.sites().iter().map(has).collect(),
            index: SiteIndex::of_those(topology.sites(), has),
        })
    }

    /// Whether a site has them.
    pub(crate) fn has(&self, site: SiteIx) -> bool {
        self.sites.get(site.slot()).copied().unwrap_or(false)
    }

    /// The sites that have them, by position.
    pub(crate) const fn index(&self) -> &SiteIndex {
        &self.index
    }
}
