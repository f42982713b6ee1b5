//! What is known of sites beside the catalogue: in what condition they are by whose word, how many instances they may
//! have, how far leaving them has come, how loaded they are, and what of that was told.

mod evacuation;
mod gauge;
mod loads;
mod saved;
mod shown;
mod words;

use std::collections::BTreeSet;

use model::{Guard, SiteCondition, SiteId, SiteStatus, Timestamp};
use serde::{Deserialize, Serialize};

use crate::index::SiteIx;
use crate::topology::Topology;
use crate::ue::Present;

pub(crate) use evacuation::{Leaving, deadline};
pub(crate) use gauge::{Figure, Gauge, Strain};
pub(crate) use shown::{Shown, Tell};
pub(crate) use words::Words;

/// The sites of the catalogue and those that are only heard of.
#[derive(Debug, Default)]
pub(crate) struct Estate {
    sites: Vec<Entry>,
    /// How many sites are not in service.
    closed: u32,
    /// Whether any site has a limit.
    limited: bool,
    /// Of how many sites with water marks a load is known, and how many of these are overloaded.
    gauged: u32,
    overloaded: u32,
    /// When a load is valid no longer.
    fading: BTreeSet<(Timestamp, SiteIx)>,
    /// Sites whose status may have changed.
    dirty: BTreeSet<SiteIx>,
    /// When which site's status is to be looked at: progress that waits, and deadlines.
    alarms: BTreeSet<(Timestamp, SiteIx)>,
}

#[derive(Debug, Clone, Default)]
struct Entry {
    /// What holds.
    condition: SiteCondition,
    limit: Option<u32>,
    /// Its load, where it has water marks.
    gauge: Option<Box<Gauge>>,
    /// Whether it was full, or its load kept instances out, when last counted, for apps that act and for those that are observed.
    full: [bool; 2],
    known: Option<Box<Known>>,
}

/// What is kept of a site that anything is known of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) words: Words,
    /// Since when it has been in its condition.
    pub(crate) since: Option<Timestamp>,
    pub(crate) leaving: Option<Leaving>,
    pub(crate) shown: Option<Shown>,
}

/// Why a site in this condition takes no instance.
pub(crate) const fn closes(condition: SiteCondition) -> Option<Guard> {
    match condition {
        SiteCondition::InService => None,
        SiteCondition::Cordoned => Some(Guard::Cordoned),
        SiteCondition::Draining { .. } => Some(Guard::Draining),
        SiteCondition::Degraded => Some(Guard::Degraded),
        SiteCondition::Failed => Some(Guard::Failed),
    }
}

/// Why nothing may stay at a site in this condition.
const fn empties(condition: SiteCondition) -> Option<Guard> {
    match condition {
        SiteCondition::InService | SiteCondition::Cordoned => None,
        SiteCondition::Draining { .. } | SiteCondition::Degraded | SiteCondition::Failed => closes(condition),
    }
}

impl Estate {
    /// Nothing known yet but the limits and water marks of the catalogue.
    pub(crate) fn new(topology: &Topology) -> Self {
        let entry = |site: &model::Site| Entry {
            limit: site.max_instances,
            gauge: site.water_marks.map(|marks| Box::new(Gauge::new(marks))),
            full: [site.max_instances == Some(0); 2],
            ..Entry::default()
        };
        Self {
            sites: topology.sites().iter().map(entry).collect(),
            limited: topology.sites().iter().any(|site| site.max_instances.is_some()),
            ..Self::default()
        }
    }

    /// Whether every site is in service, none has a limit, and of none with water marks a load is known.
    pub(crate) const fn is_calm(&self) -> bool {
        self.closed == 0 && !self.limited && self.gauged == 0
    }

    /// How many sites are not in service.
    pub(crate) const fn closed_sites(&self) -> u32 {
        self.closed
    }

    pub(crate) fn limit(&self, site: SiteIx) -> Option<u32> {
        self.sites.get(site.slot()).and_then(|entry| entry.limit)
    }

    /// The sites that have a limit.
    pub(crate) fn with_limit(&self) -> impl Iterator<Item = SiteIx> {
        (0..self.sites.len()).map(SiteIx::from).filter(|site| self.limit(*site).is_some())
    }

    /// Whether it matters how many instances a site has: it has a limit, or water marks.
    pub(crate) fn is_counted(&self, site: SiteIx) -> bool {
        self.limit(site).is_some() || self.gauge(site).is_some()
    }

    /// The sites of which it matters how many instances they have.
    pub(crate) fn counted(&self) -> impl Iterator<Item = SiteIx> {
        (0..self.sites.len()).map(SiteIx::from).filter(|site| self.is_counted(*site))
    }

    pub(crate) fn condition(&self, site: SiteIx) -> SiteCondition {
        self.sites.get(site.slot()).map(|entry| entry.condition).unwrap_or_default()
    }

    /// Why a site takes no instance, by its condition.
    pub(crate) fn closed(&self, site: SiteIx) -> Option<Guard> {
        closes(self.condition(site))
    }

    /// Why nothing may stay at a site.
    pub(crate) fn left(&self, site: SiteIx) -> Option<Guard> {
        if self.closed == 0 { None } else { empties(self.condition(site)) }
    }

    /// What is known of a site, if anything is.
    pub(crate) fn known(&self, site: SiteIx) -> Option<&Known> {
        self.sites.get(site.slot()).and_then(|entry| entry.known.as_deref())
    }

    /// For what does not change the condition; [`hear`](Self::hear) does.
    pub(crate) fn known_mut(&mut self, site: SiteIx) -> &mut Known {
        self.entry(site).known.get_or_insert_default()
    }

    /// The sites that anything is known of, in the order of their indices.
    pub(crate) fn all_known(&self) -> impl Iterator<Item = (SiteIx, &Known)> {
        let sites = self.sites.iter().enumerate();
        sites.filter_map(|(slot, entry)| Some((SiteIx::from(slot), entry.known.as_deref()?)))
    }

    /// Takes words as what is known of a site; the condition before. `at`: when it became what it is now.
    pub(crate) fn hear(&mut self, site: SiteIx, words: Words, at: Timestamp) -> SiteCondition {
        let condition = words.gravest().map(|(_, word)| word.condition).unwrap_or_default();
        let entry = self.entry(site);
        let before = std::mem::replace(&mut entry.condition, condition);
        let known = entry.known.get_or_insert_default();
        known.words = words;
        if known.since.is_none() || std::mem::discriminant(&before) != std::mem::discriminant(&condition) {
            known.since = Some(at);
        }
        self.closed -= u32::from(closes(before).is_some());
        self.closed += u32::from(closes(condition).is_some());
        let (old, new) = (deadline(before), deadline(condition));
        if old != new {
            self.alarms.retain(|alarm| Some(*alarm) != old.map(|old| (old, site)));
            self.alarms.extend(new.map(|new| (new, site)));
        }
        self.dirty.insert(site);
        before
    }

    /// Counts a site's instances anew: for which apps it was full, or its load kept them out, and is not so any longer;
    /// those that act come first.
    pub(crate) fn recount(&mut self, site: SiteIx, present: Present, came: u32) -> [bool; 2] {
        let entry = self.entry(site);
        let strained = entry.gauge.as_ref().is_some_and(|gauge| gauge.rejects(Some(present.users()), None));
        let full = [false, true]
            .map(|observed| strained || entry.limit.is_some_and(|limit| present.counted(observed) >= limit));
        let before = std::mem::replace(&mut entry.full, full);
        if let Some(leaving) = entry.known.as_mut().and_then(|known| known.leaving.as_mut()) {
            leaving.had = leaving.had.saturating_add(came.wrapping_sub(leaving.came));
            leaving.came = came;
        }
        [before[0] && !full[0], before[1] && !full[1]]
    }

    /// The status of a site shall be told once more, whatever was told before.
    pub(crate) fn tell_again(&mut self, site: SiteIx) {
        if let Some(shown) = self.entry(site).known.as_mut().and_then(|known| known.shown.as_mut()) {
            shown.again = true;
        }
        self.dirty.insert(site);
    }

    /// Looks at a site's status again when the present input is done with.
    pub(crate) fn mark(&mut self, site: SiteIx) {
        self.dirty.insert(site);
    }

    /// A site whose status may have changed.
    pub(crate) fn take_dirty(&mut self) -> Option<SiteIx> {
        self.dirty.pop_first()
    }

    /// Marks the sites whose time has come.
    pub(crate) fn ring(&mut self, now: Timestamp) {
        while let Some((_, site)) = self.alarms.first().copied().filter(|(at, _)| *at <= now) {
            self.alarms.pop_first();
            self.dirty.insert(site);
        }
    }

    /// When a site's status is to be looked at next.
    pub(crate) fn next_alarm(&self) -> Option<Timestamp> {
        self.alarms.first().map(|(at, _)| *at)
    }

    pub(crate) const fn alarms(&self) -> &BTreeSet<(Timestamp, SiteIx)> {
        &self.alarms
    }

    /// Puts back what a snapshot holds.
    pub(crate) fn put_back(&mut self, site: SiteIx, known: Known) {
        let condition = known.words.gravest().map(|(_, word)| word.condition).unwrap_or_default();
        self.closed += u32::from(closes(condition).is_some());
        let entry = self.entry(site);
        entry.condition = condition;
        entry.known = Some(Box::new(known));
    }

    pub(crate) fn set_alarms(&mut self, alarms: impl IntoIterator<Item = (Timestamp, SiteIx)>) {
        self.alarms.extend(alarms);
    }

    /// The status of a site, if it is news; what is told is remembered. Nothing is told of a site that nobody said
    /// anything of, that has no limit and is not overloaded. `leaving`: how many were chosen to relieve it.
    pub(crate) fn status(
        &mut self,
        site: SiteIx,
        id: &SiteId,
        (present, leaving): (Present, u32),
        now: Timestamp,
    ) -> Option<SiteStatus> {
        let Entry { condition, limit, .. } = *self.sites.get(site.slot())?;
        let entry = self.entry(site);
        let relief = entry.gauge.as_ref().and_then(|gauge| gauge.relief(leaving));
        let known = match &mut entry.known {
            Some(known) => known,
            None => {
                if limit.is_none() && relief.is_none() {
                    return None;
                }
                entry.known.get_or_insert_default()
            }
        };
        let held = known.words.gravest();
        let relieved = known.shown.as_ref().is_some_and(Shown::tells_of_relief);
        if held.is_none() && limit.is_none() && relief.is_none() && !relieved {
            return None;
        }
        let status = SiteStatus {
            site: id.clone(),
            at: known.shown.as_ref().map_or(now, |shown| shown.next(now)),
            condition,
            since: *known.since.get_or_insert(now),
            source: held.map(|(source, _)| source),
            reason: held.and_then(|(_, word)| word.reason.as_deref()).map(str::to_owned),
            instances: present.acting,
            instances_limit: limit,
            evacuation: known
                .leaving
                .map(|leaving| leaving.stands(condition, (present.all(), present.stranded), now)),
            relief,
        };
        let shown = Shown::of(&status);
        match shown.after(known.shown.as_ref(), now) {
            Tell::Now => {
                known.shown = Some(shown);
                Some(status)
            }
            Tell::Later(at) => {
                self.alarms.insert((at, site));
                None
            }
            Tell::Never => None,
        }
    }

    fn entry(&mut self, site: SiteIx) -> &mut Entry {
        if self.sites.len() <= site.slot() {
            self.sites.resize(site.slot() + 1, Entry::default());
        }
        &mut self.sites[site.slot()]
    }
}
