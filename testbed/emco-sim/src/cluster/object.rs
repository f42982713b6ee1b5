//! Objects other than Pods.

use std::net::Ipv4Addr;

use jiff::Timestamp;

use crate::names::Resource;

/// What the label `emco/deployment-id` says: the status context and the app an object was applied for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub(crate) status_context: String,
    pub(crate) app: String,
}

impl Owner {
    pub(crate) fn label(&self) -> String {
        format!("{}-{}", self.status_context, self.app)
    }
}

/// What the objects of an app share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workload {
    pub(crate) release: String,
    /// The name of its Deployment, which is also its label `app`.
    pub(crate) name: String,
    /// The kind of that Deployment, should it be another kind of workload.
    pub(crate) kind: String,
    /// Whether the container is told its release.
    pub(crate) names_release: bool,
    /// Whether the Service has a node port.
    pub(crate) node_port: bool,
    /// The container's port.
    pub(crate) port: u16,
}

impl Workload {
    /// The id of its Deployment.
    pub(crate) fn id(&self) -> String {
        format!("{}+{}", self.name, self.kind)
    }
}

/// An object.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) resource: Resource,
    pub(crate) owner: Owner,
    pub(crate) workload: Workload,
    /// A Service's cluster address and node port.
    pub(crate) service: Option<(Ipv4Addr, u16)>,
    pub(crate) created: Timestamp,
    /// When it was last applied, in the order of all events.
    pub(crate) turn: u64,
}

impl Object {
    pub(crate) fn new(
        resource: Resource,
        owner: Owner,
        workload: Workload,
        service: Option<(Ipv4Addr, u16)>,
        turn: u64,
    ) -> Self {
        Self { resource, owner, workload, service, created: Timestamp::now(), turn }
    }
}
