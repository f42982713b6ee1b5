//! What happens to UEs: the side that a mobility model drives.

use super::{Amf, Ue};
use crate::config::Location;
use crate::world::{State, World};

/// What changed of a UE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Registered,
    Moved,
    /// Idle or connected.
    Connection,
    Deregistered,
}

impl Change {
    /// Whether an event is reported at this change.
    pub(super) fn concerns(self, event: &str) -> bool {
        match event {
            "LOCATION_REPORT" => matches!(self, Change::Registered | Change::Moved),
            "CONNECTIVITY_STATE_REPORT" => self != Change::Moved,
            "REGISTRATION_STATE_REPORT" => matches!(self, Change::Registered | Change::Deregistered),
            "LOSS_OF_CONNECTIVITY" => self == Change::Deregistered,
            _ => false,
        }
    }
}

/// A UE registers at an AMF; a live context elsewhere goes, a stale one stays. False if the AMF is not running.
pub(crate) fn register(
    world: &World,
    state: &mut State,
    index: usize,
    supi: &str,
    location: Location,
) -> bool {
    if !state.amfs.get(index).is_some_and(|amf| amf.alive) {
        return false;
    }
    if let Some(old) = home(state, supi).filter(|old| *old != index) {
        depart(world, state, old, supi);
    }
    let Some(amf) = state.amfs.get_mut(index) else { return false };
    amf.arrivals = amf.arrivals.saturating_add(1);
    arrive(world, amf, supi, location, Change::Registered);
    true
}

/// A UE moves: a handover if it is connected. An idle one is heard at once only in another tracking area.
pub(crate) fn relocate(world: &World, state: &mut State, supi: &str, location: Location) -> bool {
    let Some(amf) = home(state, supi).and_then(|index| state.amfs.get_mut(index)) else { return false };
    with_ue(world, amf, supi, |ue| {
        let same_area = (&ue.location.mcc, &ue.location.mnc, &ue.location.tac)
            == (&location.mcc, &location.mnc, &location.tac);
        if !ue.connected && same_area {
            ue.unheard = Some(location);
            return None;
        }
        ue.heard(location);
        Some(Change::Moved)
    })
}

/// A compliant AMF learns where in its cell a connected UE is.
pub(crate) fn locate(world: &World, state: &mut State, supi: &str, position: &str) -> bool {
    if !world.compliant() {
        return false;
    }
    let Some(amf) = home(state, supi).and_then(|index| state.amfs.get_mut(index)) else { return false };
    with_ue(world, amf, supi, |ue| {
        if !ue.connected {
            return None;
        }
        ue.heard(ue.location.clone());
        ue.position = Some(position.to_owned());
        Some(Change::Moved)
    })
}

/// A UE is handed over to another AMF; the old one lets its context go. False if it is unknown or the AMF down.
pub(crate) fn hand_over(world: &World, state: &mut State, supi: &str, to: usize, location: Location) -> bool {
    match home(state, supi) {
        None => false,
        Some(index) if index == to => relocate(world, state, supi, location),
        Some(index) => {
            if !state.amfs.get(to).is_some_and(|amf| amf.alive) {
                return false;
            }
            if let Some(old) = state.amfs.get_mut(index) {
                old.ues.remove(supi);
            }
            if let Some(new) = state.amfs.get_mut(to) {
                arrive(world, new, supi, location, Change::Moved);
            }
            true
        }
    }
}

/// AN release, or a service request; the latter tells the AMF where the UE is, if it has moved.
pub(crate) fn set_idle(world: &World, state: &mut State, supi: &str, idle: bool) -> bool {
    let Some(amf) = home(state, supi).and_then(|index| state.amfs.get_mut(index)) else { return false };
    let moved = with_ue(world, amf, supi, |ue| {
        if ue.connected != idle {
            return None;
        }
        ue.connected = !idle;
        Some(Change::Connection)
    });
    if !idle {
        with_ue(world, amf, supi, |ue| {
            let location = ue.unheard.take()?;
            ue.heard(location);
            Some(Change::Moved)
        });
    }
    moved
}

/// A UE deregisters.
pub(crate) fn deregister(world: &World, state: &mut State, supi: &str) -> bool {
    match home(state, supi) {
        Some(index) => depart(world, state, index, supi),
        None => false,
    }
}

/// A UE goes, but its deregistration fails: the context stays, idle, for ever.
pub(crate) fn leave_stale(world: &World, state: &mut State, supi: &str) -> bool {
    let Some(amf) = home(state, supi).and_then(|index| state.amfs.get_mut(index)) else { return false };
    with_ue(world, amf, supi, |ue| {
        ue.stale = true;
        let was_connected = std::mem::replace(&mut ue.connected, false);
        was_connected.then_some(Change::Connection)
    })
}

/// The AMF that serves a UE; stale contexts do not count.
pub(crate) fn home(state: &State, supi: &str) -> Option<usize> {
    state.amfs.iter().position(|amf| amf.ues.get(supi).is_some_and(|ue| !ue.stale))
}

fn arrive(world: &World, amf: &mut Amf, supi: &str, location: Location, change: Change) {
    amf.gutis = amf.gutis.wrapping_add(1);
    let (mcc, mnc) = &world.config.plmn;
    let guti = format!("{mcc}{mnc}{}{:08x}", amf.amf_id(), amf.gutis);
    let ue = Ue::new(location, guti);
    amf.notify(supi, &ue, change);
    amf.ues.insert(supi.to_owned(), ue);
}

fn depart(world: &World, state: &mut State, index: usize, supi: &str) -> bool {
    let Some(amf) = state.amfs.get_mut(index) else { return false };
    let Some(mut ue) = amf.ues.remove(supi) else { return false };
    ue.connected = false;
    if world.compliant() {
        amf.notify(supi, &ue, Change::Deregistered);
    }
    true
}

/// Changes a UE and tells the subscribers; true if the UE is there.
fn with_ue(world: &World, amf: &mut Amf, supi: &str, change: impl FnOnce(&mut Ue) -> Option<Change>) -> bool {
    let Some((supi, mut ue)) = amf.ues.remove_entry(supi) else { return false };
    let change = change(&mut ue);
    if let Some(change) = change.filter(|_| world.compliant()) {
        amf.notify(&supi, &ue, change);
    }
    amf.ues.insert(supi, ue);
    true
}
