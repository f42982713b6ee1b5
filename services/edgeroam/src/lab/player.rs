//! Plays a scenario on the simulated core.

use std::time::Duration;

use core_sim::Location;
use mobility::{Cell, Change};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{Lab, delays};

/// Registers, hands over and deregisters UEs as the scenario says, `speed` times as fast.
pub(super) async fn play(lab: &Lab, stop: &CancellationToken) {
    let scenario = &lab.scenario;
    let started = Instant::now();
    let at = |time: Duration| started + time.div_f64(lab.config.speed);
    let mut anchors = vec![None; scenario.ues.len()];
    for change in &scenario.changes {
        tokio::select! {
            () = sleep_until(at(change.at)) => {}
            () = stop.cancelled() => return,
        }
        apply(lab, change, &mut anchors);
    }
    tokio::select! {
        () = sleep_until(at(scenario.duration)) => {}
        () = stop.cancelled() => {}
    }
}

/// Applies a change. `anchors` are the sites at which the sessions of registered UEs are anchored.
fn apply(lab: &Lab, change: &Change, anchors: &mut [Option<Option<usize>>]) {
    let index = change.ue as usize;
    let (Some(ue), Some(anchor)) = (lab.scenario.ues.get(index), anchors.get_mut(index)) else { return };
    let cell = change.to.and_then(|cell| lab.scenario.cells.get(cell as usize));
    match cell.and_then(|cell| Some((cell, location(cell)?))) {
        Some((cell, location)) => {
            let sites = &lab.scenario.sites;
            let known = anchor.is_some();
            let site = anchor.get_or_insert_with(|| delays::anchor(cell, sites)).and_then(|at| sites.get(at));
            lab.core.set_packet_delay(&ue.supi, site.map(|site| delays::between(cell, site)));
            if known {
                return lab.core.move_ue(&ue.supi, location);
            }
            lab.core.register_ue(0, &ue.supi, location);
            if let Some(name) = lab.name_of(&ue.supi) {
                lab.clients.start(change.ue, name);
            }
        }
        None if anchor.take().is_some() => {
            lab.core.set_packet_delay(&ue.supi, None);
            lab.core.deregister_ue(&ue.supi);
            lab.clients.end(change.ue);
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
