//! What the decider puts on the bus.

use bus::{Delivery, Record};
use bytes::Bytes;
use model::{Decision, Mode, Order, Stream, Timestamp};
use placement::Command;
use serde::Serialize;

use crate::feed::Feed;

/// Records to be published, by stream, and when the orders among them became due.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    pub(crate) decisions: Vec<Record>,
    pub(crate) orders: Vec<Record>,
    pub(crate) dead_letters: Vec<Record>,
    pub(crate) due: Vec<Timestamp>,
}

impl Outgoing {
    pub(crate) fn add(&mut self, command: &Command) {
        match command {
            Command::Decide(decision) => self.decisions.push(decided(decision)),
            Command::Order(order) => {
                self.orders.push(ordered(order));
                self.due.push(order.due_at);
            }
            Command::Site(_) => {}
        }
    }

    /// Puts a record that could not be read aside, with the reason.
    pub(crate) fn dead_letter(&mut self, feed: Feed, delivery: &Delivery, reason: &str) {
        self.dead_letters.push(bus::dead_letter(feed.stream(), delivery, "decider", reason));
    }

    /// Whether there is nothing to publish.
    pub(crate) fn is_empty(&self) -> bool {
        self.decisions.is_empty() && self.orders.is_empty() && self.dead_letters.is_empty()
    }

    /// Moves what `other` holds to the end of this.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.decisions.append(&mut other.decisions);
        self.orders.append(&mut other.orders);
        self.dead_letters.append(&mut other.dead_letters);
        self.due.append(&mut other.due);
    }

    /// The streams that have something. Decisions come first: where one log carries all streams, no order is
    /// then durable before its decision.
    pub(crate) fn by_stream(&self) -> [(Stream, &[Record]); 3] {
        [
            (Stream::Decisions, &self.decisions),
            (Stream::Orders, &self.orders),
            (Stream::DeadLetter, &self.dead_letters),
        ]
    }
}

fn decided(decision: &Decision) -> Record {
    let key = format!("{}/{}", decision.app, decision.instance);
    let id = match decision.order {
        Some((_, relocation)) if decision.mode == Mode::Act => relocation.to_string(),
        // While observing, generations start again with the process and identify nothing by themselves; a batch
        // can hold several reports about one UE that are decided at one time.
        Some(_) | None => {
            let generation = decision.order.map_or(0, |(generation, _)| generation.0);
            let (verdict, observed) = (decision.verdict.as_str(), decision.observed_at.as_micros());
            format!("{key}/{verdict}/{generation}/{observed}/{}", decision.at.as_micros())
        }
    };
    Record { key: key.into(), id: Some(id.into()), data: json(decision) }
}

fn ordered(order: &Order) -> Record {
    Record {
        key: format!("{}/{}", order.app, order.instance).into(),
        id: Some(order.relocation.to_string().into()),
        data: json(order),
    }
}

fn json(value: &impl Serialize) -> Bytes {
    // Maps with keys that are no texts are all that JSON cannot say; there is none here.
    serde_json::to_vec(value).unwrap_or_default().into()
}
