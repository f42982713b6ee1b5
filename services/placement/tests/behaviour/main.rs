//! What the engine does, told in scenes: a small country of sites on the equator, one degree apart.
#![allow(clippy::unwrap_used)]

mod adoption;
mod budgets;
mod capacity;
mod catalogue;
mod condition;
mod cooldown;
mod country;
mod desk;
mod drain;
mod first_placement;
mod freeze_window;
mod golden;
mod kept;
mod linger;
mod observe;
mod operator;
mod outcomes;
mod ping_pong;
mod play;
mod property;
mod queue;
mod reference;
mod regret;
mod scene;
mod snapshot;
mod storm;
mod story;
mod threshold;
mod topology;
mod verdict;
