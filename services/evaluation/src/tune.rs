//! Which knobs of a policy are the cheapest on some traffic, and whether they are so on other traffic too.

mod crew;
mod json;
mod knobs;
mod report;
mod score;
mod search;
mod set;

use std::num::NonZeroUsize;

use model::Policy;
use thiserror::Error;

use crate::account::Account;
use crate::{EvaluateError, Events, Network, Settings};
use crew::share;
pub use json::tuning_json;
pub use knobs::{Family, FamilyError, Knob, values};
pub use report::{Advice, FileSides, Side, Sides, Tuning};
pub use score::{MOST_PING_PONG_PERCENT, Objective, Score};
use search::Search;
pub use search::{Phase, Run};
use set::{Outcome, Set};

/// Traffic with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// What it is called in the report and in errors: a file.
    pub name: String,
    /// Who was where.
    pub events: Events,
}

/// What is tuned on what.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// Where cells and sites are.
    pub network: &'a Network,
    /// The traffic that the knobs are tuned on.
    pub training: &'a [Input],
    /// Traffic that the search does not see.
    pub test: &'a [Input],
    /// The policy.
    pub family: Family,
    /// What policies are compared with.
    pub settings: &'a Settings,
    /// What is made low.
    pub objective: Objective,
    /// The most policies that are tried on the training traffic, the defaults among them.
    pub runs: NonZeroUsize,
    /// Seeds what is tried.
    pub seed: u64,
    /// On how many threads; it makes no difference to what comes out.
    pub threads: NonZeroUsize,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trying {
    /// Policies that were tried.
    pub done: usize,
    /// Of at most so many.
    pub of: usize,
    /// The best so far; `None` while the optimum is sought.
    pub best: Option<Score>,
}

/// Why there are no tuned knobs.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum TuneError {
    /// There is nothing to tune on, or to test on.
    #[error("there is no {0} traffic")]
    Nothing(&'static str),
    /// The same traffic is there twice.
    #[error(
        "{0} and {1} hold the same events: each file is wanted once, and the test traffic must be other traffic"
    )]
    Same(String, String),
    /// A file cannot be replayed.
    #[error("{name}: {source}")]
    Input {
        /// What it is called.
        name: String,
        /// Why.
        source: EvaluateError,
    },
    /// Nothing costs anything.
    #[error(
        "the optimum costs nothing, so that no policy can be compared with it: nobody has to be away from a site or \
         to move"
    )]
    Free,
    /// Somebody wanted no more before even the defaults were tried.
    #[error("stopped before anything was tried")]
    Stopped,
}

/// Seeks the best knobs on the training traffic, and compares them with the defaults there and on the test traffic.
/// `stopped` says whether to end before the end, with the best so far; `told` hears how far it is.
///
/// # Errors
/// [`TuneError`].
pub fn tune(
    task: &Task<'_>,
    stopped: &(dyn Fn() -> bool + Sync),
    told: &mut dyn FnMut(Trying),
) -> Result<Tuning, TuneError> {
    check(task)?;
    let (mut training, mut test) = (Set::new(task, task.training)?, Set::new(task, task.test)?);
    told(Trying { done: 0, of: task.runs.get(), best: None });
    training.prepare(task.threads, stopped)?;
    test.prepare(task.threads, stopped)?;
    let mut search = Search::new(task.family, task.seed, task.runs.get());
    loop {
        let batch = search.batch();
        if batch.is_empty() || stopped() {
            break;
        }
        let scored = score(task, &training, &search, &batch, stopped, told)?;
        search.take(scored);
    }
    let was_stopped = stopped();
    let best = search.best().ok_or(TuneError::Stopped)?.policy;
    let sides = |set: &Set<'_>| -> Result<Sides, TuneError> {
        let defaults = set.play("defaults", task.family.defaults(), task.threads)?;
        let tuned = set.play("tuned", best, task.threads)?;
        Ok(side_by_side(set, defaults, tuned))
    };
    Ok(Tuning {
        family: task.family,
        objective: task.objective,
        seed: task.seed,
        most_runs: task.runs.get(),
        settings: *task.settings,
        stopped: was_stopped,
        best,
        training: sides(&training)?,
        test: sides(&test)?,
        runs: search.tried().to_vec(),
    })
}

fn check(task: &Task<'_>) -> Result<(), TuneError> {
    for (inputs, what) in [(task.training, "training"), (task.test, "test")] {
        if inputs.is_empty() {
            return Err(TuneError::Nothing(what));
        }
    }
    let all: Vec<&Input> = task.training.iter().chain(task.test).collect();
    for (number, input) in all.iter().enumerate() {
        if let Some(same) = all[..number].iter().find(|other| other.events == input.events) {
            return Err(TuneError::Same(same.name.clone(), input.name.clone()));
        }
    }
    Ok(())
}

/// Tries a batch on the training traffic: what each came to, in its order; what was stopped is left out.
fn score(
    task: &Task<'_>,
    training: &Set<'_>,
    search: &Search,
    batch: &[Policy],
    stopped: &(dyn Fn() -> bool + Sync),
    told: &mut dyn FnMut(Trying),
) -> Result<Vec<(Policy, Score)>, TuneError> {
    let files = training.files();
    let mut accounts: Vec<Vec<Option<Account>>> = vec![vec![None; files]; batch.len()];
    let mut scores: Vec<Option<Score>> = vec![None; batch.len()];
    let mut failed = None;
    let mut best = search.best().map(|run| run.score);
    let mut done = search.tried().len();
    let work = |job: usize| training.replay(job % files, batch[job / files], stopped);
    share(task.threads, files * batch.len(), &work, &mut |job, result| {
        let number = job / files;
        match result {
            Ok(account) => accounts[number][job % files] = Some(account),
            Err(TuneError::Stopped) => return,
            Err(error) => failed = Some(error),
        }
        if accounts[number].iter().all(Option::is_some) {
            let of = std::mem::take(&mut accounts[number]).into_iter().flatten().collect();
            let score = training.outcome("", batch[number], of).map(|outcome| outcome.score);
            scores[number] = score;
            best = best.into_iter().chain(score).min_by(Score::order);
            done += 1;
            told(Trying { done, of: task.runs.get(), best });
        }
    });
    match failed {
        Some(error) => Err(error),
        None if scores.iter().all(Option::is_none) && !stopped() => Err(TuneError::Free),
        None => Ok(batch.iter().copied().zip(scores).filter_map(|(p, score)| Some((p, score?))).collect()),
    }
}

fn side_by_side(set: &Set<'_>, defaults: Outcome, tuned: Outcome) -> Sides {
    let ratios = defaults.files.iter().zip(&tuned.files);
    let files = set.inputs.iter().zip(set.sizes()).zip(ratios);
    let files = files.map(|((input, (ues, ue_hours)), (defaults, tuned))| FileSides {
        name: input.name.clone(),
        ues,
        ue_hours,
        defaults: *defaults,
        tuned: *tuned,
    });
    let side = |outcome: Outcome| Side { figures: outcome.figures, score: outcome.score };
    Sides { files: files.collect(), defaults: side(defaults), tuned: side(tuned) }
}
