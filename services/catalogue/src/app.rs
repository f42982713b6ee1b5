//! What an application's entry in `edgeroam.yaml` says, validated.

use std::time::Duration;

use model::{App, InstanceId, Supi};

/// One application: what placement knows of it, and what the executor needs to move it.
#[derive(Debug, Clone, PartialEq)]
pub struct AppSpec {
    /// What placement knows.
    pub app: App,
    /// Its objects in EMCO.
    pub emco: EmcoObjects,
    /// Where the address of a new instance is read.
    pub address: AddressFrom,
    /// How an instance is asked whether it serves.
    pub probe: Probe,
    /// Time to live of its DNS names; drains last at least twice as long.
    pub dns_ttl: Duration,
    /// How long clients get to follow before the source is retired; at least 2 × `dns_ttl`.
    pub drain: Duration,
    /// How long the steps may take.
    pub deadlines: Deadlines,
    /// Deployment intent groups that already run and are taken over.
    pub instances: Vec<Adopted>,
}

/// Names of EMCO objects; all exist before EdgeRoam starts.
#[derive(Debug, Clone, PartialEq)]
pub struct EmcoObjects {
    /// Project.
    pub project: String,
    /// Composite app.
    pub composite_app: String,
    /// Version of the composite app.
    pub composite_app_version: String,
    /// Composite profile for new deployment intent groups; an adopted group's own wins.
    pub composite_profile: String,
    /// Logical cloud for new deployment intent groups; an adopted group's own wins.
    pub logical_cloud: String,
    /// `spec.overrideValues` for new deployment intent groups, as EMCO takes them; an adopted group's own win.
    pub override_values: Vec<serde_json::Value>,
}

/// Where the address of an instance is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressFrom {
    /// `status.loadBalancer.ingress` of the release's Service.
    LoadBalancer {
        /// Port that clients use.
        port: u16,
    },
    /// `nodePort` of the release's Service at the site's ingress address.
    NodePort {
        /// Name of the Service's port; its only port where absent.
        port_name: Option<String>,
    },
    /// `status.podIP` of a Ready Pod.
    PodIp {
        /// Port that clients use.
        port: u16,
    },
    /// `host:port` with `{site}`, `{ingress}`, `{release}` and `{instance}` filled in.
    Template(String),
}

/// How an instance is asked whether it serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Path of the GET request; any 2xx is a yes.
    pub path: String,
    /// How long one request may take.
    pub timeout: Duration,
    /// Where the answer names the release.
    pub release: ReleaseIn,
}

/// Where an instance's answer names its release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReleaseIn {
    /// Anywhere in the body.
    Body,
    /// In this response header.
    Header(String),
    /// At this JSON pointer (RFC 6901) of the body.
    JsonPointer(String),
    /// It does not; the address alone tells releases apart.
    Nowhere,
}

/// How long the steps of a relocation may take before it is undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadlines {
    /// From instantiation until the target is ready.
    pub ready: Duration,
    /// From the DNS update until a request through the name is answered by the new release.
    pub verify: Duration,
    /// From terminate until the source is gone; over it, the source is reported as left over.
    pub retire: Duration,
}

/// A deployment intent group that already runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Adopted {
    /// Which instance it is.
    pub instance: AdoptedInstance,
    /// Its name in EMCO.
    pub deployment_intent_group: String,
}

/// Whose instance an adopted group is.
#[derive(Debug, Clone, PartialEq)]
pub enum AdoptedInstance {
    /// That of this UE.
    Ue(Supi),
    /// That of the group with this name.
    Group(String),
    /// This one.
    Id(InstanceId),
}
