//! What the engine does, told in scenes: a small country of sites on the equator, one degree apart.
#![allow(clippy::unwrap_used)]

mod adoption;
mod area;
mod capacity;
mod catalogue;
mod condition;
mod country;
mod desk;
mod drain;
mod first_placement;
mod golden;
mod kept;
mod linger;
mod observe;
mod operator;
mod outcomes;
mod play;
mod property;
mod quality;
mod queue;
mod reference;
mod regret;
mod relief;
mod scene;
mod snapshot;
mod story;
mod tenant;
mod threshold;
mod topology;
mod town;
mod verdict;
mod why;
