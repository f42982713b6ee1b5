//! EMCO's database: resources by path, their states, and the rules by which they refer to each other.

pub(crate) mod document;
pub(crate) mod kind;
pub(crate) mod schema;
pub(crate) mod state;
mod store;

pub(crate) use kind::Kind;
pub(crate) use store::{Document, Payload, Store};
