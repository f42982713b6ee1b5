//! What became of orders, what runs where, and orders that are on the bus already.

use model::{Generation, InstanceState, Order, Outcome, OutcomeKind, Timestamp, Trigger};

use crate::command::Command;
use crate::engine::Engine;
use crate::index::{InstanceIx, SiteIx};
use crate::ue::{Ordered, State, back_off};

/// The highest generation that is believed. No instance is ordered that often; a number beyond is damage, and
/// counting on from it must not overflow.
pub(crate) const MOST: Generation = Generation(1 << 62);

/// How an order ended.
enum End {
    /// It is where the order wanted it.
    Done(Option<SiteIx>),
    /// It is where it was.
    Undone(Option<SiteIx>),
    /// As `Undone`, and an operator is needed: the longest pause.
    Failed(Option<SiteIx>),
    /// Another generation holds.
    Fenced(Option<SiteIx>),
}

impl Engine {
    pub(super) fn outcome(&mut self, now: Timestamp, outcome: &Outcome, out: &mut Vec<Command>) {
        if !outcome.kind.ends_order() {
            return;
        }
        let Some((app, id)) = self.identify(&outcome.app, &outcome.instance) else { return };
        let source = outcome.source.as_ref().map(|site| self.site_ix(site));
        let (end, generation) = match &outcome.kind {
            OutcomeKind::Completed { serving, .. } => {
                let site = serving.as_ref().map(|placement| self.site_ix(&placement.site));
                (End::Done(site), outcome.generation)
            }
            OutcomeKind::Undone { .. } => (End::Undone(source), outcome.generation),
            OutcomeKind::Failed { .. } => (End::Failed(source), outcome.generation),
            OutcomeKind::Fenced { newest, serving } => {
                let site = serving.as_ref().map(|site| self.site_ix(site));
                (End::Fenced(site), outcome.generation.max(*newest))
            }
            OutcomeKind::Progress { .. } | OutcomeKind::Retired | OutcomeKind::Leftover { .. } => return,
        };
        let ix = self.instance(app, id);
        let instance = self.instances.at(ix);
        let live = matches!(instance.state, State::Ordered(_)) && outcome.generation == instance.generation;
        if !live && generation <= instance.generation {
            return;
        }
        let target = outcome.target.as_ref().map(|site| self.site_ix(site));
        self.end(ix, end, target, generation, outcome.at.min(now), now);
        self.pump(now, out);
        self.look(ix, now, now, out);
        self.wake_seats(ix, now, out);
    }

    fn end(
        &mut self,
        ix: InstanceIx,
        end: End,
        target: Option<SiteIx>,
        generation: Generation,
        at: Timestamp,
        now: Timestamp,
    ) {
        let (site, pause) = match end {
            End::Done(site) => {
                self.instances.at_mut(ix).failures = 0;
                (site, false)
            }
            End::Undone(site) | End::Fenced(site) => {
                let failures = &mut self.instances.at_mut(ix).failures;
                *failures = failures.saturating_add(1);
                (site, true)
            }
            End::Failed(site) => {
                self.instances.at_mut(ix).failures = u8::MAX;
                (site, true)
            }
        };
        self.settle_at(ix, site, generation, at);
        if pause {
            let pause = back_off(target, self.instances.at(ix).failures, now);
            self.instances.set_wait(ix, pause);
        }
    }

    /// The instance serves at `site`, or nowhere; a host that is said to be elsewhere is nowhere. How long it has been there is kept where nothing changed.
    fn settle_at(&mut self, ix: InstanceIx, site: Option<SiteIx>, generation: Generation, at: Timestamp) {
        let site = site.filter(|site| self.can_be_at(ix, *site));
        let instance = self.instances.at_mut(ix);
        let since = match instance.state.serving() {
            Some((present, since)) if Some(present) == site => since,
            Some(_) | None => at,
        };
        instance.generation = instance.generation.max(generation.min(MOST));
        self.transition(ix, State::at(site, since));
        self.may_have_left(ix, at);
    }

    /// What the executor verified. It wins over what is assumed, unless it is older than what is known.
    pub(super) fn instance_state(&mut self, now: Timestamp, state: &InstanceState, out: &mut Vec<Command>) {
        let Some((app, id)) = self.identify(&state.app, &state.instance) else { return };
        let site = state.serving.as_ref().map(|placement| self.site_ix(&placement.site));
        let ix = self.instance(app, id);
        let instance = self.instances.at(ix);
        let ordered = matches!(instance.state, State::Ordered(_));
        let serving = instance.state.serving().map(|(site, _)| site);
        // While observing, generations are made up, so that the executor's can only be lower; it is still right.
        let stale = state.generation < instance.generation && (ordered || !self.observes(ix));
        let known = state.generation == instance.generation && !ordered && serving == site;
        if stale || known {
            return;
        }
        self.instances.at_mut(ix).failures = 0;
        self.settle_at(ix, site, state.generation, state.at.min(now));
        self.pump(now, out);
        self.look(ix, now, now, out);
        self.wake_seats(ix, now, out);
    }

    /// An order that an earlier run of the decider gave.
    pub(super) fn order_seen(&mut self, now: Timestamp, order: &Order) {
        let Some((app, id)) = self.identify(&order.app, &order.instance) else { return };
        let source = order.source.as_ref().map(|site| self.site_ix(site));
        let target = order.target.as_ref().map(|site| self.site_ix(site));
        let ix = self.instance(app, id);
        self.spent(app, &Ordered { since: order.decided_at, source, target }, order.decided_at.min(now));
        let instance = self.instances.at_mut(ix);
        if order.generation <= instance.generation {
            return;
        }
        let since = match instance.state.serving() {
            Some((present, since)) if Some(present) == source => since,
            Some(_) | None => order.decided_at,
        };
        instance.generation = order.generation.min(MOST);
        self.transition(ix, State::Ordered(Ordered { since, source, target }));
        if order.trigger == Trigger::Capacity
            && let Some((whose, source)) = self.whose_is(ix).zip(source)
        {
            self.relief.choose(whose, source);
        }
    }
}
