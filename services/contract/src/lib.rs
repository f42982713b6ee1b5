//! What EdgeRoam promises to those who consume its events.
//!
//! CloudEvents 1.0 with JSON data, one type for each thing that happens. The types here are written by hand and apart
//! from those of the internal streams, so that EdgeRoam can change inside without breaking anybody: within a version
//! members are only added, and consumers ignore what they do not know.
//!
//! [`Deriver`] makes public [`Event`]s from internal records: pure functions, no I/O. UEs are named by pseudonyms
//! ([`PseudonymKey`]). [`schema`] has the JSON Schema of each [`Kind`] from the Rust types in [`data`],
//! document that describes them on NATS and Kafka.

pub mod data;
mod derive;
mod event;
mod kind;
mod line;
mod pseudonym;
pub mod schema;

pub use derive::Deriver;
pub use event::{Event, structured};
pub use kind::Kind;
pub use line::line;
pub use pseudonym::{KeyError, PseudonymKey};
