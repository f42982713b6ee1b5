//! One app at run time, in one cell.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalogue::AppSpec;
use emco::CompositeApp;
use model::{InstanceId, InstanceKey, Order, Scope, SiteId};

use crate::gate::Gate;
use crate::start_check::StartCheck;

/// One app at run time, in one cell.
#[derive(Debug)]
pub(crate) struct App {
    pub spec: AppSpec,
    pub composite: CompositeApp,
    pub gate: Gate,
    pub check: Arc<StartCheck>,
    /// Of a shared app, the instances that are hosts: one for each site. Every other one is a seat.
    hosts: Option<BTreeMap<InstanceId, SiteId>>,
}

impl App {
    pub(crate) fn new<'a>(
        spec: AppSpec,
        check: Arc<StartCheck>,
        key: &InstanceKey,
        sites: impl IntoIterator<Item = &'a SiteId>,
    ) -> Self {
        let host = |site: &SiteId| (key.per_site(&spec.app.id, site), site.clone());
        let hosts = (spec.app.scope == Scope::Shared).then(|| sites.into_iter().map(host).collect());
        let composite = CompositeApp {
            project: spec.emco.project.clone(),
            name: spec.emco.composite_app.clone(),
            version: spec.emco.composite_app_version.clone(),
        };
        Self { spec, composite, gate: Gate::default(), check, hosts }
    }

    /// Whether an instance is a UE's place at the hosts of a shared app. A host whose site has left the catalogue looks
    /// like one; it is told apart by its orders.
    pub(crate) fn is_seat(&self, instance: &InstanceId) -> bool {
        self.hosts.as_ref().is_some_and(|hosts| !hosts.contains_key(instance))
    }

    /// Whether an instance is the host of a shared app at a site of the catalogue.
    pub(crate) fn is_host(&self, instance: &InstanceId) -> bool {
        self.hosts.as_ref().is_some_and(|hosts| hosts.contains_key(instance))
    }

    /// Why an order does not fit what its instance is to the app.
    pub(crate) fn misfit(&self, order: &Order) -> Option<String> {
        let site = self.hosts.as_ref().and_then(|hosts| hosts.get(&order.instance));
        match (&self.hosts, &order.host) {
            (None, None) => None,
            (None, Some(host)) => Some(format!("it joins host {host}, and app {} is not shared", order.app)),
            (Some(_), Some(_)) if site.is_some() => {
                Some("it is for a host, and a host joins none".to_owned())
            }
            (Some(_), None) if order.target.is_some() && site != order.target.as_ref() => {
                Some(format!("app {} is shared, and the order names no host to join", order.app))
            }
            (Some(_), Some(_) | None) => None,
        }
    }
}
