//! Where should this instance be?
//!
//! A sans-IO core: no async, clock, random numbers, environment, files, network or tracing. Time is an
//! argument, what happened is an [`Input`], what shall be done is a [`Command`]. The caller reads the bus,
//! publishes the commands and calls [`Engine::handle_timeout`] at [`Engine::next_timeout`]. The same inputs at
//! the same times give the same commands, on every machine; `clippy.toml` bans what would break that.
//!
//! It does not carry orders out, does not know EMCO, and keeps nothing on disk: [`Engine::snapshot`] gives bytes.
//!
//! - [`SiteIndex`]: exact nearest sites on the ellipsoid.
//! - [`Topology`]: a catalogue with every cell's sites ranked ahead of time.
//! - [`Engine`]: UEs and instances; policies, guards, linger, one live order an instance; the condition and load of sites,
//!   what operators ask for, and what is measured of the quality that UEs get.
//! - [`invariants`]: what holds whatever happens; written once, used by tests and simulations.

#![warn(clippy::iter_over_hash_type)]

mod approvals;
mod apps;
mod asks;
mod atlas;
mod command;
mod engine;
mod estate;
mod explain;
mod fleet;
mod foreign;
mod groups;
mod guard;
mod hosts;
mod index;
pub mod invariants;
mod judge;
mod policy;
mod quality;
mod relief;
mod search;
mod sites;
mod slab;
mod timers;
mod topology;
mod ue;
mod weigh;
mod zone;

pub use apps::AppError;
pub use command::{Command, Input};
pub use engine::{Counts, Engine, Question, RestoreError, Standing};
pub use fleet::Fleet;
pub use sites::{Ranked, SiteIndex};
pub use topology::{Problem, RANKED_SITES, Topology, TopologyError};
