//! Shared apps: which instance is the host of an app at a site, how it stands, and since when nobody has used it.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use model::{HostSeen, HostState, InstanceId, Timestamp};

use crate::asks::Whose;
use crate::index::SiteIx;
use crate::ue::{Instances, State};

/// The hosts of shared apps at the sites that are known. Which instance is whose follows from the key; only since when a
/// host has been idle is remembered.
#[derive(Debug, Default)]
pub(crate) struct Hosts {
    numbers: BTreeMap<(u16, SiteIx), NonZeroU64>,
    sites: BTreeMap<Whose, SiteIx>,
    /// Since when a host that serves has had no seat.
    idle: BTreeMap<(u16, SiteIx), Timestamp>,
}

/// What an instance is to its app.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Role<'a> {
    /// It is deployed for one UE.
    Own,
    /// A UE's place at the hosts of a shared app.
    Seat(Berths<'a>),
    /// A host of a shared app at this site; `None` where it is not known which one.
    Host {
        site: Option<SiteIx>,
        /// Since when it has had no seat, where it has none.
        idle: Option<Timestamp>,
    },
}

/// How the hosts of one app stand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Berths<'a> {
    pub(crate) app: u16,
    pub(crate) hosts: &'a Hosts,
    pub(crate) instances: &'a Instances,
}

/// How the host at a site stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Berth {
    Serving,
    /// It is being started or removed.
    UnderWay,
    /// It could not be started, and is not tried again before this.
    Paused(Timestamp),
    Absent,
}

impl Berths<'_> {
    pub(crate) fn at(&self, site: SiteIx, now: Timestamp) -> Berth {
        let number = self.hosts.number(self.app, site);
        let host = number.and_then(|number| self.instances.find(self.app, number));
        match host.map(|host| &self.instances.at(host).state) {
            None => Berth::Absent,
            Some(State::Serving(serving)) if serving.site == site => Berth::Serving,
            // What serves elsewhere is none of ours to start.
            Some(State::Ordered(_) | State::Serving(_)) => Berth::UnderWay,
            Some(State::Vacant(vacant)) => {
                vacant.wait.pause(Some(site), now).map_or(Berth::Absent, Berth::Paused)
            }
        }
    }

    /// The host at a site, as it is told.
    pub(crate) fn seen(&self, site: SiteIx, now: Timestamp) -> HostSeen {
        let state = match self.at(site, now) {
            Berth::Serving => HostState::Serving,
            Berth::UnderWay => HostState::UnderWay,
            Berth::Paused(_) => HostState::Paused,
            Berth::Absent => HostState::Absent,
        };
        HostSeen { instance: named(self.hosts.number(self.app, site)), state }
    }
}

impl Hosts {
    /// The instance with this number is the host of an app at a site.
    pub(crate) fn learn(&mut self, app: u16, site: SiteIx, number: NonZeroU64) {
        self.numbers.insert((app, site), number);
        self.sites.insert((app, number), site);
    }

    pub(crate) fn number(&self, app: u16, site: SiteIx) -> Option<NonZeroU64> {
        self.numbers.get(&(app, site)).copied()
    }

    /// The site of which an instance is the host; `None` where it is no host of a known site.
    pub(crate) fn site_of(&self, whose: Whose) -> Option<SiteIx> {
        if self.sites.is_empty() { None } else { self.sites.get(&whose).copied() }
    }

    pub(crate) fn idle_since(&self, app: u16, site: SiteIx) -> Option<Timestamp> {
        self.idle.get(&(app, site)).copied()
    }

    /// A host serves and has no seat, or that is so no longer.
    pub(crate) fn set_idle(&mut self, app: u16, site: SiteIx, idle: bool, now: Timestamp) {
        if idle {
            self.idle.entry((app, site)).or_insert(now);
        } else {
            self.idle.remove(&(app, site));
        }
    }

    /// Since when which hosts have had no seat.
    pub(crate) fn all_idle(&self) -> impl Iterator<Item = ((u16, SiteIx), Timestamp)> {
        self.idle.iter().map(|(at, since)| (*at, *since))
    }

    /// Puts back what a snapshot holds.
    pub(crate) fn put_back(&mut self, idle: Vec<((u16, SiteIx), Timestamp)>) {
        self.idle = idle.into_iter().collect();
    }
}

/// An instance's id, from its number.
pub(crate) fn named(number: Option<NonZeroU64>) -> InstanceId {
    let text = format!("{:016x}", number.map_or(0, NonZeroU64::get));
    InstanceId::new(text).unwrap_or_else(|_| unreachable!("hex digits are a valid name"))
}
