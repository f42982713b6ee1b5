//! `orders`.

use model::Order;

use super::decision::trigger;
use super::envelope::About;
use super::{Deriver, trace};
use crate::v1::RelocationOrdered;
use crate::{Event, Kind};

impl Deriver {
    /// What must be carried out.
    pub fn order(&self, sequence: u64, order: &Order) -> Vec<Event> {
        let told = RelocationOrdered {
            relocation: order.relocation.to_string(),
            app: order.app.to_string(),
            instance: order.instance.to_string(),
            generation: order.generation.0,
            trigger: trigger(order.trigger),
            source: order.source.as_ref().map(ToString::to_string),
            target: order.target.as_ref().map(ToString::to_string),
            choices: order.choices.iter().map(ToString::to_string).collect(),
            host: order.host.as_ref().map(ToString::to_string),
            observed_at: order.observed_at.into(),
            due_at: order.due_at.into(),
            decided_at: order.decided_at.into(),
        };
        let about = About {
            kind: Kind::Ordered,
            id: told.relocation.clone(),
            app: Some(told.app.as_str().into()),
            key: format!("{}/{}", told.app, told.instance),
            at: Some(told.decided_at),
            sequence,
            trace: Some(trace::of(&order.relocation)),
        };
        self.event(about, &told)
    }
}
