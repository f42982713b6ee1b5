//! The compliant NRF (TS 29.510).

use crate::client::{AF, Client, GUARD, Receiver, af_profile};
use core_sim::{Config, CoreSim, How, Personality};
use serde_json::{Value, json};
use std::time::Duration;

struct Core {
    sim: CoreSim,
    client: Client,
    nrf: String,
}

async fn core(config: Config) -> Core {
    let sim = CoreSim::start(Config { personality: Personality::ThreeGpp, ..config }).await.unwrap();
    let nrf = sim.nrf_url();
    Core { sim, client: Client::new(true), nrf }
}

impl Core {
    fn instance(&self, id: &str) -> String {
        format!("{}/nnrf-nfm/v1/nf-instances/{id}", self.nrf)
    }

    async fn token(&self) -> String {
        self.client.token(&self.nrf, "NRF", "nnrf-nfm nnrf-disc").await
    }

    async fn discover(&self, token: &str, query: &str) -> Value {
        let query = format!("requester-nf-type=AF&{query}");
        self.client.get(&format!("{}/nnrf-disc/v1/nf-instances?{query}", self.nrf), token).await.json()
    }
}

/// Asks again until the answer fits.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(GUARD, asking).await.unwrap_or_else(|_| panic!("never: {what}"))
}

fn heart_beat() -> Value {
    json!([{"op": "replace", "path": "/nfStatus", "value": "REGISTERED"}])
}

#[tokio::test]
async fn a_profile_is_created_replaced_patched_and_deleted() {
    let core = core(Config::default()).await;
    let own = core.instance(AF);
    let mut profile = af_profile(AF);
    profile.as_object_mut().unwrap().remove("heartBeatTimer");
    let created = core.client.put(&own, &profile).await;
    assert_eq!((created.status, created.header("location")), (201, &*own));
    assert_eq!(created.json()["heartBeatTimer"], 10, "assigned by the NRF");
    assert_eq!(created.header("content-type"), "application/json");
    let replaced = core.client.put(&own, &profile).await;
    assert_eq!((replaced.status, replaced.header("location")), (200, ""));
    let elsewhere = core.client.put(&core.instance("dc111fc8-f73d-4bce-b57a-a28cbed4fe2f"), &profile).await;
    assert_eq!((elsewhere.status, elsewhere.cause()), (400, "MANDATORY_IE_INCORRECT".to_owned()));
    assert_eq!(elsewhere.header("content-type"), "application/problem+json");

    let token = core.token().await;
    let beat = core.client.patch(&own, &token, &heart_beat()).await;
    assert_eq!((beat.status, beat.body.len()), (204, 0));
    let added = json!([{"op": "add", "path": "/priority", "value": 7}]);
    let changed = core.client.patch(&own, &token, &added).await;
    assert_eq!((changed.status, changed.json()["priority"].clone()), (200, json!(7)));
    let stolen = json!([{"op": "replace", "path": "/nfInstanceId", "value": core.sim.amf_instance_id(0)}]);
    assert_eq!(core.client.patch(&own, &token, &stolen).await.status, 400);
    assert_eq!(core.client.patch(&core.instance("unknown"), &token, &heart_beat()).await.status, 404);
    assert_eq!(core.client.get(&own, &token).await.json()["priority"], 7);
    let list = format!("{}/nnrf-nfm/v1/nf-instances?nf-type=AF", core.nrf);
    assert_eq!(core.client.get(&list, &token).await.json()["_links"]["item"], json!([{ "href": own }]));
    assert_eq!(core.client.delete(&own, &token).await.status, 204);
    assert_eq!(core.client.delete(&own, &token).await.status, 404);
}

#[tokio::test]
async fn discovery_selects_services_and_answers_an_empty_list() {
    let core = core(Config::default()).await;
    core.client.register(&core.nrf).await;
    let token = core.token().await;
    let found = core.discover(&token, "target-nf-type=AMF&service-names=namf-evts").await;
    let services = found["nfInstances"][0]["nfServices"].as_array().unwrap();
    assert_eq!(services.len(), 1);
    assert_eq!(services[0]["serviceName"], "namf-evts");
    assert_eq!(services[0]["oauth2Required"], true);
    assert_eq!(core.discover(&token, "target-nf-type=LMF").await["nfInstances"], json!([]));
    assert_eq!(
        core.discover(&token, "target-nf-type=AMF&service-names=none").await["nfInstances"],
        json!([])
    );
    assert_eq!(core.discover(&token, "x=y").await["cause"], "MANDATORY_QUERY_PARAM_MISSING");
}

#[tokio::test]
async fn status_subscribers_are_told_what_happens() {
    let core = core(Config::default()).await;
    let mut receiver = Receiver::start(0).await;
    core.client.register(&core.nrf).await;
    let token = core.token().await;
    let subscription = json!({
        "nfStatusNotificationUri": receiver.url("/status"), "subscrCond": {"nfType": "AF"}, "reqNfType": "AF",
    });
    let subscriptions = format!("{}/nnrf-nfm/v1/subscriptions", core.nrf);
    let created = core.client.post(&subscriptions, &token, &subscription).await;
    assert_eq!(created.status, 201);
    let location = created.header("location").to_owned();
    assert!(location.ends_with(created.json()["subscriptionId"].as_str().unwrap()));
    assert!(created.json()["validityTime"].is_string());

    let id = "dc111fc8-f73d-4bce-b57a-a28cbed4fe2f";
    let uri = core.instance(id);
    core.client.put(&uri, &af_profile(id)).await;
    core.client.patch(&uri, &token, &heart_beat()).await;
    core.client.patch(&uri, &token, &json!([{"op": "add", "path": "/priority", "value": 1}])).await;
    core.sim.restart_amf(0, How::Sigterm).await.unwrap();
    core.client.delete(&uri, &token).await;
    let mut events = Vec::new();
    for _ in 0..3 {
        let (path, data) = receiver.next().await;
        assert_eq!((&*path, data["nfInstanceUri"].as_str()), ("/status", Some(&*uri)));
        events.push((data["event"].as_str().unwrap().to_owned(), data["nfProfile"]["priority"].clone()));
    }
    let event = |name: &str, priority: Value| (name.to_owned(), priority);
    let expected = [
        event("NF_REGISTERED", Value::Null),
        event("NF_PROFILE_CHANGED", json!(1)),
        event("NF_DEREGISTERED", Value::Null),
    ];
    assert_eq!(events, expected, "a heart-beat and another type's changes are no news");
    assert!(receiver.is_empty());

    let later = json!([{"op": "replace", "path": "/validityTime", "value": "2099-01-01T00:00:00Z"}]);
    assert_eq!(core.client.patch(&location, &token, &later).await.status, 204);
    assert_eq!(core.client.delete(&location, &token).await.status, 204);
    assert_eq!(core.client.delete(&location, &token).await.status, 404);
    assert_eq!(core.client.patch(&location, &token, &later).await.status, 404);
}

#[tokio::test]
async fn a_missing_heart_beat_suspends_a_profile_and_then_removes_it() {
    let core = core(Config::default()).await;
    let mut receiver = Receiver::start(0).await;
    core.client.register(&core.nrf).await;
    let token = core.token().await;
    let subscription = json!({"nfStatusNotificationUri": receiver.url("/"), "subscrCond": {"nfType": "AF"}});
    core.client.post(&format!("{}/nnrf-nfm/v1/subscriptions", core.nrf), &token, &subscription).await;
    let id = "dc111fc8-f73d-4bce-b57a-a28cbed4fe2f";
    let mut profile = af_profile(id);
    profile["heartBeatTimer"] = json!(1);
    core.client.put(&core.instance(id), &profile).await;
    let status = async || core.client.get(&core.instance(id), &token).await.json()["nfStatus"].clone();
    until("suspended", async || (status().await == "SUSPENDED").then_some(())).await;
    let found = core.discover(&token, "target-nf-type=AF").await;
    assert!(found["nfInstances"].as_array().unwrap().iter().all(|other| other["nfInstanceId"] != id));
    assert_eq!(core.client.patch(&core.instance(id), &token, &heart_beat()).await.status, 204);
    let gone = async || (core.client.get(&core.instance(id), &token).await.status == 404).then_some(());
    until("removed", gone).await;
    assert_eq!(core.client.patch(&core.instance(id), &token, &heart_beat()).await.status, 404);
    let mut events = Vec::new();
    while events.last().is_none_or(|last| last != "NF_DEREGISTERED") {
        events.push(receiver.next().await.1["event"].as_str().unwrap().to_owned());
    }
    let changed = "NF_PROFILE_CHANGED";
    assert_eq!(events, ["NF_REGISTERED", changed, changed, changed, "NF_DEREGISTERED"]);
}

#[tokio::test]
async fn tokens_expire_and_name_issuer_and_audience() {
    let core = core(Config { token_lifetime: Duration::from_secs(5), ..Config::default() }).await;
    core.client.register(&core.nrf).await;
    let answer = core.client.ask_token(&core.nrf, "AMF", "namf-loc").await;
    assert_eq!((answer.json()["expires_in"].clone(), answer.header("cache-control")), (json!(5), "no-store"));
    let token = answer.json()["access_token"].as_str().unwrap().to_owned();
    let url = format!("{}/namf-loc/v1/imsi-1/provide-loc-info", core.sim.amf_urls()[0]);
    let ask = async || core.client.post(&url, &token, &json!({})).await;
    assert_eq!(ask().await.status, 404, "the token is good, the UE unknown");
    let refused = until("expired", async || Some(ask().await).filter(|answer| answer.status != 404)).await;
    assert_eq!(refused.status, 401);
    let challenge = refused.header("www-authenticate");
    assert!(challenge.starts_with("Bearer ") && challenge.contains("error=\"invalid_token\""), "{challenge}");
    let wrong_scope = core.client.token(&core.nrf, "AMF", "namf-evts").await;
    assert_eq!(core.client.post(&url, &wrong_scope, &json!({})).await.status, 403);
    let wrong_audience = core.token().await;
    assert_eq!(core.client.post(&url, &wrong_audience, &json!({})).await.status, 401);
    let claims = json!({"iss": "", "aud": "", "scope": "namf-loc", "exp": 99_999_999_999_i64});
    let free5gc_token = core.sim.forge_token(&claims).unwrap();
    assert_eq!(core.client.post(&url, &free5gc_token, &json!({})).await.status, 401);
    let missing = core.client.post(&url, "", &json!({})).await;
    assert_eq!((missing.status, missing.header("www-authenticate")), (401, "Bearer realm=\"namf-loc\""));
}

#[tokio::test]
async fn after_a_crash_of_the_nrf_amfs_register_again_and_others_are_told_404() {
    let config = Config { heart_beat_timer: Duration::from_secs(1), ..Config::default() };
    let core = core(config).await;
    core.client.register(&core.nrf).await;
    let token = core.token().await;
    core.sim.restart_nrf(How::Sigterm).await.unwrap();
    assert_eq!(
        core.client.patch(&core.instance(AF), &token, &heart_beat()).await.status,
        204,
        "kept on disk"
    );
    core.sim.restart_nrf(How::Sigkill).await.unwrap();
    assert_eq!(core.client.patch(&core.instance(AF), &token, &heart_beat()).await.status, 404);
    until("the AMF is back", async || {
        let found = core.discover(&token, "target-nf-type=AMF").await;
        (found["nfInstances"][0]["nfInstanceId"] == *core.sim.amf_instance_id(0)).then_some(())
    })
    .await;
}
