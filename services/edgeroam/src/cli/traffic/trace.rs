//! Movement, turned into cell changes by the radio model of the testbed.

use std::path::Path;
use std::time::Duration;

use evaluation::{Events, EventsBuilder, Instant};
use model::{Cell, CellId, PlmnId, Site, UeLocation};

use crate::lab;

/// The network of the SUPIs that the model makes up; UEs are called here as the trace calls them.
const NOBODY: (&str, &str) = ("001", "01");

/// The cell changes of everybody in the trace, who leaves at its end at the latest.
///
/// # Errors
/// Names the file, the line and the reason.
pub(super) fn events(file: &Path, cells: &[Cell], sites: &[Site], seed: u64) -> anyhow::Result<Events> {
    let (trace, notes) = mobility::read(file, mobility::Limits::default())?;
    crate::cli::say(&notes.to_string());
    let (cells, sites) = (lab::played_cells(cells), lab::played_sites(sites));
    let scenario = mobility::from_trace(cells, sites, &trace, seed, NOBODY)?;
    let mut events = EventsBuilder::default();
    let mut there = vec![false; trace.tracks.len()];
    for change in &scenario.changes {
        let slot = change.ue as usize;
        let (Some(track), Some(there)) = (trace.tracks.get(slot), there.get_mut(slot)) else { continue };
        let cell = change.to.and_then(|cell| scenario.cells.get(cell as usize));
        let location = cell.map(location).transpose()?;
        *there = location.is_some();
        events.seen(&track.id, instant(change.at), location)?;
    }
    for (track, _) in trace.tracks.iter().zip(&there).filter(|(_, there)| **there) {
        events.seen(&track.id, instant(scenario.duration), None)?;
    }
    Ok(events.finish()?)
}

fn location(cell: &mobility::Cell) -> anyhow::Result<UeLocation> {
    let plmn = PlmnId::new(&cell.mcc, &cell.mnc)?;
    let nr = cell.nci.len() == 9;
    let id = if nr { CellId::nr(plmn, &cell.nci, None)? } else { CellId::eutra(plmn, &cell.nci, None)? };
    Ok(UeLocation { cell: Some(id), tai: None, position: None })
}

fn instant(at: Duration) -> Instant {
    Instant::from_micros(i64::try_from(at.as_micros()).unwrap_or(i64::MAX))
}
