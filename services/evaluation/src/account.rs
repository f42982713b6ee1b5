//! What a sequence of steps costs.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Settings;
use crate::distances::Distances;
use crate::grid::Grid;
use crate::steps::{Step, Steps};
use crate::timeline::Timeline;

/// A return to the site that was left no longer ago than this is a ping-pong.
pub(crate) const PING_PONG: Duration = Duration::from_secs(60);

/// The sums over all UEs.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Account {
    pub(crate) samples: u64,
    /// Over all samples.
    pub(crate) meters: f64,
    pub(crate) relocations: u64,
    pub(crate) ping_pongs: u64,
    /// Samples outside the latency budget.
    pub(crate) outside: u64,
    pub(crate) wrong_targets: u64,
    /// How many samples there were at which distance: nearest first, each distance once.
    pub(crate) distances: Vec<(f64, u64)>,
}

/// A UE that is on a known cell without a site.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unserved {
    pub(crate) ue: u32,
    pub(crate) at: crate::Instant,
}

impl Account {
    /// Adds up what the steps of all UEs cost.
    ///
    /// # Errors
    /// [`Unserved`].
    pub(crate) fn of(
        steps: &Steps,
        timelines: &[Option<Timeline>],
        distances: &mut Distances<'_>,
        settings: &Settings,
    ) -> Result<Self, Unserved> {
        let mut account = Self::default();
        let mut pairs = BTreeMap::new();
        for (timeline, steps) in timelines.iter().zip(&steps.of) {
            let Some(timeline) = timeline else { continue };
            account.relocations(steps);
            samples(timeline, steps, settings, &mut pairs)?;
        }
        for ((location, site), count) in pairs {
            let meters = distances.meters(location, site);
            account.samples += count;
            account.meters += meters * count as f64;
            account.outside += if meters > settings.budget_meters { count } else { 0 };
            account.distances.push((meters, count));
        }
        account.distances.sort_by(|a, b| a.0.total_cmp(&b.0));
        account.distances.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        Ok(account)
    }

    /// Metres of all samples, and the price of the relocations.
    pub(crate) fn cost(&self, settings: &Settings) -> f64 {
        self.meters + self.relocations as f64 * settings.relocation_cost_meters
    }

    fn relocations(&mut self, steps: &[Step]) {
        let mut last: Option<&Step> = None;
        for step in steps {
            self.wrong_targets += u64::from(step.wrong);
            if !step.is_relocation() {
                last = None;
                continue;
            }
            self.relocations += 1;
            let back = last.is_some_and(|last| last.from == step.to && step.at.since(last.at) <= PING_PONG);
            self.ping_pongs += u64::from(back);
            last = Some(step);
        }
    }
}

/// Counts the samples of one UE by location and site.
fn samples(
    timeline: &Timeline,
    steps: &[Step],
    settings: &Settings,
    pairs: &mut BTreeMap<(u32, u32), u64>,
) -> Result<(), Unserved> {
    let grid = Grid::new(timeline.start(), settings.sample_micros());
    let mut steps = steps.iter().peekable();
    let mut site = None;
    for (stretch, end) in timeline.spans() {
        let mut from = stretch.from;
        while from < end {
            while let Some(step) = steps.next_if(|step| step.at <= from) {
                site = step.to;
            }
            let to = steps.peek().map_or(end, |step| step.at.min(end));
            let count = grid.count(from, to);
            if let (Some(location), true) = (stretch.location, count > 0) {
                let site = site.ok_or(Unserved { ue: timeline.ue, at: from })?;
                *pairs.entry((location, site)).or_default() += count;
            }
            from = to;
        }
    }
    Ok(())
}
