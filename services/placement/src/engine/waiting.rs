//! Who waits for a site that takes it, or for the end of a freeze.

use model::{Guard, Timestamp};

use crate::command::Command;
use crate::engine::{Engine, SLICE};
use crate::guard::Ticket;
use crate::index::{InstanceIx, SiteIx};
use crate::ue::Wait;

/// The way through all instances after the condition of a site has changed: policies may want something else now, and
/// who serves there may have to leave. One way at a time: what changes meanwhile prolongs it to a full round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Round {
    /// When it was last begun: it is due at once, a slice a call.
    pub(super) at: Timestamp,
    next: u32,
    left: u32,
}

impl Engine {
    /// Lets an instance wait where this guard makes it wait; it keeps its place if it waits there already.
    pub(super) fn wait_for(&mut self, ix: InstanceIx, by: Guard) {
        let instance = self.instances.at(ix);
        let (app, wait) = (usize::from(instance.app), instance.state.wait());
        match by {
            Guard::Cordoned
            | Guard::Draining
            | Guard::Degraded
            | Guard::Failed
            | Guard::Full
            | Guard::MissingLabel
            | Guard::QosViolated
            | Guard::Overloaded
            | Guard::OutsideArea
            | Guard::Tenant
            | Guard::Residency
            | Guard::NoFeasibleSite
            | Guard::HostStarting
            | Guard::Frozen => (),
            // They wait in the line, for an instant or an answer, for what the core says next of their UE, or for nothing that
            // could come.
            Guard::ConcurrentRelocations
            | Guard::Cooldown
            | Guard::PingPong
            | Guard::FreezeWindow
            | Guard::AppRate
            | Guard::SiteConcurrent
            | Guard::SiteRate
            | Guard::TotalConcurrent
            | Guard::TotalRate
            | Guard::MobilityNotAllowed
            | Guard::AwaitingConfirmation
            | Guard::Uncertain => {
                self.leave_queue(ix);
                return;
            }
        }
        let ticket = wait.held().unwrap_or_else(|| {
            self.leave_queue(ix);
            self.apps[app].held.join(ix)
        });
        let stranded = by == Guard::NoFeasibleSite;
        self.instances.set_wait(ix, if stranded { Wait::Stranded(ticket) } else { Wait::Held(ticket) });
        let (entry, instances) = (&mut self.apps[app], &self.instances);
        let wait = |ix: InstanceIx| {
            let present = instances.slab().get(ix.slot()).filter(|instance| usize::from(instance.app) == app);
            present.map(|instance| instance.state.wait())
        };
        if entry.held.cluttered() {
            entry.held.sweep(|ticket, ix| wait(ix).and_then(|wait| wait.held()) == Some(ticket));
        }
    }

    pub(super) fn leave_queue(&mut self, ix: InstanceIx) {
        let instance = self.instances.at(ix);
        match instance.state.wait() {
            Wait::Free | Wait::BackOff { .. } => return,
            Wait::Queued(_, lane) => self.line.leave(lane),
            Wait::Held(_) | Wait::Stranded(_) => self.apps[usize::from(instance.app)].held.leave(),
        }
        self.instances.set_wait(ix, Wait::Free);
    }

    /// What an instance of this app waits for. The place of one that is gone may be another app's by now, with the same
    /// ticket in that app's queue.
    fn waits(&self, app: u16, ix: InstanceIx) -> Option<Wait> {
        let present = self.instances.slab().get(ix.slot()).filter(|instance| instance.app == app);
        present.map(|instance| instance.state.wait())
    }

    /// Looks at those of an app that wait for a site or for the end of a freeze, oldest first; for one site, while that
    /// takes any. Who goes on waiting keeps the place.
    pub(super) fn wake(&mut self, app: u16, site: Option<SiteIx>, now: Timestamp, out: &mut Vec<Command>) {
        if self.catching_up {
            return;
        }
        let mut still: Vec<(Ticket, InstanceIx)> = Vec::new();
        for _ in 0..self.apps[usize::from(app)].held.len() {
            if site.is_some_and(|site| self.gate_of(app, None).rejects(site).is_some()) {
                break;
            }
            let Some((ticket, ix)) = self.apps[usize::from(app)].held.pop() else { break };
            let waits = |engine: &Self| engine.waits(app, ix).and_then(|wait| wait.held()) == Some(ticket);
            if waits(self) {
                self.look(ix, now, now, out);
                if waits(self) {
                    still.push((ticket, ix));
                }
            }
        }
        let held = &mut self.apps[usize::from(app)].held;
        still.into_iter().rev().for_each(|entry| held.put_back(entry));
    }

    /// As [`wake`](Self::wake), for every app.
    pub(super) fn wake_all(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        for app in 0..self.apps.len() {
            self.wake(app as u16, None, now, out);
        }
    }

    /// Looks at every instance soon.
    pub(super) fn go_round(&mut self, now: Timestamp) {
        let left = self.instances.slab().slots() as u32;
        let next = self.round.map_or(0, |round| round.next);
        self.round = (left > 0 && !self.catching_up).then_some(Round { at: now, next, left });
    }

    /// Goes on with the way through all instances.
    pub(super) fn go_on(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        let Some(Round { at, mut next, left }) = self.round else { return };
        let slots = self.instances.slab().slots();
        let slice = SLICE.min(left as usize);
        for _ in 0..slice {
            next = if next as usize >= slots { 0 } else { next };
            self.look(InstanceIx::new(next), now, now, out);
            next += 1;
        }
        let left = left - slice as u32;
        self.round = (left > 0).then_some(Round { at, next, left });
    }
}
