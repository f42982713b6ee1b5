//! `instances`.

use model::{InstanceState, RelocationId};

use super::envelope::About;
use super::{Deriver, trace};
use crate::v1::{Instance, Placement};
use crate::{Event, Kind};

impl Deriver {
    /// Where an instance serves. It belongs to the trace of the relocation that brought it there.
    pub fn instance(&self, sequence: u64, state: &InstanceState) -> Vec<Event> {
        let told = Instance {
            app: state.app.to_string(),
            instance: state.instance.to_string(),
            generation: state.generation.0,
            serving: state.serving.as_ref().map(placement),
            at: state.at.into(),
        };
        let key = format!("{}/{}", told.app, told.instance);
        let about = About {
            kind: Kind::Instance,
            id: format!("{key}/{}-{}", state.generation, state.at.as_micros()),
            app: Some(told.app.as_str().into()),
            key,
            at: Some(told.at),
            sequence,
            trace: Some(trace::of(&RelocationId::new(&state.app, &state.instance, state.generation))),
        };
        self.event(about, &told)
    }
}

pub(super) fn placement(placement: &model::Placement) -> Placement {
    Placement {
        site: placement.site.to_string(),
        release: placement.release.to_string(),
        deployment_intent_group: placement.deployment_intent_group.clone(),
        address: placement.address.clone(),
    }
}
