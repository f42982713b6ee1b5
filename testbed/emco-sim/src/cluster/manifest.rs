//! Objects as they were rendered, which `output=detail` shows while monitor has not seen them.

use serde_json::{Value, json};

use super::detail::container;
use super::{Owner, Workload};
use crate::names::Resource;

/// The manifest of `resource` as rsync applies it.
pub(crate) fn manifest(resource: &Resource, owner: &Owner, workload: &Workload) -> Value {
    let gvk = &resource.gvk;
    let api_version =
        if gvk.group.is_empty() { gvk.version.clone() } else { format!("{}/{}", gvk.group, gvk.version) };
    let mut manifest = json!({
        "apiVersion": api_version,
        "kind": gvk.kind,
        "metadata": {"name": resource.name, "labels": {"emco/deployment-id": owner.label()}},
    });
    if gvk.workload() {
        manifest["spec"] = json!({
            "replicas": 1,
            "selector": {"matchLabels": {"app": workload.name}},
            "template": {
                "metadata": {"labels": {"app": workload.name}},
                "spec": {"containers": [container(workload)]},
            },
        });
    } else if gvk.kind == "Service" {
        let kind = if workload.node_port { "NodePort" } else { "ClusterIP" };
        manifest["spec"] = json!({
            "type": kind,
            "selector": {"app": workload.name},
            "ports": [{"port": 80, "targetPort": workload.port}],
        });
    }
    manifest
}
