//! Loads of sites, as the reference weighs them: which instances an overloaded site may choose to leave it.

use std::collections::BTreeMap;

use model::{Mode, SiteId, SiteLoad, Timestamp};

use crate::country::{At, meters, ranked};
use crate::reference::{Queue, Reference, queue};
use crate::town::SETTLE;

/// An instance that could leave, and what that costs: a class, then metres.
type Toll = ((usize, u64), (u8, f64));

/// Who should leave a site, once the engine has looked at all that could.
#[derive(Debug, Default)]
pub(super) struct Choice {
    most: usize,
    tolls: Option<Vec<Toll>>,
    chosen: usize,
}

#[derive(Debug, Default)]
pub(super) struct Loads {
    /// Where those that were chosen serve.
    pub(super) chosen: BTreeMap<(usize, u64), SiteId>,
    not_before: BTreeMap<SiteId, Timestamp>,
    choices: BTreeMap<SiteId, Choice>,
}

impl Reference {
    pub(crate) fn load(&mut self, load: &SiteLoad, now: Timestamp) {
        if !self.country.load(load) {
            return;
        }
        self.unsettled = true;
        self.assess(now);
        let site = &load.site;
        let Some(held) = self.country.held(site, now).filter(|_| self.country.is_overloaded(site)) else {
            return;
        };
        let shown = self.loads.not_before.get(site).is_none_or(|at| held.at >= *at);
        let leaves = |(key, at): (&(usize, u64), &SiteId)| {
            let inst = &self.insts[key];
            let queued = inst.waiting.is_some_and(|(guard, _)| queue(guard) == Some(Queue::Line));
            at == site && (inst.live.is_some() || queued || self.question(*key, now).is_some())
        };
        if !shown || self.loads.chosen.iter().any(leaves) {
            return;
        }
        self.loads.chosen.retain(|_, at| at != site);
        let (there, _) = self.there(site);
        let most = (there as usize / 4).max(1).min(there as usize);
        self.loads.choices.insert(site.clone(), Choice { most, ..Choice::default() });
    }

    /// Brings what holds of loads up to date.
    pub(super) fn assess(&mut self, now: Timestamp) {
        self.unsettled |= self.country.assess(now);
        let (country, insts) = (&self.country, &self.insts);
        self.loads.chosen.retain(|key, site| country.is_overloaded(site) || insts[key].live.is_some());
        self.loads.choices.retain(|site, _| country.is_overloaded(site));
        // Whom no other site takes need not leave.
        let stuck: Vec<_> =
            self.loads.chosen.keys().copied().filter(|key| self.is_stuck(*key, now)).collect();
        for key in stuck {
            self.loads.chosen.remove(&key);
        }
    }

    fn is_stuck(&self, key: (usize, u64), now: Timestamp) -> bool {
        let here = self.ues.get(&key.1).is_some_and(|(at, _)| *at != At::Gone);
        let idle = self.insts[&key].live.is_none();
        idle && here && self.relieving(key) && self.seen(key, now).iter().all(|(_, _, guard)| guard.is_some())
    }

    /// Whether it was chosen to leave the site where it serves, and nothing goes before that.
    pub(super) fn relieving(&self, key: (usize, u64)) -> bool {
        let serving = self.insts[&key].serving.as_ref().map(|(site, _)| site);
        let chosen = self.loads.chosen.get(&key).filter(|site| serving == Some(site));
        let open = |site: &SiteId| self.country.left(site).is_none() && self.country.is_overloaded(site);
        chosen.is_some_and(open) && !self.country.asks.contains_key(&key)
    }

    /// An order has ended: whoever was chosen may have left.
    pub(super) fn may_have_left(&mut self, key: (usize, u64), at: Timestamp) {
        let serving = self.insts[&key].serving.as_ref().map(|(site, _)| site);
        if let Some(site) = self.loads.chosen.get(&key).filter(|site| serving != Some(site)).cloned() {
            self.loads.chosen.remove(&key);
            let shown = self.loads.not_before.entry(site).or_default();
            *shown = (*shown).max(at.plus(SETTLE));
        }
    }

    /// A decision says that an instance leaves its site because of the load: it must be among the cheapest.
    pub(super) fn choose(&mut self, key: (usize, u64), now: Timestamp) {
        if self.loads.chosen.contains_key(&key) {
            return;
        }
        let (site, _) = self.insts[&key].serving.clone().expect("it leaves where it serves");
        let tolls = self.tolls(&site, now);
        let choice = self.loads.choices.get_mut(&site).expect("nothing was measured that asks for it");
        let tolls = choice.tolls.get_or_insert(tolls);
        let toll = tolls.iter().find(|(other, _)| *other == key).expect("it could not leave").1;
        let dearest = tolls.get(choice.most.min(tolls.len()).saturating_sub(1)).expect("one at least").1;
        assert!(toll <= dearest, "{toll:?} leaves where {dearest:?} would do: {tolls:?}");
        choice.chosen += 1;
        assert!(choice.chosen <= choice.most, "more than {} leave {site}", choice.most);
        self.loads.chosen.insert(key, site);
        // Its policy is not asked any longer, and what holds it back now is told anew.
        (self.inst(key).better_since, self.inst(key).waiting) = (None, None);
    }

    /// All that should have been chosen was.
    pub(super) fn all_are_chosen(&mut self, now: Timestamp) {
        for (site, choice) in std::mem::take(&mut self.loads.choices) {
            let tolls = choice.tolls.unwrap_or_else(|| self.tolls(&site, now));
            assert_eq!(choice.chosen, choice.most.min(tolls.len()), "chosen at {site} of {tolls:?}");
        }
    }

    /// Everyone at a site who can leave it now, cheapest first.
    fn tolls(&self, site: &SiteId, now: Timestamp) -> Vec<Toll> {
        let mut all: Vec<Toll> = Vec::new();
        for (&key, inst) in &self.insts {
            let app = &self.apps[key.0];
            let serves = inst.serving.as_ref().is_some_and(|(at, _)| at == site);
            let waits = inst.waiting.is_some_and(|(guard, _)| queue(guard).is_some());
            let free = inst.live.is_none() && !waits && !self.country.asks.contains_key(&key);
            let bound = self.country.left(site).is_some() || self.frozen(key.0, now);
            let known = self.ues.get(&key.1).map(|(at, _)| *at);
            let (true, true, false, Some(at)) = (serves && app.mode == Mode::Act, free, bound, known) else {
                continue;
            };
            if at == At::Gone {
                if !self.paused(inst, &None, now) {
                    all.push((key, (0, 0.0)));
                }
                continue;
            }
            let Some((far, target)) = self.best(key, &self.beside(key, site, now), now) else { continue };
            let target = Some(target);
            if self.paused(inst, &target, now) || self.is_kept(key, &target, now) {
                continue;
            }
            let toll = if ranked(at).is_empty() {
                (1, 0.0)
            } else {
                (2, far - meters(at, site).expect("a place with a distance"))
            };
            all.push((key, toll));
        }
        all.sort_by(|(_, a), (_, b)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        all
    }
}
