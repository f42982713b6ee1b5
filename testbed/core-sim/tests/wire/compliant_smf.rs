//! The compliant SMF (TS 29.508).

use crate::client::{Answer, Client, Receiver, cell};
use core_sim::{Config, CoreSim, How, PacketDelay, Personality};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

struct Core {
    sim: CoreSim,
    client: Client,
    receiver: Receiver,
    url: String,
}

async fn core(config: Config) -> Core {
    let config = Config {
        personality: Personality::ThreeGpp,
        oauth2: false,
        push_retry_after: Duration::from_millis(5),
        ..config
    };
    let sim = CoreSim::start(config).await.unwrap();
    let url = format!("{}/nsmf-event-exposure/v1/subscriptions", sim.smf_url());
    Core { sim, client: Client::new(true), receiver: Receiver::start(0).await, url }
}

fn delay(uplink: u64, downlink: u64) -> Option<PacketDelay> {
    let [uplink, downlink] = [uplink, downlink].map(Duration::from_millis);
    Some(PacketDelay::Measured { uplink, downlink })
}

impl Core {
    fn subscription(&self, changes: &Value) -> Value {
        let mut subscription = json!({
            "anyUeInd": true, "notifId": "corr", "notifUri": self.receiver.url("/qos"),
            "eventSubs": [{"event": "QOS_MON"}], "notifMethod": "ON_EVENT_DETECTION",
        });
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                subscription.as_object_mut().unwrap().remove(name);
            } else {
                subscription[name] = value.clone();
            }
        }
        subscription
    }

    async fn subscribe(&self, changes: &Value) -> Answer {
        self.client.post(&self.url, "", &self.subscription(changes)).await
    }

    /// The events of the next notification.
    async fn events(&mut self) -> Vec<Value> {
        let (path, body) = self.receiver.next().await;
        assert_eq!((&*path, &body["notifId"]), ("/qos", &json!("corr")));
        body["eventNotifs"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn changed_delays_are_notified_with_session_and_slice() {
    let mut core = core(Config::default()).await;
    core.sim.register_ue(0, "imsi-1", cell(1));
    let created = core.subscribe(&json!({})).await;
    assert_eq!(created.status, 201, "{created:?}");
    assert!(created.header("location").starts_with(&core.url), "{created:?}");
    assert!(created.header("location").ends_with(created.json()["subId"].as_str().unwrap()));
    core.sim.set_packet_delay("imsi-1", delay(7, 6));
    core.sim.set_packet_delay("imsi-1", delay(7, 6));
    core.sim.set_packet_delay("imsi-1", Some(PacketDelay::Failed));
    let measured = core.events().await;
    let mut expected = json!({
        "event": "QOS_MON", "supi": "imsi-1", "pduSeId": 1, "dnn": "internet",
        "snssai": {"sst": 1, "sd": "010203"}, "ulDelays": [7], "dlDelays": [6], "rtDelays": [13],
    });
    expected["timeStamp"] = measured[0]["timeStamp"].clone();
    assert!(expected["timeStamp"].is_string());
    assert_eq!(measured, [expected]);
    let failed = core.events().await;
    assert_eq!((&failed[0]["pdmf"], &failed[0]["ulDelays"]), (&json!(true), &Value::Null));
    assert_eq!(core.client.delete(created.header("location"), "").await.status, 204);
    core.sim.set_packet_delay("imsi-1", delay(1, 1));
    assert!(core.receiver.is_empty());
}

#[tokio::test]
async fn periods_tell_of_all_sessions_that_there_are() {
    let mut core = core(Config::default()).await;
    for supi in ["imsi-1", "imsi-2", "imsi-3"] {
        core.sim.register_ue(0, supi, cell(1));
    }
    core.sim.set_packet_delay("imsi-1", delay(1, 1));
    core.sim.set_packet_delay("imsi-2", delay(2, 2));
    core.sim.set_packet_delay("imsi-9", delay(9, 9));
    let started = Instant::now();
    core.subscribe(&json!({"notifMethod": "PERIODIC", "repPeriod": 1, "maxReportNbr": 2})).await;
    for round in 1..=2 {
        let events = core.events().await;
        let told: Vec<_> = events.iter().map(|event| event["supi"].as_str().unwrap()).collect();
        assert_eq!(told, ["imsi-1", "imsi-2"], "imsi-3 is not monitored, imsi-9 is not there");
        assert!(started.elapsed() >= Duration::from_secs(round));
    }
    assert_eq!(core.sim.smf_subscriptions(), 0, "two reports were asked for");
    core.subscribe(&json!({"notifMethod": "ONE_TIME", "anyUeInd": null, "supi": "imsi-2"})).await;
    let events = core.events().await;
    assert_eq!((events.len(), &events[0]["rtDelays"]), (1, &json!([4])));
}

#[tokio::test]
async fn a_subscription_is_read_replaced_and_filtered() {
    let mut core = core(Config::default()).await;
    core.sim.register_ue(0, "imsi-1", cell(1));
    core.sim.set_packet_delay("imsi-1", delay(1, 1));
    let created = core.subscribe(&json!({"dnn": "ims", "ImmeRep": true})).await;
    assert_eq!(created.json()["eventNotifs"], Value::Null, "there is no such session");
    let own = created.header("location").to_owned();
    let there = json!({"dnn": "Internet", "snssai": {"sst": 1, "sd": "010203"}, "notifId": "corr"});
    let replaced = core.client.put(&own, &core.subscription(&there)).await;
    assert_eq!((replaced.status, &replaced.json()["dnn"]), (200, &json!("Internet")));
    assert_eq!(core.client.get(&own, "").await.json(), replaced.json());
    core.sim.set_packet_delay("imsi-1", delay(2, 2));
    assert_eq!(core.events().await[0]["rtDelays"], json!([4]));
    assert!(core.receiver.is_empty());
    let immediate = core.subscribe(&json!({"ImmeRep": true})).await.json();
    assert_eq!(immediate["eventNotifs"][0]["supi"], "imsi-1");
}

#[tokio::test]
async fn what_cannot_be_served_is_refused_with_the_member() {
    let core = core(Config::default()).await;
    for (changes, cause, detail) in [
        (json!({"notifId": null}), "MANDATORY_IE_MISSING", "notifId"),
        (json!({"notifUri": null}), "MANDATORY_IE_MISSING", "notifUri"),
        (json!({"notifUri": "nowhere"}), "MANDATORY_IE_INCORRECT", "notifUri"),
        (json!({"eventSubs": null}), "MANDATORY_IE_MISSING", "eventSubs"),
        (json!({"eventSubs": []}), "MANDATORY_IE_INCORRECT", "eventSubs"),
        (json!({"anyUeInd": false}), "MANDATORY_IE_MISSING", "supi, gpsi, groupId or anyUeInd"),
        (json!({"notifMethod": "PERIODIC"}), "MANDATORY_IE_MISSING", "repPeriod"),
        (json!({"pduSeId": 256}), "INVALID_MSG_FORMAT", "256"),
    ] {
        let refused = core.subscribe(&changes).await;
        assert_eq!((refused.status, refused.cause()), (400, cause.to_owned()), "{changes}");
        assert!(refused.json()["detail"].as_str().unwrap().contains(detail), "{refused:?}");
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    for id in ["sub-1", "1", "x"] {
        let unknown = format!("{}/{id}", core.url);
        for answer in [core.client.get(&unknown, "").await, core.client.delete(&unknown, "").await] {
            assert_eq!((answer.status, answer.cause()), (404, "SUBSCRIPTION_NOT_FOUND".to_owned()));
        }
        assert_eq!(core.client.put(&unknown, &core.subscription(&json!({}))).await.status, 404);
    }
}

#[tokio::test]
async fn a_subscription_ends_when_it_was_to_end_and_when_the_smf_says() {
    let core = core(Config { longest_subscription: Duration::from_secs(1), ..Config::default() }).await;
    let created = core.subscribe(&json!({"expiry": "2999-01-01T00:00:00Z"})).await.json();
    assert_ne!(created["expiry"], "2999-01-01T00:00:00Z");
    core.subscribe(&json!({"expiry": "2001-01-01T00:00:00Z"})).await;
    let ended = async {
        while core.sim.smf_subscriptions() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(crate::client::GUARD, ended).await.unwrap();
}

#[tokio::test]
async fn tokens_for_the_smf_are_wanted_and_a_restart_loses_subscriptions() {
    let core = core(Config::default()).await;
    let strict = CoreSim::start(Config { personality: Personality::ThreeGpp, ..Config::default() });
    let strict = strict.await.unwrap();
    let url = format!("{}/nsmf-event-exposure/v1/subscriptions", strict.smf_url());
    core.client.register(&strict.nrf_url()).await;
    let body = core.subscription(&json!({}));
    let other = core.client.token(&strict.nrf_url(), "AMF", "namf-evts").await;
    let own = core.client.token(&strict.nrf_url(), "SMF", "nsmf-event-exposure").await;
    for (token, status) in [("", 401), (&*other, 401), (&*own, 201)] {
        assert_eq!(core.client.post(&url, token, &body).await.status, status, "{token}");
    }
    strict.restart_smf(How::Sigterm).await.unwrap();
    assert_eq!(strict.smf_subscriptions(), 0);
    let query = "target-nf-type=SMF&requester-nf-type=AF&service-names=nsmf-event-exposure";
    let token = core.client.token(&strict.nrf_url(), "NRF", "nnrf-disc").await;
    let discovery = format!("{}/nnrf-disc/v1/nf-instances?{query}", strict.nrf_url());
    let found = core.client.get(&discovery, &token).await.json();
    assert_eq!(found["nfInstances"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["nfInstances"][0]["nfServices"][0]["apiPrefix"], strict.smf_url());
}
