//! The resources as EMCO decodes and encodes them: unknown members are dropped, missing ones get Go's zero value.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Name and free text of any resource.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Metadata {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) user_data1: String,
    pub(crate) user_data2: String,
}

/// A resource that has nothing but metadata.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Named {
    pub(crate) metadata: Metadata,
}

/// Metadata and a specification.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Specified<S: Default> {
    pub(crate) metadata: Metadata,
    pub(crate) spec: S,
}

/// A controller of the orchestrator.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ControllerSpec {
    pub(crate) host: String,
    pub(crate) port: i64,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) priority: i64,
}

/// How a cluster is reached when not by its kubeconfig.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ClusterSpec {
    pub(crate) git_ops: GitOps,
}

/// GitOps access to a cluster.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct GitOps {
    pub(crate) git_ops_type: String,
    pub(crate) git_ops_reference_object: String,
    pub(crate) git_ops_resource_object: String,
}

/// A cluster's label.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ClusterLabel {
    pub(crate) cluster_label: String,
}

/// A logical cloud.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LogicalCloudSpec {
    pub(crate) namespace: String,
    pub(crate) labels: Option<BTreeMap<String, String>>,
    pub(crate) level: String,
    pub(crate) user: CloudUser,
}

/// The user of a level-1 logical cloud.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct CloudUser {
    pub(crate) user_name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// A cluster's membership in a logical cloud.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ClusterReferenceSpec {
    pub(crate) cluster_provider: String,
    pub(crate) cluster: String,
    #[serde(rename = "loadBalancerIP")]
    pub(crate) load_balancer_ip: String,
    pub(crate) certificate: String,
}

/// A composite app's version.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct CompositeAppSpec {
    pub(crate) composite_app_version: String,
}

/// The app that a profile is for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct AppProfileSpec {
    pub(crate) app: String,
}

/// Another app of the group that must come first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct AppDependencySpec {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) app: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) op_status: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) wait: i64,
}

/// What a deployment intent group deploys; `version` is the Helm release.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct GroupSpec {
    pub(crate) composite_profile: String,
    pub(crate) version: String,
    pub(crate) override_values: Option<Vec<OverrideValues>>,
    pub(crate) logical_cloud: String,
}

/// Values that override those of an app's chart.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct OverrideValues {
    pub(crate) app: String,
    pub(crate) values: BTreeMap<String, String>,
}

/// Where an app goes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct AppIntent {
    pub(crate) metadata: SparseMetadata,
    pub(crate) spec: AppIntentSpec,
}

/// Metadata that leaves out what is empty.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct SparseMetadata {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) description: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) user_data1: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) user_data2: String,
}

/// The app and its placement.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct AppIntentSpec {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) app: String,
    pub(crate) intent: Placement,
}

/// All of these clusters, and one of those.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Placement {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) all_of: Vec<ClusterChoice>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) any_of: Vec<ClusterChoice>,
}

/// A cluster by name or by label, or a choice among some.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct ClusterChoice {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) cluster_provider: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) cluster: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) cluster_label: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) any_of: Vec<ClusterChoice>,
}

/// The intents that a group uses, by controller.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct GroupIntentSpec {
    pub(crate) intent: BTreeMap<String, String>,
}

/// Where a group migrates to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct MigrateSpec {
    pub(crate) target_composite_app_version: String,
    pub(crate) target_deployment_intent_group: String,
}

/// The revision that a group rolls back to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RollbackSpec {
    pub(crate) revision: String,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}
