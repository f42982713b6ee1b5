//! Names of things that are spoken of everywhere.

use std::fmt;

use serde::Serialize;

/// A cluster, qualified by its provider; displayed as EMCO writes it: `provider+cluster`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ClusterName {
    pub(crate) provider: String,
    pub(crate) cluster: String,
}

impl ClusterName {
    pub(crate) fn new(provider: &str, cluster: &str) -> Self {
        Self { provider: provider.into(), cluster: cluster.into() }
    }
}

impl fmt::Display for ClusterName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}", self.provider, self.cluster)
    }
}

/// Group, version and kind of a Kubernetes object, in the case of EMCO's answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Gvk {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) kind: String,
}

impl Gvk {
    pub(crate) fn new(group: &str, version: &str, kind: &str) -> Self {
        Self { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// Whether EMCO's monitor reports objects of this kind and their absence counts as `NotPresent`.
    pub(crate) fn monitored(&self) -> bool {
        matches!(
            (self.group.as_str(), self.version.as_str(), self.kind.as_str()),
            ("", "v1", "ConfigMap" | "Service" | "Pod")
                | ("apps", "v1", "DaemonSet" | "Deployment" | "StatefulSet")
                | ("batch", "v1", "Job")
                | ("certificates.k8s.io", "v1", "CertificateSigningRequest")
        )
    }

    /// Whether objects of this kind make Pods.
    pub(crate) fn workload(&self) -> bool {
        self.group == "apps" && matches!(self.kind.as_str(), "DaemonSet" | "Deployment" | "StatefulSet")
    }
}

/// An object of a release: its kind and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) gvk: Gvk,
    pub(crate) name: String,
}

impl Resource {
    /// The key under which an application context keeps it; its order is the order of EMCO's answers.
    pub(crate) fn id(&self) -> String {
        format!("{}+{}", self.name, self.gvk.kind)
    }

    /// The position of its kind in Helm's order of installation.
    pub(crate) fn rank(&self) -> usize {
        const ORDER: [&str; 8] = [
            "Namespace",
            "ServiceAccount",
            "Secret",
            "ConfigMap",
            "PersistentVolumeClaim",
            "Service",
            "DaemonSet",
            "Deployment",
        ];
        ORDER.iter().position(|kind| *kind == self.gvk.kind).unwrap_or(ORDER.len())
    }
}
