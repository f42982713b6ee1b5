//! Events of UEs.

use model::{CmState, UeChange, UeEvent};

use super::{Deriver, rfc3339, time};
use crate::data::{self, UeLocation};
use crate::event::Context;
use crate::{Event, Kind};

impl Deriver {
    /// A UE's change, from `ue-events`.
    pub fn ue_event(&self, sequence: u64, event: &UeEvent) -> Vec<Event> {
        let kind = Kind::UeLocation;
        let (ue, supi) = self.ue(kind, &event.supi);
        let mut data = UeLocation {
            ue: ue.clone(),
            supi,
            change: data::UeChange::Location,
            ncgi: None,
            ecgi: None,
            tai: None,
            observed_at: time(event.observed_at),
            reported_at: event.reported_at.map(|at| rfc3339(at.as_micros())),
        };
        match event.change {
            UeChange::Location(location) => {
                (data.ncgi, data.ecgi) = location.cell.map(data::place::cell).unwrap_or_default();
                data.tai = location.tai.map(Into::into);
            }
            UeChange::Connectivity { cm: CmState::Idle } => data.change = data::UeChange::Idle,
            UeChange::Connectivity { cm: CmState::Connected } => data.change = data::UeChange::Connected,
            UeChange::Gone => data.change = data::UeChange::Gone,
        }
        let id = format!("ue-events/{sequence}");
        let context = Context {
            kind,
            source: &self.source,
            trace: id.clone(),
            id,
            app: None,
            subject: ue.clone(),
            key: ue,
            time: data.observed_at.clone(),
            sequence,
        };
        vec![Event::new(context, &data)]
    }
}
