//! What surrounds the data.

use serde::Serialize;

use super::{Deriver, trace};
use crate::{Attributes, Event, Kind, Time};

/// What an event's attributes are made of.
pub(super) struct About {
    pub(super) kind: Kind,
    /// Tells the event apart from all others of its kind.
    pub(super) id: String,
    pub(super) app: Option<Box<str>>,
    pub(super) key: String,
    pub(super) at: Option<Time>,
    /// The position in the internal stream.
    pub(super) sequence: u64,
    /// The trace of the relocation that it belongs to; one of its own where there is none.
    pub(super) trace: Option<trace::TraceId>,
}

impl Deriver {
    pub(super) fn event(&self, about: About, data: &impl Serialize) -> Vec<Event> {
        let About { kind, id, app, key, at, sequence, trace } = about;
        // CloudEvents asks for ids that are unique to the source, whatever the type.
        let id = format!("{}/{id}", kind.subject_token());
        let attributes = Attributes {
            specversion: "1.0".into(),
            traceparent: trace::parent(trace, &id),
            id,
            source: self.source.to_string(),
            event_type: kind.event_type().into(),
            subject: key.clone(),
            time: at,
            dataschema: kind.schema_uri(),
            partitionkey: key.clone(),
            sequence: format!("{sequence:020}"),
        };
        // The types of the contract have no maps and no numbers that JSON cannot say.
        let data = serde_json::to_vec(data).unwrap_or_default();
        vec![Event { kind, app, key: key.into(), attributes: attributes.into_pairs(), data }]
    }
}
