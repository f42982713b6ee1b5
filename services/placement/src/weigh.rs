//! What the policy `weighted` chooses among, and what it prefers.

use model::{Criteria, Weighed, Weighted};

use crate::index::SiteIx;
use crate::judge::{Recorder, Silent};
use crate::policy::{gain, score};
use crate::search::From;
use crate::sites::{Rank, before};
use crate::topology::RANKED_SITES;

/// The most sites that are weighed: the ranked ones of a place, the serving one, and one above the edge.
const MOST: usize = RANKED_SITES + 2;
/// What the load of a site counts as where none is known: half of what it bears.
const UNKNOWN_LOAD: f64 = 0.5;

/// What is preferred.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Choice {
    pub(crate) best: Rank,
    /// By how much it scores higher than the serving site, if that has a score.
    pub(crate) gain: Option<f64>,
}

/// The sites that are weighed, and how.
struct Field {
    count: usize,
    sites: [(Rank, Weighed); MOST],
}

/// The site with the best score; the serving one among equals, then the nearest, then the first by id. Weighed are the
/// ranked sites that take the instance, or else the nearest one that does; the serving site where it need not be left
/// and its distance can be told; and the nearest site above the edge that takes it, where that is none of these. A place
/// that is pinned to a site outweighs every score, as long as that site takes it.
///
/// Allocates as [`From::best`], and where there are sites above the edge.
pub(crate) fn choose(knobs: &Weighted, from: &From<'_>, recorder: &mut impl Recorder) -> Option<Choice> {
    let nearest = from.best(recorder)?;
    let mut field = Field::empty();
    field.add(nearest);
    if !from.is_pinned_to(nearest.site) {
        from.ranks.iter().filter(|rank| from.bars(rank.site).is_none()).for_each(|rank| {
            field.add(*rank);
        });
        if let Some(serving) = from.staying().filter(|serving| field.add(*serving)) {
            recorder.candidate(serving, None);
        }
        if !field.ranks().any(|rank| from.topology.is_upper(rank.site))
            && let Some(upper) = from.upper(&mut Silent).filter(|upper| field.add(*upper))
        {
            recorder.candidate(upper, None);
        }
    }
    field.weigh(knobs, from);
    field.sites().iter().for_each(|(rank, weighed)| recorder.weighed(rank.site, *weighed));
    field.choice(from.serving)
}

impl Field {
    const fn empty() -> Self {
        const NONE: Criteria = Criteria { distance: 0.0, load: 0.0, cost: 0.0, tier: 0.0, relocation: 0.0 };
        let nobody = Rank { site: SiteIx::new(0), meters: 0.0 };
        let weighed = Weighed { figures: NONE, terms: NONE, score: 0.0 };
        Self { count: 0, sites: [(nobody, weighed); MOST] }
    }

    fn sites(&self) -> &[(Rank, Weighed)] {
        &self.sites[..self.count]
    }

    fn ranks(&self) -> impl Iterator<Item = Rank> {
        self.sites().iter().map(|(rank, _)| *rank)
    }

    /// Takes up a site; false where it is there already.
    fn add(&mut self, rank: Rank) -> bool {
        let new = self.count < MOST && self.ranks().all(|other| other.site != rank.site);
        if new {
            self.sites[self.count].0 = rank;
            self.count += 1;
        }
        new
    }

    fn weigh(&mut self, knobs: &Weighted, from: &From<'_>) {
        let mut weighed = self.sites.map(|(_, weighed)| weighed);
        let cost = |rank: Rank| from.topology.sites().get(rank.site.slot()).and_then(|site| site.cost);
        let known = self.ranks().filter_map(cost).count();
        // Of a site without a cost nothing speaks for or against it.
        let mean = self.ranks().filter_map(cost).fold(0.0, |mean, cost| mean + cost / known as f64);
        for (rank, weighed) in self.ranks().zip(&mut weighed) {
            let load = from.gate.loaded(rank.site).filter(|load| load.high > 0.0);
            weighed.figures = Criteria {
                distance: rank.meters,
                load: load.map_or(UNKNOWN_LOAD, |load| load.load / load.high),
                cost: cost(rank).unwrap_or(mean),
                tier: from.topology.tier(rank.site).into(),
                relocation: f64::from(from.serving != Some(rank.site)),
            };
        }
        score(knobs, &mut weighed[..self.count]);
        self.sites.iter_mut().zip(weighed).for_each(|((_, site), weighed)| *site = weighed);
    }

    fn choice(&self, serving: Option<SiteIx>) -> Option<Choice> {
        let serves = |rank: &Rank| serving == Some(rank.site);
        let better = |(a, this): &(Rank, Weighed), (b, other): &(Rank, Weighed)| {
            let tie = serves(a) || (!serves(b) && before(*a, *b));
            this.score > other.score || (this.score == other.score && tie)
        };
        let (best, own) = self.sites().iter().copied().reduce(|a, b| if better(&b, &a) { b } else { a })?;
        let staying = self.sites().iter().find(|(rank, _)| serves(rank));
        Some(Choice { best, gain: staying.map(|(_, weighed)| gain(own.score, weighed.score)) })
    }
}
