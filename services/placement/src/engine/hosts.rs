//! Shared apps: seats wait for hosts, and hosts that nobody uses are let go.

use model::{InstanceId, Scope, Timestamp};

use crate::command::Command;
use crate::engine::{Engine, number};
use crate::hosts::{Berth, Berths, Role, named};
use crate::index::{InstanceIx, SiteIx};
use crate::ue::State;

impl Engine {
    fn is_shared(&self, app: u16) -> bool {
        self.apps[usize::from(app)].app.scope == Scope::Shared
    }

    /// Whether the instance is a UE's place at the hosts of a shared app.
    pub(crate) fn is_seat(&self, ix: InstanceIx) -> bool {
        let instance = self.instances.at(ix);
        !instance.host && self.is_shared(instance.app)
    }

    /// Finds out which instances would be the hosts of all shared apps at a site.
    pub(super) fn learn_hosts(&mut self, site: SiteIx) {
        for app in 0..self.apps.len() as u16 {
            if !self.is_shared(app) {
                continue;
            }
            let id = self.key.per_site(&self.apps[usize::from(app)].app.id, self.site_id(site));
            if let Some(number) = number(&id) {
                self.hosts.learn(app, site, number);
            }
        }
    }

    pub(crate) fn berths(&self, app: u16) -> Berths<'_> {
        Berths { app, hosts: &self.hosts, instances: &self.instances }
    }

    /// What an instance is to its app.
    pub(super) fn role(&self, ix: InstanceIx) -> Role<'_> {
        let instance = self.instances.at(ix);
        if !instance.host {
            let shared = self.is_shared(instance.app);
            return if shared { Role::Seat(self.berths(instance.app)) } else { Role::Own };
        }
        let site = instance.id.and_then(|id| self.hosts.site_of((instance.app, id)));
        // A seat may have been ordered there since that was noted.
        let idle = site.filter(|site| self.is_idle(ix, instance.app, *site));
        Role::Host { site, idle: idle.and_then(|site| self.hosts.idle_since(instance.app, site)) }
    }

    /// The host that the order of a seat is about: where it goes, or where it leaves nothing behind.
    pub(super) fn host_for(&self, ix: InstanceIx, target: Option<SiteIx>) -> Option<InstanceId> {
        let instance = self.instances.at(ix);
        let site = target.or_else(|| instance.state.serving().map(|(site, _)| site))?;
        self.is_seat(ix).then(|| named(self.hosts.number(instance.app, site)))
    }

    /// A seat waits for the host at a site: has it started, if there is none. Whether the host is there at once, because
    /// the app is only observed.
    pub(super) fn start_host(
        &mut self,
        seat: InstanceIx,
        site: Option<SiteIx>,
        (now, due): (Timestamp, Timestamp),
        out: &mut Vec<Command>,
    ) -> bool {
        let app = self.instances.at(seat).app;
        let Some((site, number)) = site.and_then(|site| Some((site, self.hosts.number(app, site)?))) else {
            return false;
        };
        if self.berths(app).at(site, now) != Berth::Absent {
            return false;
        }
        let host = self.instance(app, number);
        self.order(host, now, due, out);
        self.observes(host)
    }

    /// Looks at those that wait for a host, once its order has ended.
    pub(super) fn wake_seats(&mut self, ix: InstanceIx, now: Timestamp, out: &mut Vec<Command>) {
        let instance = self.instances.at(ix);
        if instance.host {
            self.wake(instance.app, None, now, out);
        }
    }

    /// Looks at each host whose seats, or whose own state, have changed.
    pub(super) fn tend_hosts(&mut self, now: Timestamp, out: &mut Vec<Command>) {
        while let Some((app, site)) = self.instances.presence_mut().crews_mut().take_touched() {
            let host = self.hosts.number(app, site).and_then(|number| self.instances.find(app, number));
            let idle = host.is_some_and(|host| self.is_idle(host, app, site));
            self.hosts.set_idle(app, site, idle, now);
            if let Some(host) = host {
                self.look(host, now, now, out);
            }
        }
    }

    /// Whether a host serves at its site and has no seat there.
    pub(crate) fn is_idle(&self, host: InstanceIx, app: u16, site: SiteIx) -> bool {
        let serving = self.instances.at(host).state.serving().map(|(site, _)| site);
        serving == Some(site) && self.instances.presence().crews().of(app, site).seats == 0
    }

    /// Whether an instance can be at a site: a host is at its own, if it is known which one that is.
    pub(super) fn can_be_at(&self, ix: InstanceIx, site: SiteIx) -> bool {
        let instance = self.instances.at(ix);
        let own = instance.id.and_then(|id| self.hosts.site_of((instance.app, id)));
        !instance.host || own.is_none_or(|own| own == site)
    }

    /// Whether there is nothing to look at: a host that does not run is started by who needs it.
    pub(super) fn is_absent_host(&self, ix: InstanceIx) -> bool {
        let instance = self.instances.at(ix);
        instance.host && matches!(instance.state, State::Vacant(_))
    }

    /// Takes over since when hosts have been idle from an engine on another catalogue.
    pub(super) fn take_over_idle(&mut self, old: &Self) {
        for ((app, site), since) in old.hosts.all_idle() {
            let Some(app) = self.app(&old.apps[usize::from(app)].app.id) else { continue };
            let site = self.site_ix(old.site_id(site));
            let host = self.hosts.number(app, site).and_then(|number| self.instances.find(app, number));
            if host.is_some_and(|host| self.is_idle(host, app, site)) {
                self.hosts.set_idle(app, site, true, since);
            }
        }
    }
}
