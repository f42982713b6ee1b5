//! One input, laid out: what every policy is replayed with, and the optimum is sought in.

use model::Policy;

use crate::account::Account;
use crate::distances::Distances;
use crate::optimum::optimum;
use crate::replay::{Halt, Replay};
use crate::steps::Steps;
use crate::timeline::{Timeline, timelines};
use crate::{EvaluateError, Events, Network, Settings};

/// Events with the times of their UEs. Threads may share it.
#[derive(Debug)]
pub(crate) struct Traffic<'a> {
    pub(crate) events: &'a Events,
    pub(crate) timelines: Vec<Option<Timeline>>,
    pub(crate) settings: &'a Settings,
    /// UEs with at least one event on a known cell.
    pub(crate) ues: usize,
    /// Hours that they were there, all together.
    pub(crate) ue_hours: f64,
    distances: Distances<'a>,
}

impl<'a> Traffic<'a> {
    /// Lays events out.
    ///
    /// # Errors
    /// [`EvaluateError`] where there is nothing to compare.
    pub(crate) fn new(
        network: &'a Network,
        events: &'a Events,
        settings: &'a Settings,
    ) -> Result<Self, EvaluateError> {
        if settings.sample_micros() == 0 {
            return Err(EvaluateError::Sample);
        }
        let distances = Distances::new(network, events);
        let timelines = timelines(events, |location| distances.origin(location).is_some(), settings.linger);
        let ues = timelines.iter().flatten().count();
        if ues == 0 {
            return Err(EvaluateError::NoKnownCell { events: events.len(), cells: network.cells() });
        }
        let micros: u64 = timelines.iter().flatten().map(Timeline::micros).sum();
        Ok(Self { events, timelines, settings, ues, ue_hours: micros as f64 / 3.6e9, distances })
    }

    /// What a policy does and what that costs. `told` hears how many events are done and says whether to go on.
    ///
    /// # Errors
    /// [`EvaluateError`] where the engine does not take the policy, or `told` wants no more.
    pub(crate) fn replay(
        &self,
        name: &str,
        policy: Policy,
        told: &mut dyn FnMut(usize) -> bool,
    ) -> Result<(Steps, Account), EvaluateError> {
        let replay = Replay { events: self.events, timelines: &self.timelines, settings: self.settings };
        let steps = replay.run(policy, &self.distances, told).map_err(|halt| match halt {
            Halt::App(source) => EvaluateError::Policy { name: name.to_owned(), source },
            Halt::Stopped => EvaluateError::Stopped,
        })?;
        let account = self.account(name, &steps)?;
        Ok((steps, account))
    }

    /// What the optimum does and what that costs. `told` hears how many UEs are done.
    ///
    /// # Errors
    /// None that a test has seen: [`EvaluateError::Unserved`].
    pub(crate) fn optimum(&self, told: &mut dyn FnMut(usize)) -> Result<(Steps, Account), EvaluateError> {
        let steps = optimum(&self.timelines, &self.distances, self.settings, told);
        let account = self.account("optimum", &steps)?;
        Ok((steps, account))
    }

    /// How many cells are not known, and how many events are on them.
    pub(crate) fn unknown(&self) -> (usize, usize) {
        let lost = |location: u32| self.distances.origin(location).is_none();
        let cells = (0..self.events.locations.len() as u32).filter(|location| lost(*location)).count();
        let rows = self.events.rows.iter().filter(|row| row.location().is_some_and(lost)).count();
        (cells, rows)
    }

    fn account(&self, name: &str, steps: &Steps) -> Result<Account, EvaluateError> {
        Account::of(steps, &self.timelines, &self.distances, self.settings).map_err(|unserved| {
            EvaluateError::Unserved {
                name: name.to_owned(),
                ue: self.events.ues[unserved.ue as usize].to_string(),
                at: unserved.at.to_string(),
            }
        })
    }
}
