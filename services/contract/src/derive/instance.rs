//! Where instances serve.

use model::InstanceState;

use super::{Deriver, key, time};
use crate::data::Instance;
use crate::event::Context;
use crate::{Event, Kind};

impl Deriver {
    /// A verified state, from `instances`.
    pub fn instance(&self, sequence: u64, state: &InstanceState) -> Vec<Event> {
        let data = Instance {
            app: state.app.to_string(),
            instance: state.instance.to_string(),
            generation: state.generation.0,
            serving: state.serving.as_ref().map(Into::into),
            at: time(state.at),
        };
        let key = key(&state.app, &state.instance);
        let context = Context {
            kind: Kind::Instance,
            source: &self.source,
            id: format!("instance/{key}/{}", state.generation.0),
            app: Some(state.app.as_str()),
            trace: format!("instance/{key}/{}", state.generation.0),
            key,
            subject: data.instance.clone(),
            time: data.at.clone(),
            sequence,
        };
        vec![Event::new(context, &data)]
    }
}
