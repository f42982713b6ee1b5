//! The orchestrator's deployment intent groups: where they go, what is done with them, how they stand.

pub(crate) mod action;
mod migration;
mod placement;
pub(crate) mod query;
mod resources;
pub(crate) mod status;
