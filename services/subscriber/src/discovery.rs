//! Which instances of an NF type offer a service, as the NRF says.

use std::collections::{BTreeMap, BTreeSet};

use sbi::CallError;
use sbi::nrf::{Nrf, service_root};
use sbi::oauth2::Scope;
use sbi_schemas::ts29510::SearchResult;
use url::Url;

/// Endpoints with the NF instance ids that are registered for each. After an NF was killed its old registration
/// stays beside the new one; both name the same endpoint.
pub(crate) type Endpoints = BTreeMap<Url, BTreeSet<String>>;

/// Asks the NRF, as an NF of type `requester`, who produces this one service.
pub(crate) async fn find(nrf: &Nrf, producer: Scope, requester: &str) -> Result<Endpoints, CallError> {
    let found = nrf.discover(producer.target_nf_type, requester, producer.services).await?;
    Ok(endpoints(&found, producer.services))
}

fn endpoints(found: &SearchResult, service: &str) -> Endpoints {
    let mut endpoints = Endpoints::new();
    for profile in &found.nf_instances {
        if let Some(root) = service_root(profile, service) {
            endpoints.entry(root).or_default().insert(profile.nf_instance_id.clone());
        }
    }
    endpoints
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn registrations_of_one_endpoint_are_one_amf() {
        let profile = |id: &str, prefix: &str| {
            json!({"nfInstanceId": id, "nfType": "AMF", "nfStatus": "REGISTERED", "nfServices": [{
                "serviceInstanceId": "1", "serviceName": "namf-evts", "versions": [], "scheme": "http",
                "nfServiceStatus": "REGISTERED", "apiPrefix": prefix}]})
        };
        let found = json!({"nfInstances": [
            profile("dead", "http://127.0.0.18:8000"), profile("alive", "http://127.0.0.18:8000"),
            profile("other", "http://127.0.0.19:8000/")]});
        let endpoints = endpoints(&serde_json::from_value(found).expect("valid"), "namf-evts");
        let sizes: Vec<_> = endpoints.iter().map(|(url, ids)| (url.as_str(), ids.len())).collect();
        assert_eq!(sizes, [("http://127.0.0.18:8000/", 2), ("http://127.0.0.19:8000/", 1)]);
    }
}
