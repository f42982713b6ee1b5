//! Orders.

use model::Order;

use super::{Deriver, key, site, time, trace, trigger};
use crate::data::Ordered;
use crate::event::Context;
use crate::{Event, Kind};

impl Deriver {
    /// An order, from `orders`.
    pub fn order(&self, sequence: u64, order: &Order) -> Vec<Event> {
        let data = Ordered {
            relocation: order.relocation.to_string(),
            app: order.app.to_string(),
            instance: order.instance.to_string(),
            generation: order.generation.0,
            trigger: trigger(order.trigger),
            source: site(order.source.as_ref()),
            target: site(order.target.as_ref()),
            observed_at: time(order.observed_at),
            due_at: time(order.due_at),
            decided_at: time(order.decided_at),
        };
        let context = Context {
            kind: Kind::Ordered,
            source: &self.source,
            id: format!("ordered/{}", order.relocation),
            app: Some(order.app.as_str()),
            key: key(&order.app, &order.instance),
            subject: data.instance.clone(),
            time: data.decided_at.clone(),
            trace: trace(&order.relocation),
            sequence,
        };
        vec![Event::new(context, &data)]
    }
}
