//! From an NF profile to the root of a service's API.

use sbi_schemas::ts29510::{DiscoveredNfProfile, NfService, NfStatus};
use url::{Host, Url};

/// Where `service` of a discovered instance is reached: its `apiPrefix` where that is a whole URL, else its first
/// endpoint, its name, or the instance's own address (TS 29.510 clause 6.1.6.2.3, TS 29.501 clause 4.4.1).
///
/// `None` where the instance or the service is not registered, or nothing tells where it is.
pub fn service_root(profile: &DiscoveredNfProfile, service: &str) -> Option<Url> {
    if profile.nf_status != NfStatus::Registered {
        return None;
    }
    let listed = profile.nf_services.iter().flatten();
    let mapped = profile.nf_service_list.iter().flat_map(|services| services.values());
    let service = listed
        .chain(mapped)
        .find(|s| s.service_name == service && s.nf_service_status == NfStatus::Registered)?;
    let prefix = service.api_prefix.as_deref().unwrap_or_default();
    if let Ok(root) = prefix.parse::<Url>()
        && matches!(root.scheme(), "http" | "https")
        && root.has_host()
    {
        return Some(root);
    }
    let host = host(profile, service)?;
    let port = service.ip_end_points.iter().flatten().find_map(|e| e.port);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let path = prefix.trim_matches('/');
    let root: Url = format!("{}://{host}{port}/{path}", service.scheme).parse().ok()?;
    matches!(root.scheme(), "http" | "https").then_some(root)
}

fn host(profile: &DiscoveredNfProfile, service: &NfService) -> Option<String> {
    let endpoint = service.ip_end_points.iter().flatten().find_map(|endpoint| {
        let v6 = || endpoint.ipv6_address.as_deref().and_then(bracketed);
        endpoint.ipv4_address.clone().or_else(v6)
    });
    let names = || service.fqdn.clone().or_else(|| profile.fqdn.clone());
    let v4 = || profile.ipv4_addresses.iter().flatten().next().cloned();
    let v6 = || profile.ipv6_addresses.iter().flatten().find_map(|a| bracketed(a));
    endpoint.or_else(names).or_else(v4).or_else(v6).filter(|host| Host::parse(host).is_ok())
}

fn bracketed(address: &str) -> Option<String> {
    address.parse::<std::net::Ipv6Addr>().ok().map(|a| format!("[{a}]"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn profile(service: Value) -> DiscoveredNfProfile {
        let mut whole = json!({
            "serviceInstanceId": "0", "serviceName": "namf-evts", "scheme": "http",
            "versions": [], "nfServiceStatus": "REGISTERED",
        });
        let members = service.as_object().expect("object").clone();
        whole.as_object_mut().expect("object").extend(members);
        let profile = json!({
            "nfInstanceId": "x", "nfType": "AMF", "nfStatus": "REGISTERED",
            "ipv4Addresses": ["192.0.2.18"], "nfServices": [whole],
        });
        serde_json::from_value(profile).expect("valid")
    }

    fn root(service: Value) -> Option<String> {
        service_root(&profile(service), "namf-evts").map(|u| u.to_string())
    }

    #[test]
    fn the_prefix_wins_then_the_endpoint_then_names_then_the_instance() {
        let endpoint = json!([{"ipv4Address": "192.0.2.1", "port": 8000}]);
        assert_eq!(
            root(json!({"apiPrefix": "http://a:1/x", "ipEndPoints": endpoint})).as_deref(),
            Some("http://a:1/x")
        );
        assert_eq!(
            root(json!({"apiPrefix": "/p", "ipEndPoints": endpoint})).as_deref(),
            Some("http://192.0.2.1:8000/p")
        );
        assert_eq!(
            root(json!({"fqdn": "amf.example", "scheme": "https"})).as_deref(),
            Some("https://amf.example/")
        );
        let v6 = json!([{"ipv6Address": "2001:db8::1", "port": 1}]);
        assert_eq!(root(json!({"ipEndPoints": v6})).as_deref(), Some("http://[2001:db8::1]:1/"));
        assert_eq!(root(json!({})).as_deref(), Some("http://192.0.2.18/"));
    }

    #[test]
    fn what_is_suspended_or_speaks_something_else_is_not_used() {
        assert_eq!(root(json!({"nfServiceStatus": "SUSPENDED"})), None);
        assert_eq!(root(json!({"scheme": "file"})), None);
        assert_eq!(root(json!({"fqdn": "user@evil/"})), None);
    }
}
