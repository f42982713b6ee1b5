//! Derives the public events from the internal streams.
//!
//! Internal streams name UEs and change with the code; what other people's systems read is the contract. The relay
//! reads every internal stream at its own pace, derives public events by the pure functions of [`contract`], and
//! acknowledges a record only after the broker has what follows from it. Ids are those of what happened, so an event
//! that is put a second time is told by its id. A broker that is slow holds the relay back and nobody else.
//!
//! Of several replicas one relays ([`bus::Share`]); two at once would only repeat each other.
//!
//! Main types: [`Relay`], [`Config`].

mod active;
mod config;
mod derive;
mod follow;
mod metrics;

pub use active::{Inputs, Relay};
pub use config::{Config, Mode};
