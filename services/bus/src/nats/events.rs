//! Public events on NATS: CloudEvents on the stream `EDGEROAM_EVENTS`.
//!
//! Subjects are `edgeroam.v1.<kind>.<app or _>.<key>`. A second stream takes the last event of every instance and
//! site from the first, at the broker, and keeps it for ever: that is what late joiners read.

mod inlet;
mod outlet;
mod streams;
mod subject;
mod wire;

pub use inlet::NatsInlet;
pub use outlet::NatsOutlet;
