//! Some files together: the training traffic, or the test traffic.

use std::num::NonZeroUsize;

use model::Policy;

use super::crew::share;
use super::score::{Objective, Score};
use super::{Input, Task, TuneError};
use crate::account::Account;
use crate::figures::{Figures, Ledger};
use crate::steps::Counts;
use crate::traffic::Traffic;
use crate::{EvaluateError, Settings};

/// Traffic, and what every policy is compared with, computed once.
pub(super) struct Set<'a> {
    pub(super) inputs: &'a [Input],
    traffic: Vec<Traffic<'a>>,
    settings: &'a Settings,
    objective: Objective,
    /// The cost of the optimum, by file.
    pub(super) optimum: Vec<f64>,
    /// Relocations of `nearest`, in all files.
    nearest: u64,
}

/// What a policy came to in a set.
pub(super) struct Outcome {
    pub(super) figures: Figures,
    pub(super) score: Score,
    /// Cost over optimum, by file.
    pub(super) files: Vec<Option<f64>>,
}

impl<'a> Set<'a> {
    /// Lays files out. Nothing is computed yet.
    pub(super) fn new(task: &Task<'a>, inputs: &'a [Input]) -> Result<Self, TuneError> {
        let lay_out = |input: &'a Input| {
            let traffic = Traffic::new(task.network, &input.events, task.settings);
            traffic.map_err(|source| TuneError::Input { name: input.name.clone(), source })
        };
        let traffic = inputs.iter().map(lay_out).collect::<Result<_, _>>()?;
        let (settings, objective) = (task.settings, task.objective);
        Ok(Self { inputs, traffic, settings, objective, optimum: vec![0.0; inputs.len()], nearest: 0 })
    }

    /// Computes what policies are compared with.
    pub(super) fn prepare(
        &mut self,
        threads: NonZeroUsize,
        stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), TuneError> {
        let files = self.traffic.len();
        let traffic = &self.traffic;
        let work = |job: usize| match job.checked_sub(files) {
            None if stopped() => Err(EvaluateError::Stopped),
            None => traffic[job].optimum(&mut |_| ()).map(|(_, account)| account),
            Some(file) => replay(&traffic[file], Policy::Nearest, stopped),
        };
        let (mut optimum, mut nearest, mut failed) = (vec![0.0; files], 0, None);
        share(threads, 2 * files, &work, &mut |job, result| match result {
            Ok(account) if job < files => optimum[job] = account.cost(self.settings),
            Ok(account) => nearest += account.relocations,
            Err(error) => failed = Some((job % files, error)),
        });
        if let Some((file, source)) = failed {
            return Err(self.failed(file, source));
        }
        (self.optimum, self.nearest) = (optimum, nearest);
        Ok(())
    }

    /// How many files there are.
    pub(super) fn files(&self) -> usize {
        self.traffic.len()
    }

    /// Replays one file.
    pub(super) fn replay(
        &self,
        file: usize,
        policy: Policy,
        stopped: &(dyn Fn() -> bool + Sync),
    ) -> Result<Account, TuneError> {
        replay(&self.traffic[file], policy, stopped).map_err(|source| self.failed(file, source))
    }

    /// What a policy came to, from its accounts by file; `None` where the optimum is free in every file.
    pub(super) fn outcome(&self, name: &str, policy: Policy, accounts: Vec<Account>) -> Option<Outcome> {
        let costs = accounts.iter().map(|account| account.cost(self.settings));
        let costs: Vec<(f64, f64)> = costs.zip(self.optimum.iter().copied()).collect();
        let files = costs.iter().map(|(cost, optimum)| (*optimum > 0.0).then(|| cost / optimum)).collect();
        let account = accounts.into_iter().fold(Account::default(), Account::with);
        let ue_hours = self.traffic.iter().map(|traffic| traffic.ue_hours).sum();
        let ledger = Ledger { account, counts: Counts::default(), settings: self.settings, ue_hours };
        let mut figures = ledger.figures(name.to_owned(), Some(policy));
        figures.compare(self.optimum.iter().sum(), Some(self.nearest));
        let score = Score::new(self.objective.of(&costs)?, figures.ping_pong_percent);
        Some(Outcome { figures, score, files })
    }

    /// Replays every file with one policy, whatever stops the search.
    pub(super) fn play(
        &self,
        name: &str,
        policy: Policy,
        threads: NonZeroUsize,
    ) -> Result<Outcome, TuneError> {
        let mut accounts = vec![Account::default(); self.files()];
        let mut failed = None;
        share(threads, self.files(), &|file| self.replay(file, policy, &|| false), &mut |file, result| {
            match result {
                Ok(account) => accounts[file] = account,
                Err(error) => failed = Some(error),
            }
        });
        match failed {
            Some(error) => Err(error),
            None => self.outcome(name, policy, accounts).ok_or(TuneError::Free),
        }
    }

    /// UEs and their hours, by file.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (usize, f64)> {
        self.traffic.iter().map(|traffic| (traffic.ues, traffic.ue_hours))
    }

    fn failed(&self, file: usize, source: EvaluateError) -> TuneError {
        if source == EvaluateError::Stopped {
            return TuneError::Stopped;
        }
        TuneError::Input { name: self.inputs[file].name.clone(), source }
    }
}

fn replay(
    traffic: &Traffic<'_>,
    policy: Policy,
    stopped: &(dyn Fn() -> bool + Sync),
) -> Result<Account, EvaluateError> {
    traffic.replay("tuned", policy, &mut |_| !stopped()).map(|(_, account)| account)
}
