//! `ue-events`.

use model::{Timestamp, UeEvent, UeSource};

use super::Deriver;
use super::cell::{cell, tai};
use super::envelope::About;
use crate::v1::{CmState, ObtainedBy, Position, UeChange, UeLocation};
use crate::{Event, Kind, Time};

impl Deriver {
    /// What a UE did. A change of its connection state is told as such; which AMF tells is not.
    pub fn ue_event(&self, sequence: u64, event: &UeEvent) -> Vec<Event> {
        let kind = Kind::UeLocation;
        let mut told = UeLocation {
            ue: self.key.ue(&event.supi),
            supi: self.clear(kind, &event.supi),
            change: UeChange::Location,
            observed_at: event.observed_at.into(),
            reported_at: event.reported_at.map(Time::from),
            obtained_by: match event.source {
                UeSource::Push => ObtainedBy::Push,
                UeSource::Poll => ObtainedBy::Poll,
            },
            ncgi: None,
            ecgi: None,
            tai: None,
            position: None,
            uncertainty: None,
            cm_state: None,
        };
        match &event.change {
            model::UeChange::Location(location) => {
                (told.ncgi, told.ecgi) = location.cell.as_ref().map_or((None, None), cell);
                told.tai = location.tai.as_ref().map(tai);
                // Where somebody is to a few metres tells who that is: it goes where identities go.
                if let Some(told_at) = location.position.filter(|_| told.supi.is_some()) {
                    told.position = Some(Position { lon: told_at.at().lon(), lat: told_at.at().lat() });
                    told.uncertainty = Some(told_at.uncertainty_meters());
                }
            }
            model::UeChange::Connectivity { cm } => {
                told.change = UeChange::Connectivity;
                told.cm_state = Some(match cm {
                    model::CmState::Idle => CmState::Idle,
                    model::CmState::Connected => CmState::Connected,
                });
            }
            model::UeChange::Gone => told.change = UeChange::Deregistered,
        }
        self.event(about(kind, &told.ue, sequence, event.observed_at), &told)
    }
}

/// One answer of the core can tell several things of one UE, so time alone does not tell them apart; and after a bus
/// was made anew, sequences alone do not.
pub(super) fn about(kind: Kind, ue: &str, sequence: u64, observed_at: Timestamp) -> About {
    About {
        kind,
        id: format!("{sequence}-{}", observed_at.as_micros()),
        app: None,
        key: ue.to_owned(),
        at: Some(observed_at.into()),
        sequence,
        trace: None,
    }
}
