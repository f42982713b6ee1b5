//! What `edgeroam evaluate` and `edgeroam tune` are given: where UEs were, where cells and sites are, and what counts.

mod recorded;
#[cfg(feature = "testbed")]
mod trace;
mod units;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use catalogue::read::{self, CellDefaults};
use evaluation::{Events, Settings};
use model::{Cell, Site};

/// Cells and sites.
#[derive(Debug, clap::Args)]
pub(super) struct Places {
    /// Cells: CSV with the header mcc,mnc,nci,tac,lon,lat, an export of OpenCelliD, or AdvantEDGE assets.
    #[arg(long, value_name = "FILE")]
    cells: PathBuf,
    /// Sites: CSV with the header id,lon,lat, GeoJSON Points with `id` and `name`, or AdvantEDGE assets.
    #[arg(long, value_name = "FILE")]
    sites: PathBuf,
    /// The network of cells whose file names none, as MCC-MNC.
    #[arg(long, value_name = "MCC-MNC", value_parser = super::plmn)]
    plmn: Option<model::PlmnId>,
}

impl Places {
    /// Reads them, and tells what was skipped.
    ///
    /// # Errors
    /// Names the file, the line and the reason.
    pub(super) fn read(&self) -> anyhow::Result<(Vec<Cell>, Vec<Site>)> {
        let (sites, notes) = read::sites(&self.sites, Some("-"))?;
        super::say(&notes.to_string());
        let (cells, notes) = read::cells(&self.cells, CellDefaults { plmn: self.plmn, tac: None })?;
        super::say(&notes.to_string());
        Ok((cells, sites))
    }
}

/// What policies are compared with.
#[derive(Debug, clap::Args)]
pub(super) struct Measure {
    /// Time between two samples of the cost.
    #[arg(long, value_name = "SPAN", default_value = "2s", value_parser = units::span)]
    sample: Duration,
    /// What a relocation costs, in metres of one sample.
    #[arg(long, value_name = "METERS", default_value = "3000", value_parser = units::meters)]
    relocation_cost: f64,
    /// The distance that the latency budget allows.
    #[arg(long, value_name = "LENGTH", default_value = "3km", value_parser = units::meters)]
    budget: f64,
}

impl Measure {
    pub(super) fn settings(&self) -> Settings {
        Settings {
            sample: self.sample,
            relocation_cost_meters: self.relocation_cost,
            budget_meters: self.budget,
            ..Settings::default()
        }
    }
}

/// What kind of traffic a path holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// A CSV of cell changes.
    Events,
    /// Movement, which the radio model turns into cell changes.
    #[cfg(feature = "testbed")]
    Trace {
        /// Seeds the radio shadows.
        seed: u64,
    },
    /// The folder of an embedded bus.
    Recorded,
}

/// Reads cell changes, and tells what was skipped.
///
/// # Errors
/// Names the file, the line and the reason.
pub(super) fn events(
    kind: Kind,
    path: &Path,
    #[cfg_attr(not(feature = "testbed"), expect(unused_variables))] cells: &[Cell],
    #[cfg_attr(not(feature = "testbed"), expect(unused_variables))] sites: &[Site],
) -> anyhow::Result<Events> {
    match kind {
        Kind::Events => {
            let (events, notes) = Events::read(path)?;
            super::say(&notes.to_string());
            Ok(events)
        }
        #[cfg(feature = "testbed")]
        Kind::Trace { seed } => trace::events(path, cells, sites, seed),
        Kind::Recorded => recorded::events(path),
    }
}

/// Writes a file that somebody asked for.
///
/// # Errors
/// Names the file.
pub(super) fn write(path: &Path, content: &str) -> anyhow::Result<()> {
    std::fs::write(path, content).with_context(|| writing(path))
}

/// What is being done when a path cannot be written.
pub(super) fn writing(path: &Path) -> String {
    format!("writing {}", path.display())
}
