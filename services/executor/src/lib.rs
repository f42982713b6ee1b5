//! Carries out orders: moves instances through EMCO, points their names, verifies, and retires what they left.
//!
//! Each order becomes a [`relocation::Saga`] with a log of its own in the store; this crate drives it and does what
//! its steps ask for. It is also the one that knows what runs where: the registry of instances, published on the
//! stream `instances`.
//!
//! It also reports what EMCO says of sites: labels of their clusters.
//!
//! It deliberately decides nothing (which site is the decider's business) and keeps no second opinion about what
//! EMCO did: after every doubt it reads. An order is acknowledged once its plan is in the saga log; everything
//! that follows is told again after a crash until it is on the bus.
//!
//! Main types: [`Executor`], [`LabelWatch`], [`Config`]; one file a step in `steps/`, one a way to move in `modes/`.

mod address;
mod adoption;
mod app;
mod cell;
mod charts;
mod clock;
mod complaints;
mod config;
mod context;
mod driver;
mod elsewhere;
mod error;
mod executor;
mod gate;
mod intake;
mod journal;
mod leftovers;
mod metrics;
mod modes;
mod names;
mod occupancy;
mod outbox;
mod parcel;
mod probe;
mod registry;
mod replica;
mod sites;
mod start_check;
mod steer;
mod steps;
mod survey;

pub use config::Config;
pub use error::StartError;
pub use executor::{Executor, Keep};
pub use sites::LabelWatch;
pub use steer::{SteerError, Steering};
