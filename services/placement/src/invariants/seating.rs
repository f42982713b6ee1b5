//! Seats and hosts of shared apps: what an outsider knows of them, and what the engine's tables must say.

use std::collections::{BTreeMap, BTreeSet};

use model::{AppId, Decision, InstanceId, InstanceKey, Order, RelocationId, Scope, SiteId};

use crate::engine::Engine;
use crate::hosts::Berth;
use crate::index::{InstanceIx, SiteIx};
use crate::invariants::Violation;
use crate::invariants::town::Town;
use crate::ue::{Crew, State};

/// Which instances of shared apps are hosts; every other one is a seat.
#[derive(Debug, Default)]
pub(super) struct Seating {
    hosts: BTreeMap<AppId, BTreeMap<InstanceId, SiteId>>,
}

impl Seating {
    pub(super) fn new(town: &Town, key: &InstanceKey) -> Self {
        let shared = town.apps().filter(|app| app.scope == Scope::Shared);
        let hosts = |app: &AppId| town.sites().map(|site| (key.per_site(app, site), site.clone())).collect();
        Self { hosts: shared.map(|app| (app.id.clone(), hosts(&app.id))).collect() }
    }

    pub(super) fn is_seat(&self, app: &AppId, instance: &InstanceId) -> bool {
        self.hosts.get(app).is_some_and(|hosts| !hosts.contains_key(instance))
    }

    /// A host is at its own site or nowhere.
    pub(super) fn can_be_at(&self, (app, instance): &(AppId, InstanceId), site: &SiteId) -> bool {
        self.hosts.get(app).and_then(|hosts| hosts.get(instance)).is_none_or(|own| own == site)
    }

    /// The host of an app at a site.
    pub(super) fn host_at(&self, app: &AppId, site: &SiteId) -> Option<&InstanceId> {
        self.hosts.get(app)?.iter().find(|(_, at)| *at == site).map(|(host, _)| host)
    }

    /// Holds an order to what seats and hosts may do; `live` are the instances that have an order.
    pub(super) fn check(
        &self,
        order: &Order,
        town: &Town,
        live: &BTreeSet<&(AppId, InstanceId)>,
    ) -> Result<(), Violation> {
        if !self.hosts.contains_key(&order.app) {
            return if order.host.is_none() { Ok(()) } else { Err(Violation::NoHost(order.relocation)) };
        }
        if self.is_seat(&order.app, &order.instance) {
            let site = order.target.as_ref().or(order.source.as_ref());
            let host = site.and_then(|site| self.host_at(&order.app, site));
            if order.host.as_ref() != host && site.is_some_and(|site| town.has(site)) {
                return Err(Violation::NoHost(order.relocation));
            }
            let Some(target) = &order.target else { return Ok(()) };
            let serves = order.host.as_ref().is_some_and(|host| {
                let key = (order.app.clone(), host.clone());
                town.serving(&key) == Some(target) && !live.contains(&key)
            });
            return if serves { Ok(()) } else { Err(Violation::NoHost(order.relocation)) };
        }
        let own = self.hosts[&order.app].get(&order.instance);
        if order.host.is_some() || order.target.as_ref().is_some_and(|target| Some(target) != own) {
            return Err(Violation::Senseless(order.relocation));
        }
        let seat = |key: &(AppId, InstanceId)| key.0 == order.app && self.is_seat(&key.0, &key.1);
        let seated = |site: &SiteId| town.there(site).iter().any(seat);
        match (&order.target, &order.source) {
            (None, Some(source)) if seated(source) => Err(Violation::HasSeats(order.relocation)),
            _ => Ok(()),
        }
    }
}

/// The same from inside.
pub(super) fn may_order(
    engine: &Engine,
    ix: InstanceIx,
    decision: &Decision,
    relocation: RelocationId,
) -> Result<(), Violation> {
    let instance = engine.instances.at(ix);
    let target = decision.target.as_ref().and_then(|target| engine.topology.site(target));
    if let Some(target) = target.filter(|_| engine.is_seat(ix))
        && engine.berths(instance.app).at(target, decision.at) != Berth::Serving
    {
        return Err(Violation::NoHost(relocation));
    }
    let leaves = instance.state.serving().filter(|_| instance.host && target.is_none());
    let crew = |site| engine.instances.presence().crews().of(instance.app, site);
    if leaves.is_some_and(|(site, _)| crew(site).seats > 0) {
        return Err(Violation::HasSeats(relocation));
    }
    Ok(())
}

/// Whether what is counted of shared apps, and since when hosts have been idle, agrees with the instances.
pub(super) fn tables(engine: &Engine) -> Result<(), String> {
    let mut crews: BTreeMap<(u16, SiteIx), Crew> = BTreeMap::new();
    let mut serving: BTreeSet<(u16, SiteIx)> = BTreeSet::new();
    for slot in 0..engine.instances.slab().slots() {
        let Some(instance) = engine.instances.slab().get(slot) else { continue };
        if engine.apps[usize::from(instance.app)].app.scope != Scope::Shared {
            if instance.host {
                return Err(format!("instance {slot} is a host of an app that is not shared"));
            }
            continue;
        }
        if instance.host && instance.owner.is_some() {
            return Err(format!("instance {slot} is a host and has a UE"));
        }
        let own = instance.id.and_then(|id| engine.hosts.site_of((instance.app, id)));
        if own.is_some() && !instance.host && instance.exists() {
            return Err(format!("instance {slot} is a host and is not taken for one"));
        }
        let served = instance.state.serving().map(|(site, _)| site);
        let bound_for = match &instance.state {
            State::Ordered(ordered) => ordered.target.filter(|target| served != Some(*target)),
            State::Vacant(_) | State::Serving(_) => None,
        };
        for site in [served, bound_for].into_iter().flatten() {
            let crew = crews.entry((instance.app, site)).or_default();
            *(if instance.host { &mut crew.hosts } else { &mut crew.seats }) += 1;
        }
        serving.extend(
            served.filter(|site| instance.host && own == Some(*site)).map(|site| (instance.app, site)),
        );
    }
    let counted: BTreeMap<_, _> = engine.instances.presence().crews().each().collect();
    if counted != crews {
        return Err(format!("seats and hosts are {crews:?}, counted are {counted:?}"));
    }
    let idle = serving.into_iter().filter(|at| crews.get(at).is_none_or(|crew| crew.seats == 0));
    let known = engine.hosts.all_idle().map(|(at, _)| at);
    if !idle.eq(known) {
        return Err("hosts without seats are not those that are known as idle".to_owned());
    }
    Ok(())
}
