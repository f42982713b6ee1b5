//! A Kubernetes cluster as far as EMCO and its clients can see it: objects, Pods, and instances that answer.

pub(crate) mod detail;
mod manifest;
pub(crate) mod monitor;
mod object;
pub(crate) mod pod;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

pub(crate) use manifest::manifest;
pub(crate) use object::{Object, Owner, Workload};
pub(crate) use pod::{Phase, Pod};

use crate::config::ClusterConfig;
use crate::names::Resource;

/// The first node port and how many there are (Kubernetes' default range).
const NODE_PORTS: (u16, u16) = (30_000, 2_768);
/// How many addresses a cluster's Pods have.
const POD_ADDRESSES: u32 = 256 * 254;

/// One cluster.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) config: ClusterConfig,
    /// Whether EMCO reaches its API server. What runs there goes on running when not.
    pub(crate) reachable: bool,
    /// Whether its Pods stay short of Ready.
    pub(crate) never_ready: bool,
    /// By the resource's id, as in application contexts.
    pub(crate) objects: BTreeMap<String, Object>,
    /// By name.
    pub(crate) pods: BTreeMap<String, Pod>,
    addresses: u32,
    services: u16,
}

impl Cluster {
    pub(crate) fn new(config: ClusterConfig) -> Self {
        Self {
            config,
            reachable: true,
            never_ready: false,
            objects: BTreeMap::new(),
            pods: BTreeMap::new(),
            addresses: 0,
            services: 0,
        }
    }

    /// An address that no earlier Pod had, until all have been used.
    pub(crate) fn next_address(&mut self) -> Ipv4Addr {
        let number = self.addresses % POD_ADDRESSES;
        self.addresses = self.addresses.wrapping_add(1);
        Ipv4Addr::from(u32::from(self.config.pod_net) + (number / 254) * 256 + number % 254 + 1)
    }

    /// A cluster address and a node port for a new Service.
    fn next_service(&mut self) -> (Ipv4Addr, u16) {
        let number = self.services;
        self.services = self.services.wrapping_add(1);
        let [high, low] = number.to_be_bytes();
        (Ipv4Addr::new(10, 71, high, low), NODE_PORTS.0 + number % NODE_PORTS.1)
    }

    /// Applies an object. Returns the workload for which a Pod has to be started: one that is new, or whose
    /// template changed because another context took it over. Of two at once, the one of the later turn stays.
    pub(crate) fn apply(
        &mut self,
        resource: &Resource,
        owner: &Owner,
        workload: &Workload,
        turn: u64,
    ) -> Option<Owner> {
        let id = resource.id();
        let takes_over = match self.objects.get_mut(&id) {
            Some(object) if object.owner == *owner || object.turn > turn => return None,
            Some(object) => {
                object.turn = turn;
                object.owner = owner.clone();
                object.workload = workload.clone();
                true
            }
            None => false,
        };
        if !takes_over {
            let service = (resource.gvk.kind == "Service").then(|| self.next_service());
            let object = Object::new(resource.clone(), owner.clone(), workload.clone(), service, turn);
            self.objects.insert(id, object);
        }
        resource.gvk.workload().then(|| owner.clone())
    }

    /// Deletes an object; `false` where it does not exist. Its Pods go their own way, see [`pod::retire`].
    pub(crate) fn delete(&mut self, resource: &Resource) -> bool {
        self.objects.remove(&resource.id()).is_some()
    }

    /// Whether a workload has a Ready Pod.
    pub(crate) fn is_ready(&self, workload: &str) -> bool {
        self.pods.values().any(|pod| pod.workload == workload && pod.phase == Phase::Ready)
    }
}
