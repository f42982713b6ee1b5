//! What a sequence of steps costs.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Settings;
use crate::distances::Distances;
use crate::events::Instant;
use crate::grid::Grid;
use crate::room::violations;
use crate::steps::{Step, Steps};
use crate::timeline::Timeline;

/// A return to the site that was left no longer ago than this is a ping-pong.
pub(crate) const PING_PONG: Duration = Duration::from_secs(60);

/// The sums over all UEs.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Account {
    pub(crate) samples: u64,
    /// Over the samples that were served.
    pub(crate) meters: f64,
    /// Samples without an instance, because no site had room.
    pub(crate) unserved: u64,
    /// To the nearest site, over the samples without an instance.
    pub(crate) unserved_meters: f64,
    pub(crate) relocations: u64,
    pub(crate) ping_pongs: u64,
    /// Samples outside the latency budget; whoever is not served is.
    pub(crate) outside: u64,
    pub(crate) wrong_targets: u64,
    pub(crate) capacity_violations: u64,
    /// How many samples were served at which distance: nearest first, each distance once.
    pub(crate) distances: Vec<(f64, u64)>,
}

/// A UE that is on a known cell without a site.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unserved {
    pub(crate) ue: u32,
    pub(crate) at: Instant,
}

impl Account {
    /// Adds up what the steps of all UEs cost.
    ///
    /// # Errors
    /// [`Unserved`], where no site has a limit.
    pub(crate) fn of(
        steps: &Steps,
        timelines: &[Option<Timeline>],
        distances: &Distances<'_>,
        settings: &Settings,
    ) -> Result<Self, Unserved> {
        let mut account = Self::default();
        let network = distances.network();
        let mut pairs = BTreeMap::new();
        for (timeline, steps) in timelines.iter().zip(&steps.of) {
            let Some(timeline) = timeline else { continue };
            account.relocations(steps);
            samples(timeline, steps, settings, |at, location, site, count| {
                if site.is_none() && network.limited_sites() == 0 {
                    return Err(Unserved { ue: timeline.ue, at });
                }
                *pairs.entry((location, site)).or_default() += count;
                Ok(())
            })?;
        }
        account.capacity_violations = violations(&network.limits, steps.all());
        for ((location, site), count) in pairs {
            account.samples += count;
            let Some(site) = site else {
                let nearest = distances.nearest(location).first();
                let meters = nearest.map_or(0.0, |site| distances.meters(location, *site));
                account.unserved += count;
                account.unserved_meters += meters * count as f64;
                account.outside += count;
                continue;
            };
            let meters = distances.meters(location, site);
            account.meters += meters * count as f64;
            account.outside += if meters > settings.budget_meters { count } else { 0 };
            account.distances.push((meters, count));
        }
        account.tidy();
        Ok(account)
    }

    /// The sums of both.
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.samples += other.samples;
        self.meters += other.meters;
        self.unserved += other.unserved;
        self.unserved_meters += other.unserved_meters;
        self.relocations += other.relocations;
        self.ping_pongs += other.ping_pongs;
        self.outside += other.outside;
        self.wrong_targets += other.wrong_targets;
        self.capacity_violations += other.capacity_violations;
        self.distances.extend(other.distances);
        self.tidy();
        self
    }

    /// Orders the distances and has each once.
    fn tidy(&mut self) {
        self.distances.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.distances.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
    }

    /// Metres of all samples, and the price of the relocations. A sample without an instance costs as much as to be
    /// placed anew at the nearest site: so the optimum, which has room everywhere, is never dearer.
    pub(crate) fn cost(&self, settings: &Settings) -> f64 {
        let prices = self.relocations + self.unserved;
        self.meters + self.unserved_meters + prices as f64 * settings.relocation_cost_meters
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

/// Tells the samples of one UE: from when, at which location, served from which site, how many.
fn samples(
    timeline: &Timeline,
    steps: &[Step],
    settings: &Settings,
    mut told: impl FnMut(Instant, u32, Option<u32>, u64) -> Result<(), Unserved>,
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
                told(from, location, site, count)?;
            }
            from = to;
        }
    }
    Ok(())
}
