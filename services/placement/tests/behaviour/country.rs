//! What the reference knows of sites and operators: where sites are, who says what of them, what is asked and what is
//! frozen. Every answer is computed anew from all that was said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use geo::{Distance as _, Geodesic, Point};
use model::{
    App, Ask, Guard, OperatorCommand, Position, Site, SiteCondition, SiteId, SiteReport, SiteSource,
    Timestamp, Trigger,
};
use placement::Topology;

use crate::scene::{cell, site, site_id};

/// The third one is not as far from the second as the first is: nothing is as near as something else from a site.
const LONGITUDES: [f64; 3] = [0.0, 1.0, 2.3];
const SITES: u32 = 3;

/// The sites of stories, s1 and s2 with a label, with room for so many instances; a cell c at c / 10, up to 30.
pub(crate) fn country(rooms: [Option<u32>; 3]) -> Topology {
    let sites = (0..SITES).map(|number| Site {
        position: Some(Position::new(LONGITUDES[number as usize], 0.0).unwrap()),
        labels: labels(number),
        max_instances: rooms[number as usize],
        ..site(number)
    });
    Topology::new(sites.collect(), (0..=30).map(cell).collect(), Vec::new()).unwrap()
}

fn labels(site: u32) -> BTreeSet<String> {
    if site == 0 { BTreeSet::new() } else { ["gpu".to_owned()].into() }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum At {
    Cell(u32),
    Gone,
}

/// Distance of a place from a site; `None` where nothing is known of the place.
pub(crate) fn meters(at: At, site: &SiteId) -> Option<f64> {
    static TABLE: LazyLock<BTreeMap<(u32, SiteId), f64>> = LazyLock::new(|| {
        let pairs = (0..=30).flat_map(|cell| (0..SITES).map(move |site| (cell, site)));
        let far = |cell: u32, site: u32| between(f64::from(cell) / 10.0, LONGITUDES[site as usize]);
        pairs.map(|(cell, site)| ((cell, site_id(site)), far(cell, site))).collect()
    });
    let At::Cell(cell) = at else { return None };
    TABLE.get(&(cell, site.clone())).copied()
}

fn between(one: f64, other: f64) -> f64 {
    Geodesic.distance(Point::new(one, 0.0), Point::new(other, 0.0))
}

pub(crate) fn ranked(at: At) -> Vec<(f64, SiteId)> {
    nearest_first((0..SITES).filter_map(|n| Some((meters(at, &site_id(n))?, site_id(n)))).collect())
}

/// Every site by how far it is from one of them.
pub(crate) fn ranked_from(site: &SiteId) -> Vec<(f64, SiteId)> {
    let Some(own) = (0..SITES).find(|n| site_id(*n) == *site) else { return Vec::new() };
    let far = |n: u32| between(LONGITUDES[own as usize], LONGITUDES[n as usize]);
    nearest_first((0..SITES).map(|n| (far(n), site_id(n))).collect())
}

fn nearest_first(mut all: Vec<(f64, SiteId)>) -> Vec<(f64, SiteId)> {
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    all
}

/// What an operator asks of an instance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) site: SiteId,
    pub(crate) pinned: bool,
}

/// All that was said.
#[derive(Debug, Default)]
pub(crate) struct Country {
    words: BTreeMap<(SiteId, SiteSource), (Timestamp, SiteCondition)>,
    frozen: BTreeMap<Option<String>, Option<Timestamp>>,
    heard: BTreeSet<u128>,
    /// By app and UE.
    pub(crate) asks: BTreeMap<(usize, u64), Asked>,
}

impl Country {
    pub(crate) fn report(&mut self, report: &SiteReport) {
        let key = (report.site.clone(), report.source);
        if self.words.get(&key).is_none_or(|(at, _)| report.at >= *at) {
            self.words.insert(key, (report.at, report.condition));
        }
    }

    /// What a command says of a site or of a freeze; false where it was heard before.
    pub(crate) fn command(&mut self, command: &OperatorCommand) -> bool {
        if !self.heard.insert(command.id.as_u128()) {
            return false;
        }
        let mut say = |site: &SiteId, condition| {
            self.words.insert((site.clone(), SiteSource::Operator), (command.at, condition));
        };
        let text = |app: &Option<model::AppId>| app.as_ref().map(ToString::to_string);
        match &command.ask {
            Ask::Cordon { site } => say(site, SiteCondition::Cordoned),
            Ask::Drain { site, deadline } => say(site, SiteCondition::Draining { deadline: *deadline }),
            Ask::Resume { site } => say(site, SiteCondition::InService),
            Ask::Freeze { app, until } => drop(self.frozen.insert(text(app), *until)),
            Ask::Thaw { app } => drop(self.frozen.remove(&text(app))),
            Ask::Move { .. } | Ask::Pin { .. } | Ask::Unpin { .. } => (),
        }
        true
    }

    pub(crate) fn frozen(&self, app: &App, now: Timestamp) -> bool {
        [None, Some(app.id.to_string())]
            .iter()
            .filter_map(|key| self.frozen.get(key))
            .any(|until| until.is_none_or(|until| now < until))
    }

    /// The gravest that anybody says of a site; `None` where nobody said anything.
    pub(crate) fn condition(&self, site: &SiteId) -> Option<SiteCondition> {
        let of_it = self.words.iter().filter(|((of, _), _)| of == site);
        of_it.map(|(_, (_, condition))| *condition).max()
    }

    /// Why nothing may stay at a site.
    pub(crate) fn left(&self, site: &SiteId) -> Option<Guard> {
        match self.condition(site).unwrap_or_default() {
            SiteCondition::InService | SiteCondition::Cordoned => None,
            SiteCondition::Draining { .. } => Some(Guard::Draining),
            SiteCondition::Degraded => Some(Guard::Degraded),
            SiteCondition::Failed => Some(Guard::Failed),
        }
    }

    /// Whether a site has what an app requires.
    pub(crate) fn able(app: &App, site: &SiteId) -> bool {
        (0..SITES).any(|n| site_id(n) == *site && app.requires.is_subset(&labels(n)))
    }

    /// Why an instance that serves at `serving` cannot be at a site.
    pub(crate) fn bars(&self, app: &App, serving: Option<&SiteId>, site: &SiteId) -> Option<Guard> {
        if serving == Some(site) {
            return self.left(site);
        }
        if !Self::able(app, site) {
            return Some(Guard::MissingLabel);
        }
        let cordoned = self.condition(site) == Some(SiteCondition::Cordoned);
        self.left(site).or(cordoned.then_some(Guard::Cordoned))
    }
}

/// The trigger of leaving a site for this reason.
pub(crate) fn leaving(guard: Guard) -> Trigger {
    match guard {
        Guard::Degraded => Trigger::SiteDegraded,
        Guard::Failed => Trigger::SiteFailure,
        Guard::Draining => Trigger::Maintenance,
        Guard::Cordoned
        | Guard::Full
        | Guard::MissingLabel
        | Guard::ConcurrentRelocations
        | Guard::NoFeasibleSite
        | Guard::Frozen
        | Guard::Cooldown
        | Guard::PingPong
        | Guard::FreezeWindow
        | Guard::AppRate
        | Guard::SiteConcurrent
        | Guard::SiteRate
        | Guard::TotalConcurrent
        | Guard::TotalRate => panic!("nothing is left for {guard:?}"),
    }
}
