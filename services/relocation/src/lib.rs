//! What is the next step of this relocation?
//!
//! A [`Saga`] carries out one order: it takes a [`Plan`], is told what happened ([`Event`]) and says what to do
//! next ([`Action`]). It is a pure state machine: no async, no clock, no random numbers, no files, no network and
//! no logging. Time is an argument, waiting is an action, and the parameters of a step are opaque to it: it knows
//! no EMCO, no DNS and no bus.
//!
//! The rules it keeps, whoever drives it:
//! - **append before act**: a step runs only after the record that says so is in the log, and everything that is
//!   [handled](Saga::handle) has been appended before, so that [`Saga::recover`] over the log gives the same saga;
//! - **the pivot is the verified switch**: until then every step can be undone, in reverse; after it everything
//!   goes forward, and what cannot be retired is reported and left;
//! - a step whose result is not known (a lost reply, a crash) is run again marked *doubtful*: whoever runs it
//!   reads before it repeats.
//!
//! Main types: [`Plan`], [`Saga`], [`Event`], [`Action`], [`Notice`]. [`admit`] says whether an order is carried out at all,
//! [`fence`] whose word counts where several share the work.

mod action;
mod admit;
mod event;
pub mod fence;
mod invariants;
mod ledger;
mod machine;
mod plan;
mod retry;
mod saga;

pub use action::{Action, Notice, NoticeKind};
pub use admit::{Admission, Standing, admit};
pub use event::{Class, Entry, Event, IllegalEvent};
pub use invariants::{Violation, check};
pub use machine::{Ended, Stage};
pub use plan::{Deadlines, Kind, Plan, PlanError, PlannedStep};
pub use retry::{LONGEST_WAIT, SHORTEST_WAIT, back_off};
pub use saga::{RecoverError, Saga};
