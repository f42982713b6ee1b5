//! Guards: what can forbid a move, or a site. One file each.

mod able;
mod concurrent;
mod freeze;
mod gate;
mod queue;

pub(crate) use able::Able;
pub(crate) use concurrent::Slots;
pub(crate) use freeze::{Freeze, Freezes};
pub(crate) use gate::Gate;
pub(crate) use queue::{Queue, Ticket};
