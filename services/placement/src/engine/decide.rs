//! From a verdict to decisions and orders.

use std::num::NonZeroU64;

use model::{
    Decision, Explanation, Generation, InstanceId, Mode, Order, RelocationId, Rule, Timestamp, Verdict,
};

use crate::command::Command;
use crate::engine::{Engine, number};
use crate::index::{InstanceIx, UeIx};
use crate::judge::{Case, Explained, Finding, Silent, judge};
use crate::ue::{Instant, Ordered, State, Told, Wait, Whereabouts};

impl Engine {
    /// Looks at one instance and does what the verdict asks for. An order that follows became due at `due`.
    pub(super) fn look(&mut self, ix: InstanceIx, now: Timestamp, due: Timestamp, out: &mut Vec<Command>) {
        let Some(instance) = self.instances.slab().get(ix.slot()) else { return };
        let Some(ue) = instance.ue else { return };
        if matches!(instance.state, State::Ordered(_)) {
            return;
        }
        if self.catching_up {
            self.follow(ix, ue);
            return;
        }
        let finding = judge(&self.case(ix, ue, now), &mut Silent);
        let state = &mut self.instances.at_mut(ix).state;
        if let State::Serving(serving) = state {
            serving.better_since = finding.better_since.map(Instant::from);
        }
        let wait = state.wait();
        match finding.verdict {
            Verdict::Stay => self.stay(ix, ue, &finding, now, out),
            Verdict::Move | Verdict::Blocked => {
                let target = finding.target;
                if let Some(until) = wait.pause(target, now) {
                    self.arm(ix, until);
                } else if finding.verdict == Verdict::Move {
                    self.order(ix, ue, now, due, out);
                } else {
                    self.block(ix, ue, now, out);
                }
            }
        }
    }

    /// Notes since when another site has been better, by the time of the report: whoever takes over or starts again
    /// lets a time to trigger run on from there.
    fn follow(&mut self, ix: InstanceIx, ue: UeIx) {
        let Some((_, since)) = self.instances.at(ix).state.serving() else { return };
        let at = self.ues.at(ue).observed_at.max(since);
        let better_since = judge(&self.case(ix, ue, at), &mut Silent).better_since;
        if let State::Serving(serving) = &mut self.instances.at_mut(ix).state {
            serving.better_since = better_since.map(Instant::from);
        }
    }

    /// What a verdict on this instance depends on.
    pub(super) fn case(&self, ix: InstanceIx, ue: UeIx, now: Timestamp) -> Case<'_> {
        let instance = self.instances.at(ix);
        let ue = self.ues.at(ue);
        let entry = &self.apps[usize::from(instance.app)];
        Case {
            app: &entry.app,
            topology: &self.topology,
            now,
            observed_at: ue.observed_at,
            gone: ue.whereabouts == Whereabouts::GONE,
            place: self.foreign.place(&self.topology, ue.whereabouts),
            serving: instance.state.serving(),
            better_since: instance.state.better_since().map(Timestamp::from),
            accounts: instance.accounts.as_deref(),
            under_way: entry.slots.taken(),
        }
    }

    fn stay(&mut self, ix: InstanceIx, ue: UeIx, finding: &Finding, now: Timestamp, out: &mut Vec<Command>) {
        self.leave_queue(ix);
        let told = &mut self.instances.at_mut(ix).told;
        told.forget(Told::BLOCKED);
        let news = match finding.rule {
            Rule::WithinMargin
            | Rule::TimeToTrigger
            | Rule::MinimumStay
            | Rule::CostNotReached
            | Rule::NoReturn => told.tell(Told::HOLD),
            Rule::AlreadyBest => {
                told.forget(Told::HOLD);
                false
            }
            Rule::NoInstanceYet
            | Rule::LingerOver
            | Rule::Nearer
            | Rule::ThresholdMet
            | Rule::CostReached
            | Rule::Guarded(_)
            | Rule::NoCandidate => false,
        };
        if news {
            let decision = self.decision(ix, ue, now);
            out.push(Command::Decide(Box::new(decision)));
        }
        if let Some(recheck) = finding.recheck {
            self.arm(ix, recheck);
        }
        self.forget_if_idle(ue);
    }

    fn block(&mut self, ix: InstanceIx, ue: UeIx, now: Timestamp, out: &mut Vec<Command>) {
        let instance = self.instances.at_mut(ix);
        let slots = &mut self.apps[usize::from(instance.app)].slots;
        if !matches!(instance.state.wait(), Wait::Queued(_)) {
            instance.state.set_wait(Wait::Queued(slots.join(ix)));
        }
        let news = instance.told.tell(Told::BLOCKED);
        if slots.cluttered() {
            let instances = &self.instances;
            slots.sweep(|ticket, ix| {
                instances.slab().get(ix.slot()).is_some_and(|i| i.state.wait() == Wait::Queued(ticket))
            });
        }
        if news {
            let decision = self.decision(ix, ue, now);
            out.push(Command::Decide(Box::new(decision)));
        }
    }

    fn order(&mut self, ix: InstanceIx, ue: UeIx, now: Timestamp, due: Timestamp, out: &mut Vec<Command>) {
        let decision = self.decision(ix, ue, now);
        let Some((generation, relocation)) = decision.order else { return };
        debug_assert_eq!(crate::invariants::may_order(self, ix, &decision), Ok(()));
        let target = decision.target.as_ref().and_then(|site| self.topology.site(site));
        let mode = decision.mode;
        let order = (mode == Mode::Act).then(|| Order {
            relocation,
            app: decision.app.clone(),
            instance: decision.instance.clone(),
            generation,
            trigger: decision.trigger,
            source: decision.source.clone(),
            target: decision.target.clone(),
            observed_at: decision.observed_at,
            due_at: due,
            decided_at: now,
        });
        out.push(Command::Decide(Box::new(decision)));
        let state = match order {
            Some(order) => {
                out.push(Command::Order(Box::new(order)));
                let serving = self.instances.at(ix).state.serving();
                let (source, since) = serving.map_or((None, now), |(site, since)| (Some(site), since));
                State::Ordered(Ordered { since, source, target })
            }
            // As if it had been carried out: what follows shows what the policy would do.
            None => State::at(target, now),
        };
        self.transition(ix, state);
        self.instances.at_mut(ix).generation = generation;
        self.forget_if_idle(ue);
    }

    /// Gives the oldest waiting instances of an app their turn while there are free slots.
    pub(super) fn pump(&mut self, app: u16, now: Timestamp, out: &mut Vec<Command>) {
        if self.catching_up {
            return;
        }
        loop {
            let entry = &mut self.apps[usize::from(app)];
            if entry.slots.full(entry.app.max_concurrent_relocations) {
                return;
            }
            let Some((ticket, ix)) = entry.slots.pop() else { return };
            let live = |instance: &crate::ue::Instance| instance.state.wait() == Wait::Queued(ticket);
            if self.instances.slab().get(ix.slot()).is_some_and(live) {
                self.leave_queue(ix);
                self.look(ix, now, now, out);
            }
        }
    }

    pub(super) fn leave_queue(&mut self, ix: InstanceIx) {
        let instance = self.instances.at_mut(ix);
        if matches!(instance.state.wait(), Wait::Queued(_)) {
            instance.state.set_wait(Wait::Free);
            self.apps[usize::from(instance.app)].slots.leave();
        }
    }

    /// The decision on an instance as things stand now, explained.
    pub(super) fn decision(&self, ix: InstanceIx, ue: UeIx, now: Timestamp) -> Decision {
        self.decision_on(ix, ue, &self.case(ix, ue, now))
    }

    pub(super) fn decision_on(&self, ix: InstanceIx, ue: UeIx, case: &Case<'_>) -> Decision {
        let mut explained = Explained::default();
        let finding = judge(case, &mut explained);
        let explanation: Explanation = explained.tell(case, &finding, |site| self.site_id(site));
        let instance = self.instances.at(ix);
        let ue = self.ues.at(ue);
        let id = self.instance_id(ix, &ue.supi);
        let generation = instance.generation.next();
        let order = (finding.verdict == Verdict::Move)
            .then(|| (generation, RelocationId::new(&case.app.id, &id, generation)));
        Decision {
            app: case.app.id.clone(),
            instance: id,
            supi: ue.supi.clone(),
            at: case.now,
            observed_at: ue.observed_at,
            trigger: finding.trigger,
            verdict: finding.verdict,
            source: case.serving.map(|(site, _)| self.site_id(site).clone()),
            target: finding.target.map(|site| self.site_id(site).clone()),
            mode: case.app.mode,
            order,
            explanation,
        }
    }

    fn instance_id(&self, ix: InstanceIx, supi: &model::Supi) -> InstanceId {
        let instance = self.instances.at(ix);
        let known = instance.id.and_then(|id| InstanceId::new(format!("{id:016x}")).ok());
        known.unwrap_or_else(|| self.key.per_ue(&self.apps[usize::from(instance.app)].app.id, supi))
    }

    /// The number of the instance of an app that serves a UE.
    pub(super) fn number_of(&self, app: u16, supi: &model::Supi) -> Option<NonZeroU64> {
        number(&self.key.per_ue(&self.apps[usize::from(app)].app.id, supi))
    }

    /// Forgets a UE that has gone once nothing runs for it; its instances are remembered for their generation.
    fn forget_if_idle(&mut self, ue: UeIx) {
        let record = self.ues.at(ue);
        if record.whereabouts != Whereabouts::GONE {
            return;
        }
        let first = record.first;
        let mut next = first;
        while let Some(ix) = next {
            let instance = self.instances.at(ix);
            if instance.exists() {
                return;
            }
            next = instance.next;
        }
        let mut next = first;
        while let Some(ix) = next {
            next = self.instances.at(ix).next;
            self.leave_queue(ix);
            let instance = self.instances.at_mut(ix);
            if instance.generation == Generation(0) {
                self.instances.remove(ix);
            } else {
                instance.armed = None;
                instance.state.set_wait(Wait::Free);
                self.instances.attach(ix, None, None);
            }
        }
        self.ues.remove(ue);
    }
}
