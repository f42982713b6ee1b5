//! Where an instance answers, read from `status=ready&output=detail`.

use std::net::{IpAddr, SocketAddr};

use catalogue::AddressFrom;
use emco::{GroupStatus, ResourceStatus};
use model::{InstanceId, Release, Site};
use serde_json::Value;
use thiserror::Error;

/// Why there is no address.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum AddressError {
    /// The status does not show it yet.
    #[error("the status shows no {0} yet")]
    NotYet(&'static str),
    /// It never will.
    #[error("{0}")]
    Never(String),
}

/// The address of an instance of this release on this site, as `host:port`.
pub(crate) fn find(
    detail: &GroupStatus,
    from: &AddressFrom,
    site: &Site,
    release: &Release,
    instance: &InstanceId,
) -> Result<String, AddressError> {
    let here = || {
        let clusters = detail.on(&site.cluster.provider, &site.cluster.cluster);
        clusters.flat_map(|(_, cluster)| &cluster.resources)
    };
    let services = || here().filter(|r| r.gvk.kind == "Service").map(|r| &r.detail);
    match from {
        AddressFrom::LoadBalancer { port } => services()
            .find_map(|service| {
                let ingress = service.pointer("/status/loadBalancer/ingress/0")?;
                let host = ingress.get("ip").or_else(|| ingress.get("hostname"))?;
                Some(join(host.as_str()?, *port))
            })
            .ok_or(AddressError::NotYet("load balancer address")),
        AddressFrom::NodePort { port_name } => {
            let port = services()
                .find_map(|service| node_port(service, port_name.as_deref()))
                .ok_or(AddressError::NotYet("node port"))?;
            let ingress = site.ingress.as_deref().ok_or_else(|| {
                AddressError::Never(format!("site {} has no `ingress`, which node ports need", site.id))
            })?;
            Ok(join(ingress, port))
        }
        AddressFrom::PodIp { port } => here()
            .filter(|r| r.gvk.kind == "Pod" && r.ready_status == "Ready")
            .find_map(|pod| pod_ip(pod).map(|ip| join(ip, *port)))
            .ok_or(AddressError::NotYet("Pod IP")),
        AddressFrom::Template(template) => Ok(template
            .replace("{site}", site.id.as_str())
            .replace("{ingress}", site.ingress.as_deref().unwrap_or_default())
            .replace("{release}", release.as_str())
            .replace("{instance}", instance.as_str())),
    }
}

/// The IP of an `ip:port`: what a DNS name can be pointed at.
pub(crate) fn ip(address: &str) -> Result<IpAddr, AddressError> {
    let parsed: Result<SocketAddr, _> = address.parse();
    parsed.map(|a| a.ip()).map_err(|_| {
        AddressError::Never(format!("`{address}` is no `ip:port`, so that no DNS name can be pointed at it"))
    })
}

fn pod_ip(pod: &ResourceStatus) -> Option<&str> {
    pod.detail.pointer("/status/podIP")?.as_str().filter(|ip| !ip.is_empty())
}

/// The node port of that name, or the only one.
fn node_port(service: &Value, name: Option<&str>) -> Option<u16> {
    let ports = service.pointer("/spec/ports")?.as_array()?;
    let port = match name {
        Some(name) => ports.iter().find(|p| p.get("name").and_then(Value::as_str) == Some(name))?,
        None => ports.first().filter(|_| ports.len() == 1)?,
    };
    port.get("nodePort")?.as_u64()?.try_into().ok().filter(|port| *port > 0)
}

fn join(host: &str, port: u16) -> String {
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn site() -> Site {
        serde_json::from_value(json!({
            "id": "a", "name": "A", "position": null, "ingress": "192.0.2.7",
            "cluster": {"provider": "edge", "cluster": "edge-a"},
        }))
        .expect("a site")
    }

    fn status(cluster: &str, balancer: Value) -> GroupStatus {
        let service = json!({"spec": {"ports": [{"name": "http", "port": 80, "nodePort": 32107}]},
            "status": {"loadBalancer": balancer}});
        serde_json::from_value(json!({"apps": [{"name": "srv", "clusters": [{
        "clusterProvider": "edge", "cluster": cluster, "resources": [
            {"GVK": {"Kind": "Service"}, "name": "s", "detail": service},
            {"GVK": {"Kind": "Pod"}, "name": "p0", "readyStatus": "NotReady",
             "detail": {"status": {"podIP": "10.0.0.1"}}},
            {"GVK": {"Kind": "Pod"}, "name": "p1", "readyStatus": "Ready",
             "detail": {"status": {"podIP": "fd00::2"}}},
        ]}]}]}))
        .expect("a status")
    }

    fn ask(status: &GroupStatus, from: AddressFrom) -> Result<String, AddressError> {
        let release = "er-0a1b2c3d4e5f".parse().expect("valid");
        find(status, &from, &site(), &release, &InstanceId::new("i1").expect("valid"))
    }

    #[test]
    fn each_kind_of_address_is_found() {
        let status = status("edge-a", json!({"ingress": [{"ip": "198.51.100.4"}]}));
        let node = |name: Option<&str>| AddressFrom::NodePort { port_name: name.map(str::to_owned) };
        assert_eq!(ask(&status, AddressFrom::LoadBalancer { port: 80 }), Ok("198.51.100.4:80".into()));
        assert_eq!(ask(&status, node(None)), Ok("192.0.2.7:32107".into()));
        assert_eq!(ask(&status, node(Some("http"))), Ok("192.0.2.7:32107".into()));
        assert!(ask(&status, node(Some("grpc"))).is_err());
        assert_eq!(ask(&status, AddressFrom::PodIp { port: 8080 }), Ok("[fd00::2]:8080".into()));
        let template = AddressFrom::Template("{release}.{site}.example:80".into());
        assert_eq!(ask(&status, template), Ok("er-0a1b2c3d4e5f.a.example:80".into()));
    }

    #[test]
    fn nothing_is_taken_from_another_cluster_or_before_it_is_there() {
        let elsewhere = status("edge-b", json!({"ingress": [{"ip": "198.51.100.4"}]}));
        assert!(ask(&elsewhere, AddressFrom::PodIp { port: 80 }).is_err());
        let pending = status("edge-a", json!({}));
        let balancer = ask(&pending, AddressFrom::LoadBalancer { port: 80 });
        assert_eq!(balancer, Err(AddressError::NotYet("load balancer address")));
    }

    #[test]
    fn only_an_ip_can_be_pointed_at() {
        assert!(ip("10.0.0.1:80").is_ok() && ip("[fd00::2]:80").is_ok());
        assert!(ip("lb.example:80").is_err());
    }
}
