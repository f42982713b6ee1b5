//! What operators ask for.

use std::num::NonZeroU64;

use model::{AppId, Ask, Guard, InstanceId, OperatorCommand, SiteCondition, SiteId, SiteSource, Timestamp};

use crate::asks::{Asked, Whose};
use crate::command::Command;
use crate::engine::approval::Answer;
use crate::engine::{Engine, number};
use crate::guard::Freeze;
use crate::index::InstanceIx;
use crate::ue::State;

/// A move that is heard of so long after it was asked for has no effect: whoever asked has long looked elsewhere, and
/// history that is read again must not move anything a second time.
const MOVE_VALID: std::time::Duration = std::time::Duration::from_secs(24 * 3_600);

impl Engine {
    /// The same command again, and one about what does not exist, have no effect; they are counted.
    pub(super) fn operator(&mut self, now: Timestamp, command: &OperatorCommand, out: &mut Vec<Command>) {
        let effective = self.asks.hear(command.id.as_u128()) && self.carry_out(now, command, out);
        self.tally.ignored_commands += u64::from(!effective);
    }

    fn carry_out(&mut self, now: Timestamp, command: &OperatorCommand, out: &mut Vec<Command>) -> bool {
        match &command.ask {
            Ask::Cordon { site } => self.say(site, SiteCondition::Cordoned, command, now, out),
            Ask::Drain { site, deadline } => {
                let condition = SiteCondition::Draining { deadline: *deadline };
                self.say(site, condition, command, now, out)
            }
            Ask::Resume { site } => self.say(site, SiteCondition::InService, command, now, out),
            Ask::Move { app, instance, site } => {
                let valid = now.since(command.at) <= MOVE_VALID;
                valid && self.ask(now, (app, instance), site, (false, command.at), out)
            }
            Ask::Pin { app, instance, site } => self.ask(now, (app, instance), site, (true, command.at), out),
            Ask::Unpin { app, instance } => {
                let Some(whose) = self.whose(app, instance) else { return false };
                if !self.asks.of(whose).is_some_and(|asked| asked.pinned) {
                    return false;
                }
                self.asks.forget(whose);
                if let Some(ix) = self.instances.find(whose.0, whose.1) {
                    self.look(ix, now, now, out);
                }
                true
            }
            Ask::Freeze { app, until } => self.freeze(now, app.as_ref(), Some(Freeze { until: *until }), out),
            Ask::Thaw { app } => self.freeze(now, app.as_ref(), None, out),
            Ask::Confirm { app, instance, generation, site } => {
                let answer = Answer { generation: *generation, site, at: command.at, agrees: true };
                self.answer(now, (app, instance), answer, out)
            }
            Ask::Refuse { app, instance, generation, site } => {
                let answer = Answer { generation: *generation, site, at: command.at, agrees: false };
                self.answer(now, (app, instance), answer, out)
            }
        }
    }

    fn say(
        &mut self,
        site: &SiteId,
        condition: SiteCondition,
        command: &OperatorCommand,
        now: Timestamp,
        out: &mut Vec<Command>,
    ) -> bool {
        let Some(site) = self.site_in_use(site) else { return false };
        // Operators' clocks differ; the stream has their commands in order.
        let mut words = self.words(site);
        words.say(SiteSource::Operator, command.at, condition, command.reason.as_deref());
        self.change_site(site, words, command.at.min(now), now, out);
        true
    }

    fn ask(
        &mut self,
        now: Timestamp,
        (app, instance): (&AppId, &InstanceId),
        site: &SiteId,
        (pinned, at): (bool, Timestamp),
        out: &mut Vec<Command>,
    ) -> bool {
        let (Some(whose), Some(site)) = (self.whose(app, instance), self.topology.site(site)) else {
            return false;
        };
        // A host is where its site is.
        if self.hosts.site_of(whose).is_some() {
            return false;
        }
        let known = self.instances.find(whose.0, whose.1);
        if known.is_none() && !self.catching_up || !self.asks.ask(whose, Asked { site, pinned, at }) {
            return false;
        }
        if let Some(ix) = known {
            self.look(ix, now, now, out);
        }
        true
    }

    pub(super) fn whose(&self, app: &AppId, instance: &InstanceId) -> Option<Whose> {
        self.app(app).zip(number(instance))
    }

    fn freeze(
        &mut self,
        now: Timestamp,
        app: Option<&AppId>,
        to: Option<Freeze>,
        out: &mut Vec<Command>,
    ) -> bool {
        let app = match app {
            None => None,
            Some(id) => match self.app(id) {
                None => return false,
                known => known,
            },
        };
        self.freezes.set(app, to);
        self.thawed(now, out);
        true
    }

    /// Looks at all that waits of apps that are not frozen.
    pub(super) fn thawed(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        let thawed = |engine: &Self, app: u16| !engine.freezes.hold(app, now);
        for app in 0..self.apps.len() as u16 {
            if thawed(self, app) {
                self.free_app(app);
            }
        }
        self.pump(now, out);
        for app in 0..self.apps.len() as u16 {
            if thawed(self, app) {
                self.wake(app, None, now, out);
            }
        }
    }

    /// What is asked of an instance.
    pub(super) fn asked(&self, ix: InstanceIx) -> Option<Asked> {
        if self.asks.is_empty() { None } else { self.asks.of(self.whose_is(ix)?) }
    }

    pub(super) fn forget_ask(&mut self, ix: InstanceIx) {
        if let Some(whose) = self.whose_is(ix) {
            self.asks.forget(whose);
        }
    }

    pub(super) fn whose_is(&self, ix: InstanceIx) -> Option<(u16, NonZeroU64)> {
        let instance = self.instances.at(ix);
        Some((instance.app, instance.id?))
    }

    /// Whether what is blocked by this guard is a move that an operator asked for to a site that takes nothing, or of what
    /// may not be moved: it is refused, once and visibly.
    pub(super) fn refuses(&self, ix: InstanceIx, by: Guard) -> bool {
        (by.is_of_site() || by == Guard::MobilityNotAllowed)
            && self.asked(ix).is_some_and(|asked| !asked.pinned)
    }

    /// Forgets a move of an instance that is there already, or whose UE has gone: its instance is soon let go, if it has not
    /// ended yet.
    pub(super) fn drop_moot_move(&mut self, ix: InstanceIx) {
        let Some(asked) = self.asked(ix).filter(|asked| !asked.pinned) else { return };
        let instance = self.instances.at(ix);
        let there = instance.state.serving().is_some_and(|(site, _)| site == asked.site);
        let gone = self.party(ix).map_or(!instance.exists(), |party| party.gone);
        if there || gone {
            self.forget_ask(ix);
        }
    }

    /// History is read: asks about instances that there are not are dropped, and so are moves of instances that were
    /// given an order or came where they are after they were asked to move: carried out, or overtaken.
    pub(super) fn settle_asks(&mut self) {
        let each: Vec<(Whose, Asked)> = self.asks.each().collect();
        for (whose, asked) in each {
            let found = self.instances.find(whose.0, whose.1);
            let overtaken = found.is_none_or(|ix| match &self.instances.at(ix).state {
                State::Vacant(_) => false,
                State::Serving(serving) => !asked.pinned && serving.since >= asked.at,
                State::Ordered(ordered) => !asked.pinned && ordered.target == Some(asked.site),
            });
            if overtaken {
                self.asks.forget(whose);
                self.tally.ignored_commands += u64::from(found.is_none());
            }
        }
    }

    /// Takes what operators asked for over from an engine on another catalogue. What names a site or an app that is not
    /// listed any longer ends with it.
    pub(super) fn take_over_asks(&mut self, old: &Self) {
        self.asks = old.asks.heard_only();
        for ((app, number), asked) in old.asks.each() {
            let app = self.app(&old.apps[usize::from(app)].app.id);
            let (Some(app), Some(site)) = (app, self.topology.site(old.site_id(asked.site))) else {
                continue;
            };
            self.asks.ask((app, number), Asked { site, ..asked });
        }
        self.freezes.set(None, old.freezes.of(None));
        for (slot, entry) in old.apps.iter().enumerate() {
            if let Some(app) = self.app(&entry.app.id) {
                self.freezes.set(Some(app), old.freezes.of(Some(slot as u16)));
            }
        }
    }
}
