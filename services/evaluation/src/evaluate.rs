//! Runs every policy over the same events.

use model::Policy;

use crate::account::Account;
use crate::distances::Distances;
use crate::dump::Dump;
use crate::figures::{Figures, Ledger};
use crate::optimum::optimum;
use crate::replay::Replay;
use crate::steps::Steps;
use crate::timeline::{Timeline, timelines};
use crate::{Contender, EvaluateError, Events, Network, Settings};

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The policy that is replayed, or the optimum.
    pub policy: &'a str,
    /// What is counted: events, or UEs.
    pub what: &'static str,
    /// How many are done.
    pub done: usize,
    /// Of how many.
    pub of: usize,
}

/// What all policies came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// What it was made with.
    pub settings: Settings,
    /// Events that were replayed.
    pub events: usize,
    /// Of these, on cells that are not among the cells.
    pub unknown_cell_events: usize,
    /// Different cells that are not among the cells.
    pub unknown_cells: usize,
    /// UEs with at least one event on a known cell.
    pub ues: usize,
    /// UEs without; they are in no figure.
    pub ues_left_out: usize,
    /// Hours that the UEs were there, all together.
    pub ue_hours: f64,
    /// Samples that were counted.
    pub samples: u64,
    /// Sites to choose from.
    pub sites: usize,
    /// Cells.
    pub cells: usize,
    /// One for each policy, in their order; the optimum last.
    pub policies: Vec<Figures>,
}

/// Replays the events once for each policy. `told` hears how far it is. Also gives what the default policy did, where it
/// is among the policies (the first policy's steps otherwise).
///
/// # Errors
/// [`EvaluateError`] where there is nothing to compare, or the engine does not take a policy.
pub fn evaluate<'a>(
    network: &'a Network,
    events: &'a Events,
    policies: &[Contender],
    settings: &Settings,
    told: &mut dyn FnMut(Progress<'_>),
) -> Result<(Report, Dump<'a>), EvaluateError> {
    if settings.sample_micros() == 0 {
        return Err(EvaluateError::Sample);
    }
    let mut distances = Distances::new(network, events);
    let timelines = timelines(events, |location| distances.origin(location).is_some(), settings.linger);
    let ues = timelines.iter().flatten().count();
    if ues == 0 {
        return Err(EvaluateError::NoKnownCell { events: events.len(), cells: network.cells() });
    }
    let ue_hours = hours(&timelines);
    let account = |name: &str, steps: &Steps, distances: &mut Distances<'_>| {
        Account::of(steps, &timelines, distances, settings).map_err(|unserved| EvaluateError::Unserved {
            name: name.to_owned(),
            ue: events.ues[unserved.ue as usize].to_string(),
            at: unserved.at.to_string(),
        })
    };
    let replay = Replay { events, timelines: &timelines, settings };
    let mut figures = Vec::new();
    let mut kept: Option<(bool, Vec<Vec<crate::steps::Step>>)> = None;
    for Contender { name, policy } in policies {
        let mut tell = |done| told(Progress { policy: name, what: "events", done, of: events.len() });
        let steps = replay
            .run(*policy, &mut distances, &mut tell)
            .map_err(|source| EvaluateError::Policy { name: name.clone(), source })?;
        let account = account(name, &steps, &mut distances)?;
        let ledger = Ledger { account, counts: steps.counts, settings, ue_hours };
        figures.push(ledger.figures(name.clone(), Some(*policy)));
        let is_default = *policy == Policy::default();
        if kept.as_ref().is_none_or(|(default, _)| is_default && !default) {
            kept = Some((is_default, steps.of));
        }
    }
    let of = timelines.len();
    let mut tell = |done| told(Progress { policy: "optimum", what: "UEs", done, of });
    let best = optimum(&timelines, &mut distances, settings, &mut tell);
    let account = account("optimum", &best, &mut distances)?;
    let samples = account.samples;
    let ledger = Ledger { account, counts: best.counts, settings, ue_hours };
    figures.push(ledger.figures("optimum".into(), None));
    compare(&mut figures);
    let (unknown_cells, unknown_cell_events) = unknown(events, &distances);
    let report = Report {
        settings: *settings,
        events: events.len(),
        unknown_cell_events,
        unknown_cells,
        ues,
        ues_left_out: timelines.len() - ues,
        ue_hours,
        samples,
        sites: network.sites(),
        cells: network.cells(),
        policies: figures,
    };
    let steps = kept.map_or_else(Vec::new, |(_, steps)| steps);
    Ok((report, Dump::new(network, events, timelines, steps)))
}

fn compare(figures: &mut [Figures]) {
    let optimum = figures.last().map_or(0.0, |optimum| optimum.cost_meters);
    let nearest = figures.iter().find(|f| f.policy == Some(Policy::Nearest)).map(|f| f.relocations);
    for policy in figures {
        policy.compare(optimum, nearest);
    }
}

fn hours(timelines: &[Option<Timeline>]) -> f64 {
    let micros: u64 = timelines.iter().flatten().map(Timeline::micros).sum();
    micros as f64 / 3.6e9
}

/// How many cells are not known, and how many events are on them.
fn unknown(events: &Events, distances: &Distances<'_>) -> (usize, usize) {
    let lost = |location: u32| distances.origin(location).is_none();
    let cells = (0..events.locations.len() as u32).filter(|location| lost(*location)).count();
    let rows = events.rows.iter().filter(|row| row.location().is_some_and(lost)).count();
    (cells, rows)
}
