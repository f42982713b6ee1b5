//! From a verdict to decisions and orders.

use model::{Generation, Guard, Mode, Order, Rule, SiteId, Timestamp, Trigger, Verdict};

use crate::command::Command;
use crate::engine::Engine;
use crate::guard::{Pace, Unhurried};
use crate::hosts::Role;
use crate::index::{InstanceIx, Owner};
use crate::judge::{Case, Finding, Silent, choices, judge};
use crate::policy;
use crate::ue::{Instant, Ordered, State, Wait, Whereabouts};

impl Engine {
    /// Looks at one instance and does what the verdict asks for. An order that follows became due at `due`.
    pub(super) fn look(&mut self, ix: InstanceIx, now: Timestamp, due: Timestamp, out: &mut Vec<Command>) {
        let Some(instance) = self.instances.slab().get(ix.slot()) else { return };
        if matches!(instance.state, State::Ordered(_)) {
            return;
        }
        let (known, host) = (instance.owner.is_some(), instance.host);
        if self.is_absent_host(ix) {
            return;
        }
        if self.catching_up {
            if known {
                self.follow(ix);
            }
            return;
        }
        self.drop_moot_move(ix);
        if !known && !host && !self.moves_without_ue(ix) {
            self.leave_queue(ix);
            self.instances.at_mut(ix).told.forget_blocked();
            return;
        }
        let finding = judge(&self.case(ix, now), &mut Silent);
        let state = &mut self.instances.at_mut(ix).state;
        if let State::Serving(serving) = state {
            serving.better_since = finding.better_since.map(Instant::from);
        }
        let wait = state.wait();
        match (finding.verdict, finding.rule) {
            (Verdict::Stay, _) => self.stay(ix, &finding, now, out),
            (Verdict::Blocked, Rule::Guarded(by)) if self.refuses(ix, by) => {
                let decision = self.decision(ix, now);
                out.push(Command::Decide(Box::new(decision)));
                self.forget_ask(ix);
                self.look(ix, now, due, out);
            }
            (Verdict::Blocked, Rule::Guarded(Guard::NoFeasibleSite))
                if finding.trigger == Trigger::Capacity =>
            {
                // It need not go: another one may.
                self.spare(ix);
                self.look(ix, now, due, out);
            }
            (Verdict::Blocked, Rule::Guarded(guard @ Guard::NoFeasibleSite)) => {
                self.block(ix, guard, &finding, now, out);
            }
            (Verdict::Move | Verdict::Blocked, rule) => {
                if let Some(until) = wait.pause(finding.target, now) {
                    self.arm(ix, until);
                } else if let Rule::Guarded(guard) = rule {
                    let waits = guard == Guard::HostStarting;
                    if waits && self.start_host(ix, finding.target, (now, due), out) {
                        return self.look(ix, now, due, out);
                    }
                    self.block(ix, guard, &finding, now, out);
                } else {
                    self.order(ix, now, due, out);
                }
            }
        }
        self.tend_quality(ix, now);
    }

    /// Notes since when another site has been better, by the time of the report: whoever takes over or starts again
    /// lets a time to trigger run on from there.
    fn follow(&mut self, ix: InstanceIx) {
        let Some((_, since)) = self.instances.at(ix).state.serving() else { return };
        let at = self.party(ix).map_or(since, |party| party.observed_at.max(since));
        let better_since = judge(&self.case(ix, at), &mut Silent).better_since;
        if let State::Serving(serving) = &mut self.instances.at_mut(ix).state {
            serving.better_since = better_since.map(Instant::from);
        }
    }

    /// Whether an instance of which no UE is known has to go elsewhere all the same.
    fn moves_without_ue(&self, ix: InstanceIx) -> bool {
        let serving = self.instances.at(ix).state.serving();
        serving.is_some_and(|(site, _)| {
            self.estate.left(site).is_some() || self.asked(ix).is_some() || self.relieving(ix).is_some()
        })
    }

    /// What a verdict on this instance depends on.
    pub(super) fn case(&self, ix: InstanceIx, now: Timestamp) -> Case<'_> {
        let instance = self.instances.at(ix);
        let party = self.party(ix);
        let entry = &self.apps[usize::from(instance.app)];
        let serving = instance.state.serving();
        let since = serving.map_or(now, |(_, since)| since);
        let role = self.role(ix);
        let idle = match role {
            Role::Host { idle, .. } => idle,
            Role::Own | Role::Seat(_) => None,
        };
        Case {
            app: &entry.app,
            role,
            topology: &self.topology,
            gate: self.gate(ix),
            now,
            observed_at: idle.unwrap_or_else(|| party.as_ref().map_or(since, |party| party.observed_at)),
            gone: party.as_ref().is_some_and(|party| party.gone),
            place: party.and_then(|party| party.place),
            serving,
            better_since: instance.state.better_since().map(Timestamp::from),
            accounts: instance.accounts.as_deref(),
            asked: self.asked(ix),
            quality: self.quality(ix, now),
            frozen: self.freezes.hold(instance.app, now),
            unhurried: Unhurried {
                app: &entry.app,
                windows: &self.limits.freeze_windows,
                came_from: self.origins.of(ix, now),
                since: serving.map(|(_, since)| since),
                now,
            },
            pace: Pace { budgets: &self.budgets, app: instance.app, observed: entry.observed(), own: None },
            approval: self.approval(ix),
        }
    }

    fn stay(&mut self, ix: InstanceIx, finding: &Finding, now: Timestamp, out: &mut Vec<Command>) {
        self.leave_queue(ix);
        let told = &mut self.instances.at_mut(ix).told;
        told.forget_blocked();
        if finding.rule != Rule::NoBetterQos {
            told.forget_poor();
        }
        let news = match finding.rule {
            Rule::NoBetterQos => told.tell_poor(),
            Rule::WithinMargin
            | Rule::TimeToTrigger
            | Rule::MinimumStay
            | Rule::WithinGain
            | Rule::CostNotReached
            | Rule::NoReturn => told.tell_hold(),
            Rule::AlreadyBest | Rule::AmongChoices | Rule::Pinned => {
                told.forget_hold();
                false
            }
            Rule::NoInstanceYet
            | Rule::LingerOver
            | Rule::Nearer
            | Rule::ThresholdMet
            | Rule::CostReached
            | Rule::BetterScore
            | Rule::Evacuation
            | Rule::QosViolated
            | Rule::Relief
            | Rule::LeftArea
            | Rule::BeyondChoices
            | Rule::OperatorMove
            | Rule::Guarded(_)
            | Rule::NoCandidate => false,
        };
        if news {
            let decision = self.decision(ix, now);
            out.push(Command::Decide(Box::new(decision)));
        }
        if let Some(recheck) = finding.recheck {
            self.arm(ix, recheck);
        }
        self.forget_if_idle(ix);
    }

    fn block(
        &mut self,
        ix: InstanceIx,
        by: Guard,
        finding: &Finding,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) {
        match finding.lacks {
            Some(lane) => self.line_up(ix, lane),
            None => self.wait_for(ix, by),
        }
        if let Some(recheck) = finding.recheck {
            self.arm(ix, recheck);
        }
        let asked = by == Guard::AwaitingConfirmation && self.ask_whether(ix, finding.target, now);
        if self.instances.at_mut(ix).told.tell_blocked(by) || asked {
            let decision = self.decision(ix, now);
            out.push(Command::Decide(Box::new(decision)));
        }
    }

    pub(super) fn order(&mut self, ix: InstanceIx, now: Timestamp, due: Timestamp, out: &mut Vec<Command>) {
        let decision = self.decision(ix, now);
        let Some((generation, relocation)) = decision.order else { return };
        debug_assert_eq!(crate::invariants::may_order(self, ix, &decision), Ok(()));
        let target = decision.target.as_ref().and_then(|site| self.topology.site(site));
        let mode = decision.mode;
        let choices = target.map_or_else(Vec::new, |_| self.choices(ix, decision.explanation.rule, now));
        let order = (mode == Mode::Act).then(|| Order {
            relocation,
            app: decision.app.clone(),
            instance: decision.instance.clone(),
            generation,
            trigger: decision.trigger,
            source: decision.source.clone(),
            target: decision.target.clone(),
            choices,
            observed_at: decision.observed_at,
            due_at: due,
            decided_at: now,
            host: self.host_for(ix, target),
        });
        let asked = decision.explanation.rule == Rule::OperatorMove;
        out.push(Command::Decide(Box::new(decision)));
        let state = match order {
            Some(order) => {
                out.push(Command::Order(Box::new(order)));
                let serving = self.instances.at(ix).state.serving();
                let (source, since) = serving.map_or((None, now), |(site, since)| (Some(site), since));
                let ordered = Ordered { since, source, target };
                self.spend(ix, &ordered, now);
                State::Ordered(ordered)
            }
            // As if it had been carried out: what follows shows what the policy would do.
            None => State::at(target, now),
        };
        if asked {
            self.forget_ask(ix);
        }
        self.instances.at_mut(ix).generation = generation;
        self.transition(ix, state);
        let weighed = asked || self.asked(ix).is_some() || self.quality(ix, now).is_some();
        if mode == Mode::Observe && weighed {
            // No outcome will have it looked at again, and what is wanted of it need not be where it is now.
            self.arm(ix, now);
        }
        self.forget_if_idle(ix);
    }

    /// The sites of which the orchestrator takes one, where it is to choose and there is more than one.
    fn choices(&self, ix: InstanceIx, rule: Rule, now: Timestamp) -> Vec<SiteId> {
        let policy = &self.apps[usize::from(self.instances.at(ix).app)].app.policy;
        if policy::offers(policy) == 0 {
            return Vec::new();
        }
        let offered = choices(&self.case(ix, now), rule);
        offered.iter().map(|rank| self.site_id(rank.site).clone()).collect()
    }

    /// Forgets whom an instance serves if they have gone and nothing runs for them any longer; their instances are
    /// remembered for their generation.
    fn forget_if_idle(&mut self, ix: InstanceIx) {
        let owner = self.instances.slab().get(ix.slot()).and_then(|instance| instance.owner);
        match owner.map(|owner| owner.get()) {
            None => (),
            Some(Owner::Group(group)) => {
                let over = self.groups.at(group).is_deserted() && !self.instances.at(ix).exists();
                over.then(|| self.let_rest(ix));
            }
            Some(Owner::Ue(ue)) => {
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
                    self.let_rest(ix);
                }
                self.ues.remove(ue);
            }
        }
    }

    /// Nobody needs an instance that has ended: it is remembered for its generation, if it ever had one.
    fn let_rest(&mut self, ix: InstanceIx) {
        self.leave_queue(ix);
        self.drop_moot_move(ix);
        if self.instances.at(ix).generation == Generation(0) {
            self.forget_ask(ix);
            self.instances.remove(ix);
        } else {
            self.instances.set_wait(ix, Wait::Free);
            let instance = self.instances.at_mut(ix);
            instance.armed = None;
            instance.told = crate::ue::Told::default();
            self.instances.attach(ix, None, None);
        }
    }
}
