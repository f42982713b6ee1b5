//! The engine: feeds UEs, instances and outcomes to the policies and gives orders.

mod approval;
mod catalogue;
mod decide;
mod decision;
mod gatherings;
mod hosts;
mod line;
mod operator;
mod outcomes;
mod quality;
mod regret;
mod relief;
mod sites;
mod snapshot;
mod ue_events;
mod waiting;
mod why;

use std::num::NonZeroU64;
use std::sync::Arc;

use model::{AppId, InstanceId, InstanceKey, Limits, SiteId, Timestamp};

use crate::approvals::Approvals;
use crate::apps::{self, AppEntry, AppError};
use crate::asks::Asks;
use crate::atlas::Atlas;
use crate::command::{Command, Input};
use crate::estate::Estate;
use crate::fleet::Fleet;
use crate::foreign::Foreign;
use crate::groups::Groups;
use crate::guard::{Budgets, Freezes, Line, Of, Origins};
use crate::hosts::Hosts;
use crate::index::{InstanceIx, SiteIx};
use crate::quality::Qualities;
use crate::relief::Relief;
use crate::timers::Timers;
use crate::topology::Topology;
use crate::ue::{Instances, Instant, State, Ues};

pub use approval::Question;
pub(crate) use outcomes::MOST;
pub use snapshot::RestoreError;
pub use why::Standing;

/// How many instances one call looks at on the way through all of them.
const SLICE: usize = 4096;

/// Decides where the instances of every app should be: one for each UE that uses it, or for each of its groups.
///
/// One live order an instance: until its outcome is in, the instance is only watched, and looked at again
/// afterwards. An order that came to nothing is tried again after a pause that doubles (2 s to 5 minutes);
/// another target is tried at once. What a budget holds back waits in a line, oldest first. In mode `observe` decisions are given as if every order had been carried out at once, so that the
/// effect of a policy can be seen.
///
/// Sites that are cordoned, drained, degraded, failed, full, without what the app requires, or whose service area does not
/// hold the UE's place take no instance; what serves at one that is drained, degraded or failed, or whose UE is outside its
/// area, leaves, in step with the budgets. What no
/// site takes waits until one does. A site whose load is above its high water mark takes none either, and some of what
/// serves there leaves, the cheapest first, in rounds: one round for each load that was measured after all of the last
/// one had left. A change of a site's condition is followed by a way through all instances, a slice
/// a call of [`handle_timeout`](Self::handle_timeout).
///
/// Of a shared app a UE has a seat, which is moved as an instance is; a seat goes only where a host of the app serves. A
/// host is started for the first seat that wants to go to its site, and let go when nobody has been there for the app's
/// `linger`.
///
/// Where an app wants some quality of service, what is measured of it counts before the policy: a site where it has been
/// too poor for long enough is left for one that is better or of which nothing is known, and none is gone to where it is.
///
/// An app may forbid that its instances are moved, or want somebody to agree first. Answers are kept whether or not their
/// question is known, so that history can be read in any order; each one is of one order and one site.
#[derive(Debug)]
pub struct Engine {
    pub(crate) topology: Atlas,
    pub(crate) apps: Vec<AppEntry>,
    pub(crate) ues: Ues,
    pub(crate) instances: Instances,
    pub(crate) timers: Timers,
    pub(crate) foreign: Foreign,
    pub(crate) groups: Groups,
    /// Sites outside the catalogue where something runs.
    pub(crate) heard_of: Vec<SiteId>,
    pub(crate) estate: Estate,
    pub(crate) asks: Asks,
    pub(crate) freezes: Freezes,
    pub(crate) qualities: Qualities,
    pub(crate) relief: Relief,
    pub(crate) hosts: Hosts,
    /// What all apps share.
    limits: Limits,
    pub(crate) budgets: Budgets,
    pub(crate) line: Line,
    pub(crate) origins: Origins,
    pub(crate) approvals: Approvals,
    round: Option<waiting::Round>,
    key: InstanceKey,
    catching_up: bool,
    tally: Tally,
}

/// What was counted since the engine was made; not part of a snapshot.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    unknown_cells: u64,
    area_fallbacks: u64,
    nowhere: u64,
    foreign_instances: u64,
    ignored_commands: u64,
    ignored_reports: u64,
    ignored_measurements: u64,
}

/// How much there is of what. Cheap to read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// UEs that use at least one app.
    pub ues: u64,
    /// Instances that exist: they serve, or an order for them is live. In mode `observe`, those that there would be.
    pub instances: u64,
    /// Of these, hosts of shared apps.
    pub hosts: u64,
    /// Of these, instances whose UE or group is not known: nobody of it has been heard of since a cold start, or it does
    /// not use the app any longer.
    pub detached: u64,
    /// Instances that have ended, or that no order could start, and whose UE has left: remembered because their
    /// generation must go on where it was. At most one for each pair of app and subscriber.
    pub ended: u64,
    /// Relocations and first placements that are under way.
    pub under_way: u64,
    /// Instances that wait for a budget.
    pub waiting: u64,
    /// Instances that wait for a site that takes them, or for the end of a freeze.
    pub held: u64,
    /// Sites that are not in service.
    pub closed_sites: u64,
    /// Sites whose load is above their high water mark, or was and is not at the low one yet.
    pub overloaded_sites: u64,
    /// Instances that were chosen to leave these and have not left yet.
    pub relieving: u64,
    /// Locations heard since the start whose cell is not in the catalogue.
    pub unknown_cells: u64,
    /// Of these and of the locations without a cell, those that their tracking area placed.
    pub area_fallbacks: u64,
    /// Those that nothing placed.
    pub nowhere: u64,
    /// UEs that are where a position says, not where their cell is.
    pub positions: u64,
    /// Outcomes and instance states of apps or instances that are none of ours.
    pub foreign_instances: u64,
    /// Operators' commands since the start that had no effect: heard before, too late, or about what does not exist.
    pub ignored_commands: u64,
    /// Reports since the start about sites that are neither in the catalogue nor in use.
    pub ignored_reports: u64,
    /// Instances of whose quality of service something is measured.
    pub measured: u64,
    /// Reports since the start on quality of service that had no effect: of no UE, site or app that wants quality, too old,
    /// or heard before.
    pub ignored_measurements: u64,
}

impl Engine {
    /// An engine that knows no UE and no instance yet.
    ///
    /// # Errors
    /// [`AppError`] names the app and what it asks for in vain.
    pub fn new(
        topology: impl Into<Arc<Topology>>,
        fleet: impl Into<Fleet>,
        key: InstanceKey,
    ) -> Result<Self, AppError> {
        let (topology, Fleet { apps, limits }) = (Atlas::new(topology.into()), fleet.into());
        let apps = apps::entries(apps, &topology)?;
        let budgets = Budgets::new(apps.iter().map(|entry| &entry.app), &limits, &topology);
        let groups = Groups::new(&apps, &key)?;
        let mut engine = Self {
            groups,
            ues: Ues::new(),
            instances: Instances::new(apps.iter().map(AppEntry::kind).collect()),
            timers: Timers::default(),
            foreign: Foreign::default(),
            heard_of: Vec::new(),
            estate: Estate::new(&topology),
            asks: Asks::default(),
            freezes: Freezes::default(),
            qualities: Qualities::default(),
            relief: Relief::default(),
            hosts: Hosts::default(),
            limits,
            budgets,
            line: Line::default(),
            origins: Origins::default(),
            approvals: Approvals::default(),
            round: None,
            topology,
            apps,
            key,
            catching_up: false,
            tally: Tally::default(),
        };
        (0..engine.topology.sites().len()).for_each(|site| engine.learn_hosts(SiteIx::from(site)));
        engine.count_limited();
        Ok(engine)
    }

    /// Takes in what happened and appends what follows to `out`.
    pub fn handle(&mut self, now: Timestamp, input: Input<'_>, out: &mut Vec<Command>) {
        self.pump_what_is_due(now, out);
        match input {
            Input::Ue(event) => self.ue_event(now, event, out),
            Input::Outcome(outcome) => self.outcome(now, outcome, out),
            Input::Instance(state) => self.instance_state(now, state, out),
            Input::OrderSeen(order) => self.order_seen(now, order),
            Input::Operator(command) => self.operator(now, command, out),
            Input::Site(report) => self.site_report(now, report, out),
            Input::Qos(report) => self.qos_report(now, report),
            Input::Load(load) => self.site_load(now, load, out),
        }
        self.follow_up(now, out);
        self.prune_timers();
    }

    /// Looks again at every instance that is due, at a slice of all of them after a site's condition has changed, and at
    /// what is to be told of sites.
    pub fn handle_timeout(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        if self.catching_up {
            return;
        }
        // Who waited for the end of a freeze goes before those whose time has come now.
        if self.freezes.expire(now) {
            self.thawed(now, out);
        }
        self.fade(now, out);
        self.pump_what_is_due(now, out);
        while let Some((at, ix)) = self.timers.peek() {
            if Timestamp::from(at) > now {
                break;
            }
            self.timers.pop();
            if self.is_armed(at, ix) {
                self.instances.at_mut(ix).armed = None;
                self.look(ix, now, at.into(), out);
            }
        }
        self.go_on(now, out);
        self.go_on_choosing(now, out);
        self.estate.ring(now);
        self.follow_up(now, out);
        self.prune_timers();
    }

    /// When [`handle_timeout`](Self::handle_timeout) has something to do, if nothing happens before.
    pub fn next_timeout(&self) -> Option<Timestamp> {
        if self.catching_up {
            return None;
        }
        let instance = self.timers.peek().map(|(at, _)| at.into());
        let round = self.round.map(|round| round.at);
        let choosing = self.relief.walk.as_ref().map(|walk| walk.at);
        let others =
            [self.freezes.next(), self.line.next_alarm(), self.estate.next_alarm(), self.estate.next_fade()];
        [instance, round, choosing].into_iter().chain(others).flatten().min()
    }

    /// From now on inputs are taken in without a verdict: history is read, and what it made obsolete must not
    /// be decided again. Ends with [`settle`](Self::settle).
    pub const fn catch_up(&mut self) {
        self.catching_up = true;
    }

    /// History is read: looks at every instance once, as it stands now.
    pub fn settle(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        self.catching_up = false;
        self.settle_asks();
        self.settle_answers(now);
        self.settle_sites();
        self.settle_loads(now);
        self.look_at_all(now, out);
    }

    fn look_at_all(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        self.look_at_line(now, out);
        for slot in 0..self.instances.slab().slots() {
            self.look(InstanceIx::from(slot), now, now, out);
        }
        self.round = None;
        self.follow_up(now, out);
        self.prune_timers();
    }

    /// How much there is of what.
    pub fn counts(&self) -> Counts {
        let census = self.instances.census();
        Counts {
            ues: self.ues.slab().len() as u64,
            instances: census.existing as u64,
            hosts: census.hosts as u64,
            detached: census.existing_detached as u64,
            ended: (census.detached - census.existing_detached) as u64,
            under_way: u64::from(self.budgets.under_way(Of::Total).unwrap_or_default()),
            waiting: u64::from(self.line.waiting()),
            held: self.apps.iter().map(|app| u64::from(app.held.waiting())).sum(),
            closed_sites: u64::from(self.estate.closed_sites()),
            overloaded_sites: u64::from(self.estate.overloaded_sites()),
            relieving: self.relief.len() as u64,
            unknown_cells: self.tally.unknown_cells,
            area_fallbacks: self.tally.area_fallbacks,
            nowhere: self.tally.nowhere,
            positions: self.topology.positions().len() as u64,
            foreign_instances: self.tally.foreign_instances,
            ignored_commands: self.tally.ignored_commands,
            ignored_reports: self.tally.ignored_reports,
            measured: self.qualities.len() as u64,
            ignored_measurements: self.tally.ignored_measurements,
        }
    }

    /// The catalogue that decisions are based on.
    pub fn topology(&self) -> &Topology {
        &self.topology
    }

    /// Holds the engine to what [`invariants`](crate::invariants) says of its tables. Walks all of them.
    ///
    /// # Errors
    /// The first [`Violation`](crate::invariants::Violation) that is found.
    pub fn check(&self) -> Result<(), crate::invariants::Violation> {
        crate::invariants::structure(self)
    }

    fn app(&self, id: &AppId) -> Option<u16> {
        self.apps.iter().position(|entry| entry.app.id == *id).map(|slot| slot as u16)
    }

    /// App and number of an instance; `None` where it cannot be one of an app of ours.
    fn identify(&mut self, app: &AppId, instance: &InstanceId) -> Option<(u16, NonZeroU64)> {
        let known = self.app(app).zip(number(instance));
        self.tally.foreign_instances += u64::from(known.is_none());
        known
    }

    fn observes(&self, ix: InstanceIx) -> bool {
        self.apps[usize::from(self.instances.at(ix).app)].observed()
    }

    /// The index of a site, in the catalogue or only heard of.
    fn site_ix(&mut self, id: &SiteId) -> SiteIx {
        if let Some(known) = self.topology.site(id) {
            return known;
        }
        let base = self.topology.sites().len();
        if let Some(slot) = self.heard_of.iter().position(|other| other == id) {
            return SiteIx::from(base + slot);
        }
        self.heard_of.push(id.clone());
        let site = SiteIx::from(base + self.heard_of.len() - 1);
        self.learn_hosts(site);
        site
    }

    fn site_id(&self, ix: SiteIx) -> &SiteId {
        let sites = self.topology.sites();
        sites.get(ix.slot()).map_or_else(|| &self.heard_of[ix.slot() - sites.len()], |site| &site.id)
    }

    /// Makes sure that the instance is looked at by `at`.
    fn arm(&mut self, ix: InstanceIx, at: Timestamp) {
        let at = Instant::from(at);
        let instance = self.instances.at_mut(ix);
        if instance.armed.is_some_and(|armed| armed <= at) {
            return;
        }
        instance.armed = Some(at);
        self.timers.push(at, ix);
        if self.timers.len() > 2 * self.instances.slab().slots() + 1024 {
            let instances = &self.instances;
            self.timers.sweep(|at, ix| {
                instances.slab().get(ix.slot()).is_some_and(|instance| instance.armed == Some(at))
            });
        }
    }

    fn is_armed(&self, at: Instant, ix: InstanceIx) -> bool {
        self.instances.slab().get(ix.slot()).is_some_and(|instance| instance.armed == Some(at))
    }

    /// Drops dead entries from the top of the heap, so that `next_timeout` wakes nobody in vain.
    fn prune_timers(&mut self) {
        while self.timers.peek().is_some_and(|(at, ix)| !self.is_armed(at, ix)) {
            self.timers.pop();
        }
    }

    /// The instance with this number, made without a UE if it is new.
    fn instance(&mut self, app: u16, id: NonZeroU64) -> InstanceIx {
        let host = self.hosts.site_of((app, id)).is_some();
        let Some(known) = self.instances.find(app, id) else {
            let instance = crate::ue::Instance { id: Some(id), host, ..crate::ue::Instance::new(app) };
            return self.instances.insert(instance);
        };
        if host && !self.instances.at(known).host {
            // It ended before its site was heard of.
            self.instances.make_host(known);
        }
        known
    }

    /// Replaces the state and keeps budgets, queues and accounts in step with it.
    fn transition(&mut self, ix: InstanceIx, to: State) {
        self.open_accounts(ix, to.serving());
        self.note_origin(ix, &to);
        self.count_way(ix, &to);
        self.leave_queue(ix);
        self.outdate_answers(ix);
        let instance = self.instances.at_mut(ix);
        instance.told = crate::ue::Told::default();
        self.instances.set_state(ix, to);
    }
}

/// An instance id as a number: exactly 16 hex digits.
pub(crate) fn number(id: &InstanceId) -> Option<NonZeroU64> {
    let text = id.as_str();
    let digits = text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    digits.then(|| u64::from_str_radix(text, 16).ok().and_then(NonZeroU64::new)).flatten()
}
