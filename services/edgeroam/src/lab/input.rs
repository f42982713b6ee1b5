//! Which scenario is played: the built-in one, or one from files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use catalogue::read::CellDefaults;
use mobility::Scenario;
use model::{CellId, Pin, PlmnId};

/// Where a scenario comes from.
#[derive(Debug)]
pub(crate) enum Input {
    /// The made-up town.
    BuiltIn {
        /// Its seed.
        seed: u64,
        /// How many UEs.
        ues: u32,
        /// How long.
        duration: Duration,
    },
    /// Cells, sites and movement from files.
    Files {
        /// As `catalogue::read::cells` takes them.
        cells: PathBuf,
        /// As `catalogue::read::sites` takes them.
        sites: PathBuf,
        /// As `mobility::read` takes it.
        trace: PathBuf,
        /// The network of cells whose file names none.
        plmn: PlmnId,
        /// Seed of the radio shadows.
        seed: u64,
        /// At most so many UEs.
        ues: Option<usize>,
        /// At most so much of it.
        duration: Option<Duration>,
    },
}

impl Input {
    /// The scenario, and notes on what was skipped on the way.
    ///
    /// # Errors
    /// Names the file, the line and the reason.
    pub(crate) fn read(&self) -> anyhow::Result<(Scenario, Vec<String>)> {
        match self {
            Self::BuiltIn { seed, ues, duration } => {
                Ok((mobility::builtin(*seed, *ues, *duration), Vec::new()))
            }
            Self::Files { cells, sites, trace, plmn, seed, ues, duration } => {
                let mut notes = Vec::new();
                let cells = read_cells(cells, *plmn, &mut notes)?;
                let sites = read_sites(sites, &mut notes)?;
                let limits = mobility::Limits { ues: *ues, duration: *duration };
                let (trace, skipped) = mobility::read(trace, limits)?;
                notes.push(skipped.to_string());
                let (mcc, mnc) = (plmn.mcc(), plmn.mnc());
                Ok((mobility::from_trace(cells, sites, &trace, *seed, (&mcc, &mnc))?, notes))
            }
        }
    }
}

/// The tracking area of cells whose file names none.
const TAC: &str = "000001";

fn read_cells(path: &Path, plmn: PlmnId, notes: &mut Vec<String>) -> anyhow::Result<Vec<mobility::Cell>> {
    let defaults = CellDefaults { plmn: Some(plmn), tac: Some(TAC.parse()?) };
    let (cells, read) = catalogue::read::cells(path, defaults)?;
    notes.push(read.to_string());
    Ok(played_cells(&cells))
}

/// Cells as scenarios have them; those without a position are left out.
pub(crate) fn played_cells(cells: &[model::Cell]) -> Vec<mobility::Cell> {
    let with_position = |cell: &model::Cell| match cell.pin {
        Pin::Position(position) => Some((cell.id, cell.tai, position)),
        Pin::Site(_) => None,
    };
    let placed = cells.iter().filter_map(with_position);
    placed
        .map(|(id, tai, position)| mobility::Cell {
            mcc: id.plmn().mcc(),
            mnc: id.plmn().mnc(),
            nci: match id {
                CellId::Nr { nci, .. } => format!("{nci:09x}"),
                CellId::Eutra { eci, .. } => format!("{eci:07x}"),
            },
            tac: tai.map_or_else(|| TAC.to_owned(), |tai| tai.tac.to_string()),
            lon: position.lon(),
            lat: position.lat(),
        })
        .collect()
}

fn read_sites(path: &Path, notes: &mut Vec<String>) -> anyhow::Result<Vec<mobility::Site>> {
    let (sites, read) = catalogue::read::sites(path, Some(super::PROVIDER))?;
    notes.push(read.to_string());
    Ok(played_sites(&sites))
}

/// Sites as scenarios have them; those without a position are left out.
pub(crate) fn played_sites(sites: &[model::Site]) -> Vec<mobility::Site> {
    let placed = sites.iter().filter_map(|site| site.position.map(|position| (site, position)));
    placed
        .map(|(site, position)| mobility::Site {
            id: site.id.to_string(),
            name: site.name.clone(),
            lon: position.lon(),
            lat: position.lat(),
        })
        .collect()
}
