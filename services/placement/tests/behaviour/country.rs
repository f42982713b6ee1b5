//! What the reference knows of sites and operators: where sites are, who says what of them, what is asked and what is
//! frozen. Every answer is computed anew from all that was said.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use geo::{Distance as _, Geodesic, Point};
use model::{
    Aim, App, Ask, Guard, OperatorCommand, SiteCondition, SiteId, SiteLoad, SiteReport, SiteSource,
    Timestamp, Trigger, WaterMarks,
};

use crate::scene::site_id;
use crate::town::{LONGITUDES, SITES, Town, unusable};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum At {
    Cell(u32),
    /// At so many hundredths of a degree, give or take so many kilometres.
    Point(u32, u32),
    Gone,
    /// Where members of a group are, one each; whoever has none is not there.
    Members([Option<u32>; 3], Aim),
}

impl At {
    /// Cells of the catalogue: of a group those where somebody is.
    pub(crate) fn cells(self) -> Vec<u32> {
        let all = match self {
            Self::Cell(cell) => vec![cell],
            Self::Point(..) | Self::Gone => Vec::new(),
            Self::Members(cells, _) => cells.into_iter().flatten().collect(),
        };
        all.into_iter().filter(|cell| *cell <= 30).collect()
    }
}

/// Distance of a place from a site; `None` where nothing is known of the place.
pub(crate) fn meters(at: At, site: &SiteId) -> Option<f64> {
    static TABLE: LazyLock<BTreeMap<(u32, SiteId), f64>> = LazyLock::new(|| {
        let pairs = (0..=30).flat_map(|cell| (0..SITES).map(move |site| (cell, site)));
        let far = |cell: u32, site: u32| between(f64::from(cell) / 10.0, LONGITUDES[site as usize]);
        pairs.map(|(cell, site)| ((cell, site_id(site)), far(cell, site))).collect()
    });
    if let At::Point(hundredths, _) = at {
        let number = (0..SITES).find(|n| site_id(*n) == *site)?;
        return Some(between(f64::from(hundredths) / 100.0, LONGITUDES[number as usize]));
    }
    let far = at.cells().into_iter().map(|cell| TABLE.get(&(cell, site.clone())).copied());
    let far = far.collect::<Option<Vec<f64>>>()?;
    let farthest = far.iter().copied().max_by(f64::total_cmp)?;
    match at {
        At::Members(_, Aim::Mean) => Some(far.iter().sum::<f64>() / far.len() as f64),
        At::Members(_, Aim::Worst) | At::Cell(_) | At::Point(..) | At::Gone => Some(farthest),
    }
}

/// How far the UE may be from where it is said to be, where that is a position.
pub(crate) fn uncertainty(at: At) -> Option<f64> {
    if let At::Point(_, kilometers) = at { Some(f64::from(kilometers) * 1e3) } else { None }
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
    pub(crate) town: Town,
    words: BTreeMap<(SiteId, SiteSource), (Timestamp, SiteCondition)>,
    loads: BTreeMap<(SiteId, SiteSource), SiteLoad>,
    overloaded: BTreeSet<SiteId>,
    frozen: BTreeMap<Option<String>, Option<Timestamp>>,
    heard: BTreeSet<u128>,
    /// By app and UE.
    pub(crate) asks: BTreeMap<(usize, u64), Asked>,
}

impl Country {
    /// Nothing was said yet.
    pub(crate) fn of(town: Town) -> Self {
        Self { town, ..Self::default() }
    }

    pub(crate) fn report(&mut self, report: &SiteReport) {
        let key = (report.site.clone(), report.source);
        if self.words.get(&key).is_none_or(|(at, _)| report.at >= *at) {
            self.words.insert(key, (report.at, report.condition));
        }
    }

    /// Takes note of a load; whether it is news.
    pub(crate) fn load(&mut self, load: &SiteLoad) -> bool {
        let key = (load.site.clone(), load.source);
        let news = self.loads.get(&key).is_none_or(|last| load.at > last.at);
        if news {
            self.loads.insert(key, load.clone());
        }
        news
    }

    /// The highest load of a site that is valid.
    pub(crate) fn held(&self, site: &SiteId, now: Timestamp) -> Option<&SiteLoad> {
        let valid = self.loads.values().filter(|load| load.site == *site && load.valid_until > now);
        valid.max_by(|a, b| a.load.total_cmp(&b.load))
    }

    /// Above the high mark, until at or below the low one, or unknown; whether that has changed for any.
    pub(crate) fn assess(&mut self, now: Timestamp) -> bool {
        let (marks, before) = (WaterMarks::default(), self.overloaded.clone());
        for site in (0..SITES).map(site_id) {
            match self.held(&site, now).map(|held| held.load) {
                Some(load) if load > marks.high => drop(self.overloaded.insert(site)),
                Some(load) if load > marks.low => (),
                Some(_) | None => drop(self.overloaded.remove(&site)),
            }
        }
        self.overloaded != before
    }

    pub(crate) fn is_overloaded(&self, site: &SiteId) -> bool {
        self.overloaded.contains(site)
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
            Ask::Move { .. }
            | Ask::Pin { .. }
            | Ask::Unpin { .. }
            | Ask::Confirm { .. }
            | Ask::Refuse { .. } => (),
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

    /// Why an instance that serves at `serving`, of a UE at a place, cannot be at a site.
    pub(crate) fn bars(&self, app: &App, serving: Option<&SiteId>, at: At, site: &SiteId) -> Option<Guard> {
        if !self.town.covers(at, site) {
            return Some(Guard::OutsideArea);
        }
        if serving == Some(site) {
            return self.left(site);
        }
        let cordoned = self.condition(site) == Some(SiteCondition::Cordoned);
        let condition = self.left(site).or(cordoned.then_some(Guard::Cordoned));
        let strained = self.is_overloaded(site).then_some(Guard::Overloaded);
        unusable(app, site).or(condition).or(strained)
    }
}

/// The trigger of leaving a site for this reason.
pub(crate) fn leaving(guard: Guard) -> Trigger {
    match guard {
        Guard::Degraded => Trigger::SiteDegraded,
        Guard::Failed => Trigger::SiteFailure,
        Guard::Draining => Trigger::Maintenance,
        Guard::Overloaded => Trigger::Capacity,
        Guard::OutsideArea => Trigger::LeftArea,
        Guard::Cordoned
        | Guard::Full
        | Guard::MissingLabel
        | Guard::QosViolated
        | Guard::Tenant
        | Guard::Residency
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
        | Guard::TotalRate
        | Guard::MobilityNotAllowed
        | Guard::AwaitingConfirmation
        | Guard::Uncertain
        | Guard::HostStarting => panic!("nothing is left for {guard:?}"),
    }
}
