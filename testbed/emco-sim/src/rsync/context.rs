//! Application contexts: what is to run where, and what became of it.

use std::collections::{BTreeMap, VecDeque};

use tokio_util::sync::CancellationToken;

use crate::cluster::{Owner, Workload, monitor::Bundle};
use crate::names::{ClusterName, Resource};

/// The real state of a context, as `deployedStatus` and `status` show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ContextStatus {
    Created,
    Instantiating,
    Instantiated,
    InstantiateFailed,
    Terminating,
    Terminated,
    TerminateFailed,
    Updating,
    Updated,
    UpdateFailed,
}

impl ContextStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Instantiating => "Instantiating",
            Self::Instantiated => "Instantiated",
            Self::InstantiateFailed => "InstantiateFailed",
            Self::Terminating => "Terminating",
            Self::Terminated => "Terminated",
            Self::TerminateFailed => "TerminateFailed",
            Self::Updating => "Updating",
            Self::Updated => "Updated",
            // EMCO's own spelling.
            Self::UpdateFailed => "UpdatedFailed",
        }
    }
}

/// What became of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deployed {
    Pending,
    Applied,
    Failed,
    Deleted,
}

impl Deployed {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Applied => "Applied",
            Self::Failed => "Failed",
            Self::Deleted => "Deleted",
        }
    }
}

/// Whether rsync reaches a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Connectivity {
    Available,
    Retrying,
}

impl Connectivity {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Available => "Available",
            Self::Retrying => "Retrying",
        }
    }
}

/// What rsync is told to do with a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    Instantiate,
    Terminate,
    /// Apply what differs from the context named.
    Update(String),
    /// Delete what the context named does not have.
    UpdateDelete(String),
}

/// An event in its place in the order of all events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Queued {
    pub(crate) turn: u64,
    pub(crate) event: Event,
}

/// An app on a cluster.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) app: String,
    pub(crate) cluster: ClusterName,
    /// By id, which is the order of EMCO's answers.
    pub(crate) resources: BTreeMap<String, Resource>,
    pub(crate) workload: Workload,
}

/// The key of a status: app, cluster and the resource's id.
pub(crate) type StatusKey = (String, ClusterName, String);

/// An application context. One that also is the status context of others keeps their status too.
#[derive(Debug)]
pub(crate) struct AppContext {
    /// The path of the deployment intent group.
    pub(crate) group: String,
    /// Where status is kept: this context's own id, or that of the instantiation it updates.
    pub(crate) status_context: String,
    /// By app and cluster.
    pub(crate) parts: Vec<Part>,
    pub(crate) status: ContextStatus,
    pub(crate) queue: VecDeque<Queued>,
    pub(crate) running: bool,
    pub(crate) stop: bool,
    pub(crate) pending_terminate: bool,
    /// Ends the wait of the event under way for a cluster; what is being done is done.
    pub(crate) cancel: CancellationToken,
    /// What became of objects, and the context for which they were last applied.
    pub(crate) deployed: BTreeMap<StatusKey, (Deployed, String)>,
    pub(crate) connectivity: BTreeMap<(String, ClusterName), Connectivity>,
    pub(crate) bundles: BTreeMap<(String, ClusterName), Bundle>,
}

impl AppContext {
    pub(crate) fn new(group: &str, status_context: &str, mut parts: Vec<Part>) -> Self {
        parts.sort_by(|a, b| (&a.app, &a.cluster).cmp(&(&b.app, &b.cluster)));
        Self {
            group: group.into(),
            status_context: status_context.into(),
            parts,
            status: ContextStatus::Created,
            queue: VecDeque::new(),
            running: false,
            stop: false,
            pending_terminate: false,
            cancel: CancellationToken::new(),
            deployed: BTreeMap::new(),
            connectivity: BTreeMap::new(),
            bundles: BTreeMap::new(),
        }
    }

    pub(crate) fn part(&self, app: &str, cluster: &ClusterName) -> Option<&Part> {
        self.parts.iter().find(|part| part.app == app && part.cluster == *cluster)
    }

    /// Every app once, in order.
    pub(crate) fn apps(&self) -> Vec<&str> {
        let mut apps: Vec<&str> = self.parts.iter().map(|part| part.app.as_str()).collect();
        apps.dedup();
        apps
    }

    /// The clusters of an app: those it was made for, and those that updates have left a status for.
    pub(crate) fn clusters(&self, app: &str) -> Vec<ClusterName> {
        let own = self.parts.iter().filter(|part| part.app == app).map(|part| part.cluster.clone());
        let written =
            self.connectivity.keys().filter(|(of, _)| of == app).map(|(_, cluster)| cluster.clone());
        let mut clusters: Vec<ClusterName> = own.chain(written).collect();
        clusters.sort();
        clusters.dedup();
        clusters
    }

    /// The label that objects of `app` carry when this context applies them.
    pub(crate) fn owner(&self, app: &str) -> Owner {
        Owner { status_context: self.status_context.clone(), app: app.into() }
    }
}
