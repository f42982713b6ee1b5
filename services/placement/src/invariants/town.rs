//! What an outsider knows of the sites: who says what, who is where, what is frozen. Slow and obvious.

use std::collections::{BTreeMap, BTreeSet};

use geo::Intersects as _;
use model::{
    App, AppId, Area, Ask, Guard, InstanceId, Mode, OperatorCommand, Order, Position, Site, SiteCondition,
    SiteId, SiteLoad, SiteReport, SiteSource, Timestamp,
};

use crate::estate::closes;
use crate::invariants::seating::Seating;

type Key = (AppId, InstanceId);

#[derive(Debug, Default)]
pub(super) struct Town {
    sites: BTreeMap<SiteId, Site>,
    apps: BTreeMap<AppId, App>,
    words: BTreeMap<(SiteId, SiteSource), (Timestamp, SiteCondition)>,
    loads: BTreeMap<(SiteId, SiteSource), SiteLoad>,
    heard: BTreeSet<u128>,
    frozen: BTreeMap<Option<AppId>, Option<Timestamp>>,
    /// Where instances serve, and where they are ordered to.
    serving: BTreeMap<Key, SiteId>,
    bound_for: BTreeMap<Key, SiteId>,
}

impl Town {
    pub(super) fn new(sites: &[Site]) -> Self {
        Self { sites: sites.iter().map(|site| (site.id.clone(), site.clone())).collect(), ..Self::default() }
    }

    pub(super) fn with(&mut self, apps: &[App]) {
        self.apps = apps.iter().map(|app| (app.id.clone(), app.clone())).collect();
    }

    pub(super) fn has(&self, site: &SiteId) -> bool {
        self.sites.contains_key(site)
    }

    pub(super) fn sites(&self) -> impl Iterator<Item = &SiteId> {
        self.sites.keys()
    }

    pub(super) fn apps(&self) -> impl Iterator<Item = &App> {
        self.apps.values()
    }

    /// Where an instance serves.
    pub(super) fn serving(&self, key: &Key) -> Option<&SiteId> {
        self.serving.get(key)
    }

    /// The instances that serve at a site or are ordered there.
    pub(super) fn there(&self, site: &SiteId) -> BTreeSet<Key> {
        let both = self.serving.iter().chain(&self.bound_for);
        both.filter(|(_, at)| *at == site).map(|(key, _)| key.clone()).collect()
    }

    pub(super) fn report(&mut self, report: &SiteReport) {
        let key = (report.site.clone(), report.source);
        let stale = self.words.get(&key).is_some_and(|(at, _)| report.at < *at);
        if !stale && report.source != SiteSource::Operator {
            self.words.insert(key, (report.at, report.condition));
        }
    }

    pub(super) fn load(&mut self, load: &SiteLoad) {
        let key = (load.site.clone(), load.source);
        let stale = self.loads.get(&key).is_some_and(|last| load.at <= last.at);
        if !stale && load.problem().is_none() {
            self.loads.insert(key, load.clone());
        }
    }

    pub(super) fn command(&mut self, command: &OperatorCommand) {
        if !self.heard.insert(command.id.as_u128()) {
            return;
        }
        let mut say = |site: &SiteId, condition| {
            self.words.insert((site.clone(), SiteSource::Operator), (command.at, condition));
        };
        match &command.ask {
            Ask::Cordon { site } => say(site, SiteCondition::Cordoned),
            Ask::Drain { site, deadline } => say(site, SiteCondition::Draining { deadline: *deadline }),
            Ask::Resume { site } => say(site, SiteCondition::InService),
            Ask::Freeze { app, until } => drop(self.frozen.insert(app.clone(), *until)),
            Ask::Thaw { app } => drop(self.frozen.remove(app)),
            Ask::Move { .. }
            | Ask::Pin { .. }
            | Ask::Unpin { .. }
            | Ask::Confirm { .. }
            | Ask::Refuse { .. } => (),
        }
    }

    pub(super) fn ordered(&mut self, key: Key, target: Option<SiteId>) {
        self.bound_for.remove(&key);
        self.bound_for.extend(target.map(|target| (key, target)));
    }

    /// An instance serves there, and no order for it is live.
    pub(super) fn serves(&mut self, key: Key, site: Option<SiteId>) {
        self.bound_for.remove(&key);
        self.serving.remove(&key);
        self.serving.extend(site.map(|site| (key, site)));
    }

    pub(super) fn frozen(&self, app: &AppId, now: Timestamp) -> bool {
        let holds = |key: &Option<AppId>| {
            self.frozen.get(key).is_some_and(|until| until.is_none_or(|until| now < until))
        };
        holds(&None) || holds(&Some(app.clone()))
    }

    /// Whether a site does not serve, as far as anybody has said.
    pub(super) fn has_failed(&self, site: &SiteId) -> bool {
        let words = self.words.iter().filter(|((of, _), _)| of == site);
        words.map(|(_, (_, condition))| *condition).max() == Some(SiteCondition::Failed)
    }

    /// Why a site takes no instance of an app.
    pub(super) fn bars(&self, order: &Order, site: &SiteId, seating: &Seating) -> Option<Guard> {
        let (app, now) = (&order.app, order.decided_at);
        if let (Some(app), Some(site)) = (self.apps.get(app), self.sites.get(site))
            && let Some(by) = unusable(app, site)
        {
            return Some(by);
        }
        let words = self.words.iter().filter(|((of, _), _)| of == site);
        let gravest = words.map(|(_, (_, condition))| *condition).max().unwrap_or_default();
        // A seat is no more of what is deployed there.
        let full = || (order.host.is_none() && self.is_full(site, seating)).then_some(Guard::Full);
        closes(gravest).or_else(full).or_else(|| self.is_overloaded(site, now).then_some(Guard::Overloaded))
    }

    /// Whether the highest load that is valid is above the high mark; that it was so before counts for the engine only.
    fn is_overloaded(&self, site: &SiteId, now: Timestamp) -> bool {
        let valid = |load: &&SiteLoad| load.site == *site && load.valid_until > now;
        let loads = self.loads.values().filter(valid).map(|load| load.load);
        let marks = self.sites.get(site).and_then(|site| site.water_marks);
        marks.is_some_and(|marks| loads.into_iter().any(|load| load > marks.high))
    }

    fn is_full(&self, site: &SiteId, seating: &Seating) -> bool {
        let acts = |(app, _): &Key| self.apps.get(app).is_none_or(|app| app.mode == Mode::Act);
        let deployed = |key: &&Key| acts(key) && !seating.is_seat(&key.0, &key.1);
        let count = self.there(site).iter().filter(deployed).count();
        let limit = self.sites.get(site).and_then(|site| site.max_instances);
        limit.is_some_and(|limit| count >= limit as usize)
    }
}

/// Why an app cannot use a site whatever its condition.
fn unusable(app: &App, site: &Site) -> Option<Guard> {
    let ours = app.tenant.as_ref().is_some_and(|tenant| site.tenants.contains(tenant));
    let resides = || site.position.is_some_and(|at| app.residency.values().any(|area| holds(area, at)));
    if !app.requires.is_subset(&site.labels) {
        Some(Guard::MissingLabel)
    } else if !site.tenants.is_empty() && !ours {
        Some(Guard::Tenant)
    } else {
        (!app.residency.is_empty() && !resides()).then_some(Guard::Residency)
    }
}

fn holds(area: &Area, at: Position) -> bool {
    let line = |ring: &Vec<Position>| ring.iter().map(|at| (at.lon(), at.lat())).collect::<geo::LineString>();
    area.polygons().iter().any(|polygon| {
        let mut rings = polygon.iter().map(line);
        let outer = rings.next().unwrap_or_else(|| geo::LineString::new(Vec::new()));
        geo::Polygon::new(outer, rings.collect()).intersects(&geo::Point::new(at.lon(), at.lat()))
    })
}
