//! The cheapest sequence of sites in hindsight.
//!
//! For each UE, V_t(s) = c_t(s) + min(V_{t-1}(s), min V_{t-1} + K) over the samples t and sites s: a metrical task
//! system solved offline by dynamic programming. While the cell stays the same, moving pays at the first sample or not
//! at all (the cost is linear in the time of the move), so that samples on one cell are taken in one step.

use model::{Trigger, Verdict};

use crate::Settings;
use crate::distances::{ALL_SITES, Distances};
use crate::events::Instant;
use crate::grid::Grid;
use crate::steps::{Step, Steps};
use crate::timeline::Timeline;

/// Samples on one cell in a row.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Run {
    location: u32,
    count: u64,
    /// Time of the first sample.
    at: Instant,
    /// Whether the site is chosen anew at no cost.
    fresh: bool,
}

/// The optimum's steps. Among equally cheap ones it stays rather than moves, and takes the site with the lower id.
/// `told` hears how many UEs are done.
pub(crate) fn optimum(
    timelines: &[Option<Timeline>],
    distances: &Distances<'_>,
    settings: &Settings,
    told: &mut dyn FnMut(usize),
) -> Steps {
    let mut steps = Steps { of: vec![Vec::new(); timelines.len()], ..Steps::default() };
    for (done, timeline) in timelines.iter().enumerate() {
        told(done);
        let Some(timeline) = timeline else { continue };
        let runs = runs(timeline, settings);
        let sites = candidates(&runs, distances);
        let path = cheapest(&runs, &sites, distances, settings.relocation_cost_meters);
        let own = &mut steps.of[timeline.ue as usize];
        for (run, (before, site)) in runs.iter().zip(path) {
            let trigger = if before.is_some() { Trigger::Mobility } else { Trigger::FirstPlacement };
            if before == Some(site) {
                continue;
            }
            own.push(Step { at: run.at, from: before, to: Some(site), trigger, wrong: false });
            *steps.counts.entry(trigger).or_default().entry(Verdict::Move).or_default() += 1;
        }
    }
    steps
}

fn runs(timeline: &Timeline, settings: &Settings) -> Vec<Run> {
    let grid = Grid::new(timeline.start(), settings.sample_micros());
    let mut runs: Vec<Run> = Vec::new();
    let mut fresh = false;
    for (stretch, end) in timeline.spans() {
        fresh |= stretch.fresh;
        let count = grid.count(stretch.from, end);
        let Some(location) = stretch.location.filter(|_| count > 0) else { continue };
        match runs.last_mut() {
            Some(run) if run.location == location && !fresh => run.count += count,
            _ => runs.push(Run { location, count, at: grid.first(stretch.from), fresh }),
        }
        fresh = false;
    }
    runs
}

/// Every site, or with many of them those that are near to any of the UE's cells.
fn candidates(runs: &[Run], distances: &Distances<'_>) -> Vec<u32> {
    let count = distances.network().sites.len();
    if count <= ALL_SITES {
        return (0..count as u32).collect();
    }
    let mut sites: Vec<u32> = Vec::new();
    for run in runs {
        sites.extend_from_slice(distances.nearest(run.location));
    }
    sites.sort_unstable();
    sites.dedup();
    sites
}

/// For each run the site before it (none where it is chosen anew) and the site.
fn cheapest(
    runs: &[Run],
    sites: &[u32],
    distances: &Distances<'_>,
    relocation: f64,
) -> Vec<(Option<u32>, u32)> {
    let mut values = vec![0.0; sites.len()];
    // Of each run: the cheapest site before it, and at which sites it pays to come from there.
    let mut before: Vec<usize> = Vec::with_capacity(runs.len());
    let mut moved: Vec<bool> = Vec::with_capacity(runs.len() * sites.len());
    for (number, run) in runs.iter().enumerate() {
        let best = lowest(&values);
        let anew = number == 0 || run.fresh;
        let from_best = values[best] + if anew { 0.0 } else { relocation };
        before.push(best);
        for (value, site) in values.iter_mut().zip(sites) {
            let moves = anew || from_best < *value;
            moved.push(moves);
            let base = if moves { from_best } else { *value };
            *value = base + distances.meters(run.location, *site) * run.count as f64;
        }
    }
    let mut path = Vec::with_capacity(runs.len());
    let mut here = lowest(&values);
    for (number, run) in runs.iter().enumerate().rev() {
        let source = if moved[number * sites.len() + here] { before[number] } else { here };
        let anew = number == 0 || run.fresh;
        path.push(((!anew).then(|| sites[source]), sites[here]));
        here = source;
    }
    path.reverse();
    path
}

/// The place of the lowest value, the first among equals.
fn lowest(values: &[f64]) -> usize {
    let mut best = 0;
    for (place, value) in values.iter().enumerate() {
        if *value < values[best] {
            best = place;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use model::UeLocation;
    use proptest::prelude::*;

    use super::*;
    use crate::account::Account;
    use crate::events::{Events, EventsBuilder};
    use crate::fixture::{cell, network};
    use crate::timeline::timelines;

    const CELLS: u64 = 4;

    /// A run of a UE's life: a cell (or gone, for the highest number) and how many half seconds it lasts.
    fn life() -> impl Strategy<Value = Vec<(u64, u64)>> {
        prop::collection::vec((0..=CELLS, 0..6u64), 1..7)
    }

    fn events(life: &[(u64, u64)]) -> Events {
        let mut builder = EventsBuilder::default();
        let mut at = 0;
        for (place, halves) in life {
            let location =
                (*place < CELLS).then(|| UeLocation { cell: Some(cell(*place)), tai: None, position: None });
            builder.seen("ue", Instant::from_micros(at), location).expect("few");
            at += *halves as i64 * 500_000;
        }
        builder.finish().expect("some")
    }

    /// The cheapest of all sequences of sites, sample by sample.
    fn tried(timeline: &Timeline, distances: &Distances<'_>, settings: &Settings, sites: u32) -> f64 {
        let mut samples: Vec<(u32, bool)> = Vec::new();
        let (mut at, mut fresh_at) = (timeline.start(), timeline.start());
        while at < timeline.closes() {
            let now = timeline.stretches.iter().rfind(|stretch| stretch.from <= at).expect("begun");
            if let Some(location) = now.location {
                let fresh = timeline.stretches.iter().any(|s| s.fresh && s.from <= at && s.from > fresh_at);
                samples.push((location, fresh));
                fresh_at = at;
            }
            at = at.plus_micros(settings.sample_micros());
        }
        let mut best = f64::INFINITY;
        for number in 0..sites.pow(samples.len() as u32) {
            let (mut rest, mut cost, mut before) = (number, 0.0, None);
            for (location, fresh) in &samples {
                let site = rest % sites;
                rest /= sites;
                if !fresh && before.is_some_and(|before| before != site) {
                    cost += settings.relocation_cost_meters;
                }
                cost += distances.meters(*location, site);
                before = Some(site);
            }
            best = best.min(cost);
        }
        best
    }

    proptest! {
        #[test]
        fn nothing_is_cheaper_than_the_optimum_and_its_steps_cost_what_it_says(
            life in life(),
            cells in prop::collection::vec((0.0..0.1f64, 0.0..0.1f64), CELLS as usize),
            sites in prop::collection::vec((0.0..0.1f64, 0.0..0.1f64), 1..4),
            relocation_cost_meters in 0.0..20_000.0f64,
        ) {
            let (network, events) = (network(&cells, &sites), events(&life));
            let settings = Settings {
                sample: Duration::from_secs(1),
                relocation_cost_meters,
                linger: Duration::from_secs(2),
                ..Settings::default()
            };
            let distances = Distances::new(&network, &events);
            let timelines = timelines(&events, |_| true, settings.linger);
            let steps = optimum(&timelines, &distances, &settings, &mut |_| ());
            let account = Account::of(&steps, &timelines, &distances, &settings).expect("served");
            let by_trial = timelines[0]
                .as_ref()
                .map_or(0.0, |timeline| tried(timeline, &distances, &settings, sites.len() as u32));
            prop_assert!((account.cost(&settings) - by_trial).abs() < 1e-6, "{account:?} {by_trial}");
        }
    }
}
