//! How good is a policy? Replays cell changes through the real engine of `placement` and compares policies with the
//! cheapest sequence of sites that anybody could have chosen who knew the future.
//!
//! Time is virtual: the engine's timeouts fire exactly when they are due, between the events. Costs are counted at
//! regular samples: metres from the serving cell to the serving site, and a price for each relocation.
//! `docs/evaluation.md` defines every figure.
//!
//! Deliberately not: a judge of what a relocation takes (the orders are carried out at once, see mode `observe`), a
//! radio model (that is `mobility`; cell changes come in), or a policy.
//!
//! - [`Events`]: who was served by which cell, and when; read from a CSV.
//! - [`Network`]: where cells and sites are.
//! - [`Contender`]: a policy with its name; [`evaluate`] gives a [`Report`].
//! - [`tune`]: searches the knobs of a policy, and compares them with the defaults on other traffic.
//! - [`Dump`]: what was replayed and decided, as files for whoever wants to recompute the report.

mod account;
mod contender;
mod distances;
mod dump;
mod error;
mod evaluate;
mod events;
mod figures;
#[cfg(test)]
mod fixture;
mod grid;
mod html;
mod json;
mod network;
mod optimum;
mod replay;
mod room;
mod steps;
mod timeline;
mod traffic;
mod tune;

pub use contender::{Contender, ContenderError, contenders};
pub use dump::Dump;
pub use error::EvaluateError;
pub use evaluate::{Progress, Report, evaluate};
pub use events::{Events, EventsBuilder, EventsError, Instant, InstantError, Notes};
pub use figures::{COLUMNS, Column, Figures};
pub use html::{html, tuning_html};
pub use json::json;
pub use network::Network;
pub use tune::{
    Advice, Family, FamilyError, FileSides, Input, Knob, MOST_PING_PONG_PERCENT, Objective, Phase, Run,
    Score, Side, Sides, Task, Trying, TuneError, Tuning, tune, tuning_json, values,
};

use std::time::Duration;

/// What a comparison is made with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Time between two samples, above zero.
    pub sample: Duration,
    /// What a relocation costs, in metres of one sample.
    pub relocation_cost_meters: f64,
    /// Farther than this from its site, in metres, a UE is outside its latency budget.
    pub budget_meters: f64,
    /// How long an instance is kept after its UE has gone.
    pub linger: Duration,
}

impl Default for Settings {
    /// 2 s, 3,000 m, 3 km, 5 min.
    fn default() -> Self {
        Self {
            sample: Duration::from_secs(2),
            relocation_cost_meters: 3_000.0,
            budget_meters: 3_000.0,
            linger: Duration::from_secs(300),
        }
    }
}

impl Settings {
    pub(crate) fn sample_micros(&self) -> u64 {
        u64::try_from(self.sample.as_micros()).unwrap_or(u64::MAX)
    }
}
