//! The decider on a bus: what it publishes, when it acknowledges, and what a restart makes of it.
#![allow(clippy::unwrap_used)]

mod embedded;
mod faults;
mod following;
mod inquiry;
mod life;
mod loads;
mod memory_bus;
mod operators;
mod quality;
mod replicas;
mod restarts;
mod words;
