//! Runs every policy over the same events.

use model::Policy;

use crate::account::Account;
use crate::dump::Dump;
use crate::figures::{Figures, Ledger};
use crate::steps::Steps;
use crate::traffic::Traffic;
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
    /// Of these, sites with a limit of instances.
    pub limited_sites: usize,
    /// Cells.
    pub cells: usize,
    /// One for each policy, in their order; the optimum last.
    pub policies: Vec<Figures>,
}

impl Report {
    /// How many of the sites have a limit, as a clause for whoever names the sites; empty where none has.
    pub fn limits(&self) -> String {
        match self.limited_sites {
            0 => String::new(),
            limited => format!(" ({limited} with a limit of instances)"),
        }
    }
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
    let traffic = Traffic::new(network, events, settings)?;
    let ue_hours = traffic.ue_hours;
    let ledger = |account: Account, counts| Ledger { account, counts, settings, ue_hours };
    let mut figures = Vec::new();
    let mut kept: Option<(bool, Steps)> = None;
    for Contender { name, policy } in policies {
        let mut tell = |done| {
            told(Progress { policy: name, what: "events", done, of: events.len() });
            true
        };
        let (steps, account) = traffic.replay(name, *policy, &mut tell)?;
        figures.push(ledger(account, steps.counts.clone()).figures(name.clone(), Some(*policy)));
        let is_default = *policy == Policy::default();
        if kept.as_ref().is_none_or(|(default, _)| is_default && !default) {
            kept = Some((is_default, steps));
        }
    }
    let of = traffic.timelines.len();
    let mut tell = |done| told(Progress { policy: "optimum", what: "UEs", done, of });
    let (best, account) = traffic.optimum(&mut tell)?;
    let samples = account.samples;
    figures.push(ledger(account, best.counts).figures("optimum".into(), None));
    compare(&mut figures);
    let (unknown_cells, unknown_cell_events) = traffic.unknown();
    let report = Report {
        settings: *settings,
        events: events.len(),
        unknown_cell_events,
        unknown_cells,
        ues: traffic.ues,
        ues_left_out: of - traffic.ues,
        ue_hours,
        samples,
        sites: network.sites(),
        limited_sites: network.limited_sites(),
        cells: network.cells(),
        policies: figures,
    };
    let steps = kept.map_or_else(Steps::default, |(_, steps)| steps);
    Ok((report, Dump::new(network, events, traffic.timelines, steps)))
}

fn compare(figures: &mut [Figures]) {
    let optimum = figures.last().map_or(0.0, |optimum| optimum.cost_meters);
    let nearest = figures.iter().find(|f| f.policy == Some(Policy::Nearest)).map(|f| f.relocations);
    for policy in figures {
        policy.compare(optimum, nearest);
    }
}
