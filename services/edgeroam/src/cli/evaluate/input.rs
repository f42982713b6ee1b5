//! Where cell changes come from.

use std::path::PathBuf;

use evaluation::Events;
use model::{Cell, Site};

use crate::cli::traffic::{self, Kind};

/// Exactly one of them, and what belongs to it.
#[derive(Debug, clap::Args)]
pub(super) struct Source {
    #[command(flatten)]
    from: From,
    /// Seeds the radio shadows of `--trace`.
    #[cfg(feature = "testbed")]
    #[arg(long, default_value_t = 1, conflicts_with_all = ["events", "recorded"])]
    seed: u64,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct From {
    /// Cell changes: CSV with the header ue,time,mcc,mnc,nci; time in seconds, an empty cell where the UE is gone.
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Movement through the radio model: SUMO FCD XML (geo coordinates), GPX, CSV of fixes, or AdvantEDGE assets.
    #[cfg(feature = "testbed")]
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// What a running EdgeRoam, or one that has run, heard: the folder of its embedded bus.
    #[arg(long, value_name = "DIR")]
    recorded: Option<PathBuf>,
}

impl Source {
    /// Reads them, and tells what was skipped.
    ///
    /// # Errors
    /// Names the file, the line and the reason.
    pub(super) fn events(&self, cells: &[Cell], sites: &[Site]) -> anyhow::Result<Events> {
        let From { events, recorded, .. } = &self.from;
        #[cfg(feature = "testbed")]
        if let Some(file) = &self.from.trace {
            return traffic::events(Kind::Trace { seed: self.seed }, file, cells, sites);
        }
        if let Some(folder) = recorded {
            return traffic::events(Kind::Recorded, folder, cells, sites);
        }
        let Some(file) = events else { anyhow::bail!("--events FILE is missing") };
        traffic::events(Kind::Events, file, cells, sites)
    }
}
