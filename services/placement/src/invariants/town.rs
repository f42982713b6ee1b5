//! What an outsider knows of the sites: who says what, who is where, what is frozen. Slow and obvious.

use std::collections::{BTreeMap, BTreeSet};

use model::{
    App, AppId, Ask, Guard, InstanceId, Mode, OperatorCommand, Site, SiteCondition, SiteId, SiteLoad,
    SiteReport, SiteSource, Timestamp,
};

use crate::estate::closes;

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
            Ask::Move { .. } | Ask::Pin { .. } | Ask::Unpin { .. } => (),
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

    /// Why a site takes no instance of an app.
    pub(super) fn bars(&self, app: &AppId, site: &SiteId, now: Timestamp) -> Option<Guard> {
        let lacks =
            |app: &App| self.sites.get(site).is_some_and(|site| !app.requires.is_subset(&site.labels));
        if self.apps.get(app).is_some_and(lacks) {
            return Some(Guard::MissingLabel);
        }
        let words = self.words.iter().filter(|((of, _), _)| of == site);
        let gravest = words.map(|(_, (_, condition))| *condition).max().unwrap_or_default();
        let full = || self.is_full(site).then_some(Guard::Full);
        closes(gravest).or_else(full).or_else(|| self.is_overloaded(site, now).then_some(Guard::Overloaded))
    }

    /// Whether the highest load that is valid is above the high mark; that it was so before counts for the engine only.
    fn is_overloaded(&self, site: &SiteId, now: Timestamp) -> bool {
        let valid = |load: &&SiteLoad| load.site == *site && load.valid_until > now;
        let loads = self.loads.values().filter(valid).map(|load| load.load);
        let marks = self.sites.get(site).and_then(|site| site.water_marks);
        marks.is_some_and(|marks| loads.into_iter().any(|load| load > marks.high))
    }

    fn is_full(&self, site: &SiteId) -> bool {
        let acts = |(app, _): &Key| self.apps.get(app).is_none_or(|app| app.mode == Mode::Act);
        let there = |places: &BTreeMap<Key, SiteId>| -> BTreeSet<Key> {
            places.iter().filter(|(key, at)| *at == site && acts(key)).map(|(key, _)| key.clone()).collect()
        };
        let count = there(&self.serving).union(&there(&self.bound_for)).count();
        let limit = self.sites.get(site).and_then(|site| site.max_instances);
        limit.is_some_and(|limit| count >= limit as usize)
    }
}
