//! What a scenario is.

use std::time::Duration;

use crate::earth;

/// Cells, sites, UEs, and how the serving cells change.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// The cells that `changes` speaks of, by index.
    pub cells: Vec<Cell>,
    /// The edge sites.
    pub sites: Vec<Site>,
    /// The UEs that `changes` speaks of, by index.
    pub ues: Vec<Ue>,
    /// How long it lasts; no change is later.
    pub duration: Duration,
    /// Every change, ordered by time, then by UE.
    pub changes: Vec<Change>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Mobile country code, three digits.
    pub mcc: String,
    /// Mobile network code, two or three digits.
    pub mnc: String,
    /// Cell identity as hex text: 9 digits are an `nrCellId`, 7 an `eutraCellId` (TS 29.571 clause 5.4.2).
    pub nci: String,
    /// Tracking area code, 4 or 6 hex digits.
    pub tac: String,
    /// Longitude in degrees, WGS 84.
    pub lon: f64,
    /// Latitude in degrees, WGS 84.
    pub lat: f64,
}

impl Cell {
    /// How far it is from a site, in metres.
    pub fn meters_from(&self, site: &Site) -> f64 {
        earth::distance(earth::place(self.lon, self.lat), earth::place(site.lon, site.lat))
    }
}

/// An edge site.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Longitude in degrees, WGS 84.
    pub lon: f64,
    /// Latitude in degrees, WGS 84.
    pub lat: f64,
}

/// A UE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ue {
    /// `imsi-` and 15 digits, the network's first.
    pub supi: String,
}

/// A UE registers, is handed over, or deregisters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When, from the start of the scenario.
    pub at: Duration,
    /// Which UE: an index into [`Scenario::ues`].
    pub ue: u32,
    /// The new serving cell, an index into [`Scenario::cells`]; `None` deregisters the UE. A UE's first change is
    /// its registration, as is one that follows a `None`.
    pub to: Option<u32>,
}

impl Scenario {
    /// The serving cell of every UE at `at`, `None` for those that are not registered.
    pub fn serving_at(&self, at: Duration) -> Vec<Option<u32>> {
        let mut serving = vec![None; self.ues.len()];
        for change in self.changes.iter().take_while(|c| c.at <= at) {
            if let Some(slot) = serving.get_mut(change.ue as usize) {
                *slot = change.to;
            }
        }
        serving
    }
}
