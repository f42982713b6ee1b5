//! Plays a scenario on the simulated core.

use std::time::Duration;

use core_sim::Location;
use mobility::{Cell, Change};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::Lab;

/// Registers, hands over and deregisters UEs as the scenario says, `speed` times as fast.
pub(super) async fn play(lab: &Lab, stop: &CancellationToken) {
    let scenario = &lab.scenario;
    let started = Instant::now();
    let at = |time: Duration| started + time.div_f64(lab.config.speed);
    let mut registered = vec![false; scenario.ues.len()];
    for change in &scenario.changes {
        tokio::select! {
            () = sleep_until(at(change.at)) => {}
            () = stop.cancelled() => return,
        }
        apply(lab, change, &mut registered);
    }
    tokio::select! {
        () = sleep_until(at(scenario.duration)) => {}
        () = stop.cancelled() => {}
    }
}

fn apply(lab: &Lab, change: &Change, registered: &mut [bool]) {
    let index = change.ue as usize;
    let (Some(ue), Some(known)) = (lab.scenario.ues.get(index), registered.get_mut(index)) else { return };
    match change.to.and_then(|cell| lab.scenario.cells.get(cell as usize)).and_then(location) {
        Some(location) if *known => lab.core.move_ue(&ue.supi, location),
        Some(location) => {
            lab.core.register_ue(0, &ue.supi, location);
            if let Some(name) = lab.name_of(&ue.supi) {
                lab.clients.start(change.ue, name);
            }
            *known = true;
        }
        None if *known => {
            lab.core.deregister_ue(&ue.supi);
            lab.clients.end(change.ue);
            *known = false;
        }
        None => {}
    }
}

/// The cell as the core reports it. An E-UTRA cell is played as an NR cell whose identity is the ECI, because the
/// simulated core speaks NR only.
fn location(cell: &Cell) -> Option<Location> {
    Some(Location {
        mcc: cell.mcc.clone(),
        mnc: cell.mnc.clone(),
        nr_cell_id: u64::from_str_radix(&cell.nci, 16).ok()?,
        tac: cell.tac.clone(),
    })
}
