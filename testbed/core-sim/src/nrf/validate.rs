//! The semantic checks of a registered profile, in Free5GC's order and words.

use super::profile::text;
use serde_json::{Map, Value};
use std::net::{Ipv4Addr, Ipv6Addr};
use uuid::Uuid;

/// NFType (TS 29.510 clause 6.1.6); Free5GC takes no other.
const NF_TYPES: &str = "NRF UDM AMF SMF AUSF NEF PCF SMSF NSSF UDR LMF GMLC 5G_EIR SEPP UPF N3IWF AF UDSF BSF CHF NWDAF \
    PCSCF CBCF HSS UCMF SOR_AF SPAF MME SCSAS SCEF SCP NSSAAF ICSCF SCSCF DRA IMS_AS AANF 5G_DDNMF NSACF MFAF EASDF \
    DCCF MB_SMF TSCTSF ADRF GBA_BSF CEF MB_UPF NSWOF PKMF MNPF SMS_GMSC SMS_IWMSC MBSF MBSTF PANF";

const STATUSES: [&str; 3] = ["REGISTERED", "SUSPENDED", "UNDISCOVERABLE"];

/// Why a profile is refused, as Free5GC's NRF puts it.
pub(super) fn check(profile: &Map<String, Value>) -> Result<(), String> {
    if let Some(timer) = profile.get("heartBeatTimer") {
        let seconds = timer.as_i64().ok_or("heartBeatTimer must be an integer")?;
        if !(1..=3600).contains(&seconds) {
            return Err("heartBeatTimer must be between 1 and 3600".to_owned());
        }
    }
    let id = Uuid::parse_str(text(profile, "nfInstanceId")).ok();
    if id.is_none_or(|id| id.get_version_num() != 4) {
        return Err("nfInstanceId must be a UUID v4".to_owned());
    }
    let nf_type = text(profile, "nfType");
    if !NF_TYPES.split_whitespace().any(|known| known == nf_type) {
        return Err(format!("invalid nfType: {nf_type}"));
    }
    let status = text(profile, "nfStatus");
    if !STATUSES.contains(&status) {
        return Err(format!("invalid nfStatus: {status}"));
    }
    for (index, address) in strings(profile, "ipv4Addresses").enumerate() {
        if !ipv4_or_hostname(address) {
            return Err(format!("invalid ipv4Addresses[{index}]: {address}"));
        }
    }
    for (index, address) in strings(profile, "ipv6Addresses").enumerate() {
        if address.parse::<Ipv6Addr>().is_err() {
            return Err(format!("invalid ipv6Addresses[{index}]: {address}"));
        }
    }
    let services = profile.get("nfServices").and_then(Value::as_array);
    for (index, service) in services.into_iter().flatten().filter_map(Value::as_object).enumerate() {
        check_service(service).map_err(|why| format!("invalid nfServices[{index}].{why}"))?;
    }
    Ok(())
}

fn check_service(service: &Map<String, Value>) -> Result<(), String> {
    let scheme = text(service, "scheme");
    if !["", "http", "https"].contains(&scheme) {
        return Err(format!("scheme: {scheme}"));
    }
    let status = text(service, "nfServiceStatus");
    if !status.is_empty() && !STATUSES.contains(&status) {
        return Err(format!("nfServiceStatus: {status}"));
    }
    let endpoints = service.get("ipEndPoints").and_then(Value::as_array);
    for (index, endpoint) in endpoints.into_iter().flatten().filter_map(Value::as_object).enumerate() {
        check_endpoint(endpoint).map_err(|why| format!("ipEndPoints[{index}]: {why}"))?;
    }
    Ok(())
}

fn check_endpoint(endpoint: &Map<String, Value>) -> Result<(), String> {
    if !["", "TCP"].contains(&text(endpoint, "transport")) {
        return Err("transport must be TCP".to_owned());
    }
    let port = endpoint.get("port").and_then(Value::as_i64).unwrap_or(0);
    if !(0..=65535).contains(&port) {
        return Err("port must be between 1 and 65535".to_owned());
    }
    let ipv4 = text(endpoint, "ipv4Address");
    if !ipv4.is_empty() && !ipv4_or_hostname(ipv4) {
        return Err(format!("invalid ipv4Address: {ipv4}"));
    }
    let ipv6 = text(endpoint, "ipv6Address");
    if !ipv6.is_empty() && ipv6.parse::<Ipv6Addr>().is_err() {
        return Err(format!("invalid ipv6Address: {ipv6}"));
    }
    Ok(())
}

fn strings<'a>(object: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a str> {
    object.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn ipv4_or_hostname(address: &str) -> bool {
    if address.parse::<Ipv4Addr>().is_ok() {
        return true;
    }
    let name = address.strip_suffix('.').unwrap_or(address);
    // A name of digits and dots alone is a broken address.
    !name.is_empty()
        && address.len() <= 253
        && name.bytes().any(|byte| byte.is_ascii_alphabetic())
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::check;
    use serde_json::{Value, json};

    fn verdict(changes: &[(&str, Value)]) -> String {
        let mut profile = json!({
            "nfInstanceId": "5f2a8c1e-7d34-4b1a-9c57-0d8e6f1a2b3c", "nfType": "AF", "nfStatus": "REGISTERED",
        });
        for (name, value) in changes {
            profile[*name] = value.clone();
        }
        check(profile.as_object().expect("an object")).err().unwrap_or_default()
    }

    #[test]
    fn profiles_are_refused_with_the_member_that_is_wrong() {
        assert_eq!(verdict(&[]), "");
        assert_eq!(verdict(&[("heartBeatTimer", json!(0))]), "heartBeatTimer must be between 1 and 3600");
        assert_eq!(verdict(&[("heartBeatTimer", json!("1"))]), "heartBeatTimer must be an integer");
        // A name-based UUID (version 5) is not one of version 4.
        let version5 = json!("886313e1-3b8a-5372-9b90-0c9aee199e5d");
        assert_eq!(verdict(&[("nfInstanceId", version5)]), "nfInstanceId must be a UUID v4");
        assert_eq!(verdict(&[("ipv4Addresses", json!(["edge.example"]))]), "");
        assert_eq!(
            verdict(&[("ipv4Addresses", json!(["1.2.3.400"]))]),
            "invalid ipv4Addresses[0]: 1.2.3.400"
        );
        let service = json!([{"scheme": "ftp"}]);
        assert_eq!(verdict(&[("nfServices", service)]), "invalid nfServices[0].scheme: ftp");
        let endpoint = json!([{"ipEndPoints": [{"port": 70000}]}]);
        let text = "invalid nfServices[0].ipEndPoints[0]: port must be between 1 and 65535";
        assert_eq!(verdict(&[("nfServices", endpoint)]), text);
    }
}
