//! NF profiles as they are stored.

use crate::amf::Amf;
use crate::smf::Smf;
use crate::world::World;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// A stored NFProfile (TS 29.510 clause 6.1.6).
pub(crate) struct Profile {
    pub(super) id: String,
    pub(super) body: Map<String, Value>,
    /// When its NF was last heard of.
    pub(super) beat: Instant,
    /// Suspended by the NRF for want of heart-beats.
    pub(super) suspended: bool,
}

impl Profile {
    /// Takes over a validated profile and adds what Free5GC adds: the OAuth2 marker and the core's PLMN. `customInfo` is
    /// the vendor's to fill (TS 29.510 clause 6.1.6), so the compliant NRF may do the same.
    pub(super) fn stored(world: &World, mut body: Map<String, Value>) -> Profile {
        let custom = body.entry("customInfo").or_insert_with(|| json!({}));
        if let Value::Object(custom) = custom {
            custom.insert("oauth2".to_owned(), Value::Bool(world.config.oauth2));
        }
        let plmn = json!([{"mcc": world.config.plmn.0, "mnc": world.config.plmn.1}]);
        body.entry("plmnList").or_insert(plmn);
        let id = text(&body, "nfInstanceId").to_owned();
        Profile { id, body, beat: Instant::now(), suspended: false }
    }

    pub(super) fn nf_type(&self) -> &str {
        text(&self.body, "nfType")
    }

    /// Whether others may find it.
    pub(super) fn discoverable(&self) -> bool {
        text(&self.body, "nfStatus") == "REGISTERED"
    }

    pub(super) fn heart_beat_timer(&self) -> Option<Duration> {
        self.body.get("heartBeatTimer").and_then(Value::as_u64).map(Duration::from_secs)
    }

    pub(super) fn services(&self) -> impl Iterator<Item = &Map<String, Value>> {
        let list = self.body.get("nfServices").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_object)
    }

    pub(super) fn offers(&self, service: &str) -> bool {
        self.services().any(|offered| text(offered, "serviceName") == service)
    }

    /// The profile as discovery shows it: without what only management knows (TS 29.510 clause 6.2.6).
    pub(super) fn found(&self) -> Map<String, Value> {
        const MANAGEMENT_ONLY: [&str; 7] = [
            "heartBeatTimer",
            "nfProfileChangesSupportInd",
            "nfProfileChangesInd",
            "nfProfilePartialUpdateChangesSupportInd",
            "allowedNfTypes",
            "allowedNfDomains",
            "allowedPlmns",
        ];
        let mut found = self.body.clone();
        found.retain(|name, _| !MANAGEMENT_ONLY.contains(&name.as_str()));
        found
    }
}

/// A member's text, empty if it is missing or something else.
pub(super) fn text<'a>(object: &'a Map<String, Value>, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The profile that an AMF registers.
pub(crate) fn amf(world: &World, amf: &Amf, rng: &mut ChaCha8Rng) -> Profile {
    const SERVICES: [&str; 6] =
        ["namf-comm", "namf-evts", "namf-mt", "namf-loc", "namf-oam", "namf-callback"];
    let config = &world.config;
    let (ip, prefix) = (amf.addr.ip().to_string(), amf.url());
    let plmn = json!({"mcc": config.plmn.0, "mnc": config.plmn.1});
    let mut services = services(world, amf.addr, &SERVICES);
    // Free5GC lists them in the order of a Go map, which starts anywhere.
    services.rotate_left(rng.next_u32() as usize % SERVICES.len());
    let tais: Vec<Value> = config.tacs.iter().map(|tac| json!({"plmnId": plmn, "tac": tac})).collect();
    let mut body = json!({
        "nfInstanceId": amf.nf_id,
        "nfType": "AMF",
        "nfStatus": "REGISTERED",
        "plmnList": [plmn],
        "sNssais": [{"sst": 1, "sd": "010203"}, {"sst": 1, "sd": "112233"}],
        "ipv4Addresses": [ip],
        "amfInfo": {
            "amfSetId": "3f8",
            "amfRegionId": "ca",
            "guamiList": [{"plmnId": plmn, "amfId": amf.amf_id()}],
            "taiList": tais,
        },
        "nfServices": services,
        "defaultNotificationSubscriptions": [{
            "notificationType": "N1_MESSAGES",
            "callbackUri": format!("{prefix}/namf-callback/v1/n1-message-notify"),
            "n1MessageClass": "5GMM",
        }],
    });
    if world.compliant() {
        body["heartBeatTimer"] = json!(config.heart_beat_timer.as_secs().max(1));
    }
    Profile::stored(world, body.as_object().cloned().unwrap_or_default())
}

/// The profile that the SMF registers. Free5GC's names a service that it does not have.
pub(crate) fn smf(world: &World, smf: &Smf) -> Profile {
    let services_of = if world.compliant() {
        &["nsmf-event-exposure"][..]
    } else {
        &["nsmf-pdusession", "nsmf-event-exposure", "nsmf-oam"]
    };
    let config = &world.config;
    let mut body = json!({
        "nfInstanceId": smf.nf_id,
        "nfType": "SMF",
        "nfStatus": "REGISTERED",
        "plmnList": [{"mcc": config.plmn.0, "mnc": config.plmn.1}],
        "sNssais": [{"sst": 1, "sd": "010203"}],
        "ipv4Addresses": [smf.addr.ip().to_string()],
        "nfServices": services(world, smf.addr, services_of),
    });
    if world.compliant() {
        body["heartBeatTimer"] = json!(config.heart_beat_timer.as_secs().max(1));
    }
    Profile::stored(world, body.as_object().cloned().unwrap_or_default())
}

fn services(world: &World, addr: SocketAddr, names: &[&str]) -> Vec<Value> {
    let service = |(index, name): (usize, &&str)| {
        let mut service = json!({
            "serviceInstanceId": index.to_string(),
            "serviceName": name,
            "versions": [{"apiVersionInUri": "v1", "apiFullVersion": "1.0.9"}],
            "scheme": "http",
            "nfServiceStatus": "REGISTERED",
            "ipEndPoints": [{"ipv4Address": addr.ip().to_string(), "transport": "TCP", "port": addr.port()}],
            "apiPrefix": format!("http://{addr}"),
        });
        if world.compliant() {
            service["oauth2Required"] = Value::Bool(world.config.oauth2);
        }
        service
    };
    names.iter().enumerate().map(service).collect()
}
