//! rsync: application contexts, the events on them, and what they do to clusters.

pub(crate) mod context;
mod events;
mod work;

pub(crate) use context::{AppContext, Connectivity, ContextStatus, Deployed, Event, Part, Queued};
pub(crate) use events::{handle, restart};
