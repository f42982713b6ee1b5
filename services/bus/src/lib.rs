//! The message bus: a port and its adapters.
//!
//! [`Bus`] and [`Consumer`] are the port: durable, at-least-once, ordered by key, with latest-per-key streams,
//! named consumers and retention. [`embedded`] is the adapter that needs nothing installed. Every adapter passes
//! the suite in [`conformance`].
//!
//! The bus does not know what it carries: JSON of [`model`] types, written and read by the services.

pub mod conformance;
pub mod embedded;
mod error;
mod port;

pub use error::{BusError, Class};
pub use port::{Bus, Consumer, Delivery, Record, Sequence, Start};
