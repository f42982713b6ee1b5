//! Who waits for a budget, whose turn it is, and what orders take.

use model::{Mode, Timestamp};

use crate::command::Command;
use crate::engine::Engine;
use crate::guard::{Lane, Limited, Of, Ticket, Way};
use crate::index::InstanceIx;
use crate::ue::{Ordered, State, Wait};

impl Engine {
    /// Lets an instance wait for a budget; it keeps its age if it waits for one already.
    pub(super) fn line_up(&mut self, ix: InstanceIx, lane: Lane) {
        let ticket = match self.instances.at(ix).state.wait() {
            Wait::Queued(_, present) if present == lane => None,
            Wait::Queued(ticket, _) => Some(Some(ticket)),
            Wait::Free | Wait::BackOff { .. } | Wait::Held(_) | Wait::Stranded(_) => Some(None),
        };
        if let Some(ticket) = ticket {
            self.leave_queue(ix);
            let ticket = self.line.join(lane, ix, ticket);
            self.instances.set_wait(ix, Wait::Queued(ticket, lane));
            let instances = &self.instances;
            let wait = |ix: InstanceIx| instances.slab().get(ix.slot()).map(|instance| instance.state.wait());
            self.line.tidy(lane, |ticket, ix| wait(ix) == Some(Wait::Queued(ticket, lane)));
        }
        self.line.rest(lane, self.budgets.frees_at(lane));
    }

    /// Gives those that wait for budgets their turn, oldest first, while there is something left of what was freed. An
    /// app's own budgets give nothing while it is frozen.
    pub(super) fn pump(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        if self.catching_up {
            return;
        }
        while self.line.is_stirred() {
            let spent: Vec<Lane> = self.line.freed().filter(|lane| !self.gives(*lane, now)).collect();
            for lane in spent {
                let alarm = if self.halted(lane, now) { None } else { self.budgets.frees_at(lane) };
                self.line.rest(lane, alarm);
            }
            let instances = &self.instances;
            let wait = |ix: InstanceIx| instances.slab().get(ix.slot()).map(|instance| instance.state.wait());
            let live = |lane, ticket, ix| wait(ix) == Some(Wait::Queued(ticket, lane));
            let Some((lane, ticket, ix)) = self.line.next(live) else { return };
            self.look(ix, now, now, out);
            if self.waits_in_line(ix) == Some((ticket, lane)) {
                self.line.rest(lane, self.budgets.frees_at(lane));
            }
        }
    }

    fn gives(&self, lane: Lane, now: Timestamp) -> bool {
        self.budgets.has_room(lane, now) && !self.halted(lane, now)
    }

    fn halted(&self, lane: Lane, now: Timestamp) -> bool {
        match lane.of() {
            Of::App(app) => self.freezes.hold(app, now),
            Of::Site(_) | Of::Total => false,
        }
    }

    fn waits_in_line(&self, ix: InstanceIx) -> Option<(Ticket, Lane)> {
        match self.instances.slab().get(ix.slot())?.state.wait() {
            Wait::Queued(ticket, lane) => Some((ticket, lane)),
            Wait::Free | Wait::BackOff { .. } | Wait::Held(_) | Wait::Stranded(_) => None,
        }
    }

    /// Before anything else happens: what has become free by itself goes to those that wait for it.
    pub(super) fn pump_what_is_due(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        if !self.catching_up && self.line.next_alarm().is_some_and(|at| at <= now) {
            self.line.ring(now);
            self.pump(now, out);
        }
    }

    /// An app is not frozen any longer: its own budgets give again.
    pub(super) fn free_app(&mut self, app: u16) {
        for limited in [Limited::Concurrent, Limited::Rate] {
            self.line.free(Lane::new(Of::App(app), limited));
        }
    }

    /// Looks at all that wait for budgets, oldest first, whatever they wait for.
    pub(super) fn look_at_line(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        for (lane, ticket, ix) in self.line.by_age() {
            if self.waits_in_line(ix) == Some((ticket, lane)) {
                self.look(ix, now, now, out);
            }
        }
    }

    /// Waits anew, as old as it is, for whatever it will turn out to lack.
    pub(super) fn line_up_again(&mut self, ix: InstanceIx) {
        let lane = Lane::new(Of::Total, Limited::Concurrent);
        let ticket = self.line.join(lane, ix, None);
        self.instances.set_wait(ix, Wait::Queued(ticket, lane));
    }

    /// Keeps what is under way in step with a change from one state to another.
    pub(super) fn count_way(&mut self, ix: InstanceIx, to: &State) {
        let instance = self.instances.at(ix);
        let app = instance.app;
        if let Some(way) = way_of(&instance.state) {
            self.budgets.give_back(app, way);
            for lane in way.lanes(app) {
                match lane.limited() {
                    Limited::Concurrent => self.line.free(lane),
                    Limited::Rate => (),
                }
            }
        }
        if let Some(way) = way_of(to) {
            self.budgets.take(app, way);
        }
    }

    /// An order is given.
    pub(super) fn spend(&mut self, ix: InstanceIx, ordered: &Ordered, at: Timestamp) {
        let app = self.instances.at(ix).app;
        if let Some(way) = ordered.way() {
            self.budgets.spend(app, way, at);
        }
    }

    /// An order stands on the bus, given at that time by an earlier run, whether or not it is known what became of it.
    pub(super) fn spent(&mut self, app: u16, ordered: &Ordered, at: Timestamp) {
        let acts = match self.apps[usize::from(app)].app.mode {
            Mode::Act => true,
            Mode::Observe => false,
        };
        if let Some(way) = ordered.way().filter(|_| acts) {
            self.budgets.spend(app, way, at);
        }
    }

    /// Counts what is under way anew.
    pub(super) fn count_ways(&mut self) {
        for slot in 0..self.instances.slab().slots() {
            if let Some(instance) = self.instances.slab().get(slot)
                && let Some(way) = way_of(&instance.state)
            {
                self.budgets.take(instance.app, way);
            }
        }
    }

    /// Remembers where an instance came from, where its app has a `no_return`.
    pub(super) fn note_origin(&mut self, ix: InstanceIx, to: &State) {
        let instance = self.instances.at(ix);
        let no_return = self.apps[usize::from(instance.app)].app.limits.no_return;
        if no_return.is_zero() {
            return;
        }
        match (instance.state.serving(), to.serving()) {
            (Some((before, _)), Some((site, _))) if before == site => (),
            (Some((before, _)), Some((_, since))) => {
                let until = since.plus(crate::policy::whole(no_return));
                self.origins.note(ix, before, since, until);
            }
            (None, _) | (_, None) => self.origins.forget(ix),
        }
    }
}

/// The way of the order that is live, if one is.
pub(crate) fn way_of(state: &State) -> Option<Way> {
    match state {
        State::Ordered(ordered) => ordered.way(),
        State::Vacant(_) | State::Serving(_) => None,
    }
}
