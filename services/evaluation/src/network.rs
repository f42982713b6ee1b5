//! Where cells and sites are.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use model::{Cell, CellId, Pin, Position, Site, SiteId};
use placement::Topology;

use crate::EvaluateError;

/// Cells and sites, each with a position.
#[derive(Debug)]
pub struct Network {
    pub(crate) topology: Arc<Topology>,
    /// In the order of ids.
    pub(crate) sites: Vec<(SiteId, Position)>,
    /// The most instances that each site may have.
    pub(crate) limits: Vec<Option<u32>>,
    /// How many have a limit.
    limited: usize,
    pub(crate) cells: HashMap<CellId, Position>,
}

impl Network {
    /// Cells and sites; those without a position are left out, because a cost is a distance, and so are service areas and
    /// tenants of sites: policies are compared where each site is open to everybody.
    ///
    /// # Errors
    /// [`EvaluateError::NoSites`], [`EvaluateError::Topology`] where an id is there twice.
    pub fn new(cells: Vec<Cell>, sites: Vec<Site>) -> Result<Self, EvaluateError> {
        let cells: Vec<Cell> =
            cells.into_iter().filter(|cell| matches!(cell.pin, Pin::Position(_))).collect();
        let open = |site: Site| Site { service_area: None, tenants: BTreeSet::new(), ..site };
        let sites: Vec<Site> = sites.into_iter().filter(|site| site.position.is_some()).map(open).collect();
        if sites.is_empty() {
            return Err(EvaluateError::NoSites);
        }
        let places = cells.iter().filter_map(|cell| match cell.pin {
            Pin::Position(position) => Some((cell.id, position)),
            Pin::Site(_) => None,
        });
        let places = places.collect();
        let topology = Topology::new(sites, cells, Vec::new())?;
        let limits: Vec<_> = topology.sites().iter().map(|site| site.max_instances).collect();
        let limited = limits.iter().flatten().count();
        let sites = topology.sites().iter().filter_map(|site| Some((site.id.clone(), site.position?)));
        Ok(Self { sites: sites.collect(), limits, limited, cells: places, topology: Arc::new(topology) })
    }

    /// How many sites there are.
    pub fn sites(&self) -> usize {
        self.sites.len()
    }

    /// How many of them have a limit of instances.
    pub const fn limited_sites(&self) -> usize {
        self.limited
    }

    /// How many cells there are.
    pub fn cells(&self) -> usize {
        self.cells.len()
    }

    /// The index of a site of this network.
    pub(crate) fn site(&self, id: &SiteId) -> Option<u32> {
        self.sites.binary_search_by(|(other, _)| other.cmp(id)).ok().map(|slot| slot as u32)
    }
}
