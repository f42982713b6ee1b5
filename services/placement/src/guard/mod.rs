//! Guards: what can forbid a move that the policy wants. One file each.

mod concurrent;

pub(crate) use concurrent::{Slots, Ticket};
