//! Keeps the accounts of the policies `regret` and `group`.

use model::{Regret, Timestamp};

use crate::engine::Engine;
use crate::index::{InstanceIx, SiteIx};
use crate::policy::{Accounts, Served};
use crate::topology::Spot;

impl Engine {
    /// The UE, or the group, of an instance went from one place to another.
    pub(super) fn turn(
        &mut self,
        ix: InstanceIx,
        from: Option<Spot<'_>>,
        to: Option<Spot<'_>>,
        observed_at: Timestamp,
    ) {
        let instance = self.instances.at(ix);
        let Some((site, since)) = instance.state.serving() else { return };
        let Some(knobs) = self.knobs(ix) else { return };
        let best = to.and_then(|place| place.ranks(&self.topology).first());
        if instance.accounts.is_none() && best.is_none_or(|best| best.site == site) {
            return;
        }
        let served = Served { knobs: &knobs, topology: &self.topology, site };
        let at = observed_at.max(since);
        let accounts = &mut self.instances.at_mut(ix).accounts;
        let mut present = accounts.take().unwrap_or_else(|| Box::new(Accounts::new(None, at)));
        present.turn(served, from, to, at);
        *accounts = present.matter(&knobs, since).then_some(present);
    }

    /// Before an instance changes to this site: where it serves elsewhere from now on, its accounts begin anew.
    pub(super) fn open_accounts(&mut self, ix: InstanceIx, serving: Option<(SiteIx, Timestamp)>) {
        let instance = self.instances.at(ix);
        let before = instance.state.serving().map(|(site, _)| site);
        if before == serving.map(|(site, _)| site) {
            return;
        }
        self.instances.at_mut(ix).accounts = None;
        let (Some((site, since)), Some(knobs)) = (serving, self.knobs(ix)) else { return };
        let place = self.place_of(ix);
        let mut accounts = Accounts::new(before, since);
        accounts.turn(Served { knobs: &knobs, topology: &self.topology, site }, None, place, since);
        if accounts.matter(&knobs, since) {
            self.instances.at_mut(ix).accounts = Some(Box::new(accounts));
        }
    }

    /// Accounts under a new catalogue: what has accumulated stays, and goes on with the new distances.
    pub(super) fn carry_accounts(&mut self, old: &Self, was: InstanceIx, ix: InstanceIx, now: Timestamp) {
        let (Some((site, since)), Some(knobs)) = (self.instances.at(ix).state.serving(), self.knobs(ix))
        else {
            return;
        };
        let at = now.max(since);
        let instance = old.instances.at(was);
        let mut accounts = match (&instance.accounts, old.knobs(was), instance.state.serving()) {
            (Some(accounts), Some(knobs), Some((site, _))) => {
                let mut accounts = accounts.as_ref().clone();
                let served = Served { knobs: &knobs, topology: &old.topology, site };
                accounts.turn(served, old.place_of(was), None, at);
                accounts.translated(|site| self.site_ix(old.site_id(site)))
            }
            _ => Accounts::new(None, at),
        };
        let place = self.place_of(ix);
        accounts.turn(Served { knobs: &knobs, topology: &self.topology, site }, None, place, at);
        self.instances.at_mut(ix).accounts = accounts.matter(&knobs, since).then(|| Box::new(accounts));
    }

    /// Where the UE, or the group, of an instance is.
    pub(crate) fn place_of(&self, ix: InstanceIx) -> Option<Spot<'_>> {
        self.party(ix)?.place
    }

    /// The knobs of the accounts that the policy of the instance's app keeps, if it keeps any.
    pub(super) fn knobs(&self, ix: InstanceIx) -> Option<Regret> {
        self.apps[usize::from(self.instances.at(ix).app)].app.policy.accounts().copied()
    }
}
