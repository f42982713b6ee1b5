//! The message bus: a port and its adapters.
//!
//! [`Bus`] and [`Consumer`] are the port: durable, at-least-once, ordered by key, with latest-per-key streams,
//! named consumers and retention. [`Share`] says which replica does which part of some work, [`take_turns`] does work that is
//! not cut into parts. [`embedded`] is the
//! adapter that needs nothing installed, [`nats`] and [`kafka`] use the broker that is there. Every adapter passes
//! the suite in [`conformance`]. [`public`] is the other side: events for other people's systems.
//!
//! The bus does not know what it carries: JSON of [`model`] types, written and read by the services.

mod config;
pub mod conformance;
mod create;
mod dead_letter;
mod dedup;
pub mod embedded;
mod error;
pub mod kafka;
pub mod nats;
mod port;
pub mod public;
mod retention;
mod share;
mod size;
mod turn;

pub use config::Config;
pub use create::Create;
pub use dead_letter::dead_letter;
pub use error::{BusError, Class};
pub use port::{Bus, Consumer, Delivery, Record, Sequence, Start};
pub use retention::{Retention, Retentions};
pub use share::{Alone, Change, Share};
pub use size::ByteSize;
pub use turn::{Turn, take_turns};
