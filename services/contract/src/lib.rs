//! What EdgeRoam promises to those who consume its events.
//!
//! Public events are CloudEvents 1.0 with data of the types in [`v1`]. These types are apart from the internal ones
//! of [`model`], so that the inside can change: [`Deriver`] makes public events of internal records, by pure
//! functions. [`schema`] and [`asyncapi`] describe the events for machines, `docs/events.md` does for people; what
//! they give is committed in `docs/events`, and a change that would break a consumer is refused by a test.
//!
//! The crate puts nothing on a broker and reads nothing from one. How events look there is the business of the
//! adapters; the names of topics and subjects are given here.
//!
//! Main types: [`Kind`], [`Event`], [`Deriver`], [`PseudonymKey`], [`Attributes`].

pub mod asyncapi;
mod attributes;
mod derive;
mod event;
mod kind;
mod line;
mod pseudonym;
pub mod schema;
mod time;
pub mod v1;
mod words;

pub use attributes::Attributes;
pub use derive::Deriver;
pub use event::{Event, structured};
pub use kind::Kind;
pub use line::{guard_in_words, line};
pub use pseudonym::{PseudonymKey, PseudonymKeyError};
pub use time::Time;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
