//! Who is served by which cell, and when: mobility scenarios for the demo, the testbed and evaluations.
//!
//! A [`Scenario`] is a list of cells, sites and UEs, and the times at which each UE's serving cell changes. It comes
//! from [`builtin`], a made-up coastal town, or from [`from_trace`], a recorded movement over real cells. Both walk
//! the UEs through the same [`radio`] model: strongest cell, path loss and correlated shadowing, event A3 with a
//! time-to-trigger.
//!
//! Pure and seeded: the same arguments give the same scenario on every platform. All randomness is ChaCha8, all
//! transcendental functions are `libm`'s. There is no clock in here: times are offsets from the start.
//!
//! Deliberately not: a radio simulator (no fading, interference, load or power control), a traffic simulator
//! (SUMO is one, see [`trace`]), a reader of cell or site files (that is `catalogue`), or anything that knows
//! EdgeRoam: this crate depends on none of its crates.
//!
//! The model, its constants and the file formats are described in `docs/mobility.md`.

mod builtin;
mod chance;
mod earth;
pub mod radio;
mod scenario;
pub mod trace;
mod walk;

pub use builtin::builtin;
pub use scenario::{Cell, Change, Scenario, Site, Ue};
pub use trace::{Limits, Notes, ReadError, Trace, read};
pub use walk::{ScenarioError, from_trace};
