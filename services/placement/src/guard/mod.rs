//! Guards: what can forbid a move, or a site. One file each.

mod able;
mod budgets;
mod consent;
mod freeze;
mod gate;
mod lane;
mod line;
mod ping_pong;
mod queue;
mod rate;
mod unhurried;

pub(crate) use able::Able;
pub(crate) use budgets::{Budgets, Pace, Way};
pub(crate) use consent::{Leave, is_yes};
pub(crate) use freeze::{Freeze, Freezes};
pub(crate) use gate::Gate;
pub(crate) use lane::{Lane, Limited, Of};
pub(crate) use line::Line;
pub(crate) use ping_pong::Origins;
pub(crate) use queue::{Queue, Ticket};
pub(crate) use unhurried::Unhurried;
