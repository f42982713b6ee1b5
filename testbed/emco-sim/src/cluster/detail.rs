//! Objects as `output=detail` shows them: as monitor copies them, without identifiers and creation times.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Cluster, Object, Phase, Pod, Workload};
use crate::config::ClusterConfig;

/// An object other than a Pod.
pub(crate) fn object(object: &Object, cluster: &Cluster) -> Value {
    let api_version = match object.resource.gvk.group.as_str() {
        "" => object.resource.gvk.version.clone(),
        group => format!("{group}/{}", object.resource.gvk.version),
    };
    let mut detail = json!({
        "kind": object.resource.gvk.kind,
        "apiVersion": api_version,
        "metadata": {
            "name": object.resource.name,
            "namespace": "default",
            "creationTimestamp": null,
            "labels": {"emco/deployment-id": object.owner.label()},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": ""},
        },
    });
    if object.resource.gvk.workload() {
        detail["metadata"]["labels"]["app"] = json!(object.workload.name);
        detail["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = json!("1");
        detail["spec"] = deployment_spec(object);
        detail["status"] = deployment_status(object, cluster);
    } else if let Some((address, node_port)) = object.service {
        detail["spec"] = json!({
            "ports": [{"protocol": "TCP", "port": 80, "targetPort": object.workload.port}],
            "selector": {"app": object.workload.name},
            "clusterIP": address.to_string(),
            "clusterIPs": [address.to_string()],
            "type": if object.workload.node_port { "NodePort" } else { "ClusterIP" },
            "sessionAffinity": "None",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "internalTrafficPolicy": "Cluster",
        });
        if object.workload.node_port {
            detail["spec"]["ports"][0]["nodePort"] = json!(node_port);
            detail["spec"]["externalTrafficPolicy"] = json!("Cluster");
        }
        detail["status"] = json!({"loadBalancer": {}});
    }
    detail
}

/// A Pod.
pub(crate) fn pod(pod: &Pod, cluster: &ClusterConfig) -> Value {
    json!({
        "kind": "Pod",
        "apiVersion": "v1",
        "metadata": {
            "name": pod.name,
            "namespace": "default",
            "creationTimestamp": null,
            "labels": {
                "app": pod.workload,
                "emco/deployment-id": pod.owner.label(),
                "pod-template-hash": pod.template_hash,
            },
        },
        "spec": {
            "containers": [container(&pod.spec)],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "nodeName": format!("node-{}", cluster.cluster),
            "securityContext": {},
            "schedulerName": "default-scheduler",
            "tolerations": [toleration("not-ready"), toleration("unreachable")],
            "priority": 0,
            "enableServiceLinks": true,
            "preemptionPolicy": "PreemptLowerPriority",
        },
        "status": pod_status(pod, cluster),
    })
}

fn pod_status(pod: &Pod, cluster: &ClusterConfig) -> Value {
    let ready = pod.phase == Phase::Ready;
    let mut status = json!({
        "phase": if pod.phase == Phase::Pending { "Pending" } else { "Running" },
        "conditions": [condition("PodScheduled", Some(pod.scheduled), pod.scheduled)],
        "qosClass": "BestEffort",
    });
    if let (Some(address), Some(started)) = (pod.address, pod.started) {
        status["conditions"] = json!([
            condition("Initialized", Some(started), started),
            condition("PodScheduled", Some(pod.scheduled), pod.scheduled),
            condition("ContainersReady", pod.ready, started),
            condition("Ready", pod.ready, started),
        ]);
        status["hostIP"] = json!(cluster.host_ip.to_string());
        status["podIP"] = json!(address.to_string());
        status["podIPs"] = json!([{"ip": address.to_string()}]);
        status["startTime"] = json!(second(started));
        status["containerStatuses"] = json!([{
            "name": pod.workload,
            "state": {"running": {"startedAt": second(started)}},
            "lastState": {},
            "ready": ready,
            "restartCount": 0,
            "image": IMAGE,
            "imageID": "lab",
            "started": ready,
        }]);
    }
    status
}

/// The image of every container.
const IMAGE: &str = "edge:1";

pub(super) fn container(workload: &Workload) -> Value {
    let mut container = json!({
        "name": workload.name,
        "image": IMAGE,
        "ports": [{"containerPort": workload.port, "protocol": "TCP"}],
        "resources": {},
        "readinessProbe": {
            "httpGet": {"path": "/", "port": workload.port, "scheme": "HTTP"},
            "timeoutSeconds": 1,
            "periodSeconds": 10,
            "successThreshold": 1,
            "failureThreshold": 3,
        },
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    });
    if workload.names_release {
        container["env"] = json!([{"name": "RELEASE", "value": workload.release}]);
    }
    container
}

fn deployment_spec(object: &Object) -> Value {
    let labels = json!({"app": object.workload.name, "emco/deployment-id": object.owner.label()});
    json!({
        "replicas": 1,
        "selector": {"matchLabels": {"app": object.workload.name}},
        "template": {
            "metadata": {"creationTimestamp": null, "labels": labels},
            "spec": {
                "containers": [container(&object.workload)],
                "restartPolicy": "Always",
                "terminationGracePeriodSeconds": 30,
                "dnsPolicy": "ClusterFirst",
                "securityContext": {},
                "schedulerName": "default-scheduler",
            },
        },
        "strategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
        },
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    })
}

fn deployment_status(object: &Object, cluster: &Cluster) -> Value {
    let pods = || cluster.pods.values().filter(|pod| pod.workload == object.resource.name);
    let ready = pods().find(|pod| pod.phase == Phase::Ready);
    let since = ready.and_then(|pod| pod.ready);
    let mut status = json!({"observedGeneration": 1, "conditions": []});
    if let Some(pod) = pods().next() {
        status["replicas"] = json!(1);
        status["updatedReplicas"] = json!(1);
        if ready.is_some() {
            status["readyReplicas"] = json!(1);
            status["availableReplicas"] = json!(1);
        } else {
            status["unavailableReplicas"] = json!(1);
        }
        let replica_set = format!("{}-{}", object.resource.name, pod.template_hash);
        let (progress, message) = match since {
            Some(_) => (
                "NewReplicaSetAvailable",
                format!("ReplicaSet \"{replica_set}\" has successfully progressed."),
            ),
            None => ("ReplicaSetUpdated", format!("ReplicaSet \"{replica_set}\" is progressing.")),
        };
        let (available, text) = match since {
            Some(_) => ("MinimumReplicasAvailable", "Deployment has minimum availability."),
            None => ("MinimumReplicasUnavailable", "Deployment does not have minimum availability."),
        };
        let changed = second(since.unwrap_or(object.created));
        status["conditions"] = json!([
            {
                "type": "Available",
                "status": if since.is_some() { "True" } else { "False" },
                "lastUpdateTime": changed,
                "lastTransitionTime": changed,
                "reason": available,
                "message": text,
            },
            {
                "type": "Progressing",
                "status": "True",
                "lastUpdateTime": changed,
                "lastTransitionTime": second(object.created),
                "reason": progress,
                "message": message,
            },
        ]);
    }
    status
}

/// A condition that has held since `since`, or has not held since `otherwise`.
fn condition(kind: &str, since: Option<Timestamp>, otherwise: Timestamp) -> Value {
    json!({
        "type": kind,
        "status": if since.is_some() { "True" } else { "False" },
        "lastProbeTime": null,
        "lastTransitionTime": second(since.unwrap_or(otherwise)),
    })
}

fn toleration(trouble: &str) -> Value {
    json!({
        "key": format!("node.kubernetes.io/{trouble}"),
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 300,
    })
}

/// A time stamp as Kubernetes writes it: whole seconds.
fn second(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}
