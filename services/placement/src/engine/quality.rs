//! What is measured of UEs' quality of service.

use model::{QosReport, QosTarget, Timestamp};

use crate::engine::Engine;
use crate::index::InstanceIx;
use crate::quality::{Figures, Quality};
use crate::ue::{State, Whereabouts};

impl Engine {
    /// Takes a report in; the instances that it is about are looked at as soon as what came with it is taken in too, so
    /// that no report is weighed without the next. What is of no UE, site or app that wants quality, too old, or no news
    /// has no effect; it is counted.
    pub(super) fn qos_report(&mut self, now: Timestamp, report: &QosReport) {
        let taken = self.measured(now, report);
        self.tally.ignored_measurements += u64::from(!taken);
    }

    fn measured(&mut self, now: Timestamp, report: &QosReport) -> bool {
        let Some(ue) = self.ues.find(&report.supi) else { return false };
        if self.ues.at(ue).whereabouts == Whereabouts::GONE {
            return false;
        }
        let named = match &report.site {
            None => None,
            Some(id) => match self.site_in_use(id) {
                None => return false,
                known => known,
            },
        };
        // Clocks differ: nothing is measured in the future.
        let at = report.observed_at.min(now);
        let (mut taken, mut next) = (false, self.ues.at(ue).first);
        while let Some(ix) = next {
            let instance = self.instances.at(ix);
            next = instance.next;
            let app = &self.apps[usize::from(instance.app)].app;
            let Some(target) = app.qos.filter(|_| report.app.as_ref().is_none_or(|id| *id == app.id)) else {
                continue;
            };
            // What was measured before it came where it is says nothing of this site.
            let here = || instance.state.serving().filter(|(_, since)| *since <= at).map(|(site, _)| site);
            let (Some(site), Some(whose)) = (named.or_else(here), self.whose_is(ix)) else { continue };
            if self.qualities.hear((whose, site), &target, &report.measured, at, now) {
                taken = true;
                if !self.catching_up {
                    self.arm(ix, now);
                }
            }
        }
        taken
    }

    fn target(&self, ix: InstanceIx) -> Option<&QosTarget> {
        self.apps[usize::from(self.instances.at(ix).app)].app.qos.as_ref()
    }

    /// What is measured for an instance.
    pub(crate) fn quality(&self, ix: InstanceIx, now: Timestamp) -> Option<Quality<'_>> {
        if self.qualities.is_empty() {
            return None;
        }
        let target = self.target(ix)?;
        Some(Quality { target, sites: self.qualities.of(self.whose_is(ix)?)?, now })
    }

    /// Drops what is no longer valid, and has the instance looked at when what is left says something else.
    pub(super) fn tend_quality(&mut self, ix: InstanceIx, now: Timestamp) {
        if self.qualities.is_empty() || self.instances.slab().get(ix.slot()).is_none() {
            return;
        }
        let (Some(target), Some(whose)) = (self.target(ix).copied(), self.whose_is(ix)) else { return };
        let next = self.qualities.tend(whose, &target, now);
        // What is ordered is looked at after its outcome.
        let ordered = matches!(self.instances.at(ix).state, State::Ordered(_));
        if let Some(next) = next.filter(|_| !ordered) {
            self.arm(ix, next);
        }
    }

    /// The UE of these instances has gone.
    pub(super) fn forget_qualities(&mut self, first: Option<InstanceIx>) {
        let mut next = first.filter(|_| !self.qualities.is_empty());
        while let Some(ix) = next {
            next = self.instances.at(ix).next;
            if let Some(whose) = self.whose_is(ix) {
                self.qualities.forget(whose);
            }
        }
    }

    /// Takes measurements over from an engine on another catalogue, as far as apps want the same as before and sites are
    /// in use here.
    pub(super) fn take_over_qualities(&mut self, old: &Self) {
        for ((app, number), sites) in old.qualities.each() {
            let before = &old.apps[usize::from(app)].app;
            let Some(app) = self.app(&before.id) else { continue };
            let attached = |ix: &InstanceIx| self.instances.at(*ix).owner.is_some();
            let known = self.instances.find(app, number).filter(attached);
            if known.is_none() || self.apps[usize::from(app)].app.qos != before.qos {
                continue;
            }
            let here = |(site, figures): &(_, Figures)| {
                self.site_in_use(old.site_id(*site)).map(|site| (site, *figures))
            };
            let sites = sites.iter().filter_map(here).collect();
            self.qualities.put((app, number), sites);
        }
    }
}
