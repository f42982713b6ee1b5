//! The compliant AMF (TS 29.518).

use crate::client::{AF, Answer, Client, Receiver, cell};
use core_sim::{Config, CoreSim, How, Personality};
use serde_json::{Value, json};
use std::time::Duration;

struct Core {
    sim: CoreSim,
    client: Client,
    receiver: Receiver,
    url: String,
}

async fn core(refusals: usize) -> Core {
    let config = Config {
        personality: Personality::ThreeGpp,
        oauth2: false,
        push_retry_after: Duration::from_millis(5),
        ..Config::default()
    };
    let sim = CoreSim::start(config).await.unwrap();
    let url = format!("{}/namf-evts/v1/subscriptions", sim.amf_urls()[0]);
    Core { sim, client: Client::new(true), receiver: Receiver::start(refusals).await, url }
}

impl Core {
    async fn subscribe(&self, events: &[(&str, bool)], changes: &Value) -> Answer {
        let event = |(kind, immediate): &(&str, bool)| json!({"type": kind, "immediateFlag": immediate});
        let mut subscription = json!({
            "eventList": events.iter().map(event).collect::<Value>(), "eventNotifyUri": self.receiver.url("/events"),
            "notifyCorrelationId": "corr", "nfId": AF, "anyUE": true,
        });
        for (name, value) in changes.as_object().unwrap() {
            subscription[name] = value.clone();
        }
        self.client.post(&self.url, "", &json!({ "subscription": subscription })).await
    }

    /// The reports of the next notification.
    async fn reports(&mut self) -> Vec<Value> {
        let (path, body) = self.receiver.next().await;
        assert_eq!((&*path, &body["notifyCorrelationId"]), ("/events", &json!("corr")));
        body["reportList"].as_array().unwrap().clone()
    }

    /// The cell in the only report of the next notification.
    async fn next_cell(&mut self) -> (String, String) {
        let reports = self.reports().await;
        assert_eq!(reports.len(), 1, "{reports:?}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&reports[0]["supi"]), text(&reports[0]["location"]["nrLocation"]["ncgi"]["nrCellId"]))
    }
}

fn at(supi: &str, cell: &str) -> (String, String) {
    (supi.to_owned(), cell.to_owned())
}

const LOCATION: (&str, bool) = ("LOCATION_REPORT", false);

#[tokio::test]
async fn moves_are_pushed_in_order_for_ues_that_come_later_too() {
    let mut core = core(0).await;
    core.sim.register_ue(0, "imsi-1", cell(0x10));
    let created = core.subscribe(&[("LOCATION_REPORT", true)], &json!({})).await;
    assert_eq!(created.status, 201);
    let body = created.json();
    assert_eq!(created.header("location"), body["subscriptionId"].as_str().unwrap());
    assert!(created.header("location").starts_with(&core.url));
    assert_eq!(body["reportList"][0]["supi"], "imsi-1");
    assert_eq!(body["reportList"][0]["state"], json!({"active": true}));
    core.sim.register_ue(0, "imsi-2", cell(0x20));
    for step in 1..20 {
        core.sim.move_ue("imsi-1", cell(0x10 + step));
    }
    assert_eq!(core.next_cell().await, at("imsi-2", "000000020"));
    for step in 1..20_u64 {
        assert_eq!(core.next_cell().await, at("imsi-1", &format!("{:09x}", 0x10 + step)));
    }
    assert_eq!(core.client.delete(created.header("location"), "").await.status, 204);
    assert_eq!(core.client.delete(created.header("location"), "").await.status, 404);
    core.sim.move_ue("imsi-1", cell(0x99));
    assert!(core.receiver.is_empty());
    assert_eq!((core.sim.pushes().delivered, core.sim.pushes().failed), (20, 0));
}

#[tokio::test]
async fn connection_and_registration_changes_are_pushed() {
    let mut core = core(0).await;
    let events = [
        ("CONNECTIVITY_STATE_REPORT", false),
        ("REGISTRATION_STATE_REPORT", false),
        ("LOSS_OF_CONNECTIVITY", false),
    ];
    core.subscribe(&events, &json!({"subsChangeNotifyCorrelationId": "change"})).await;
    core.sim.register_ue(0, "imsi-1", cell(1));
    core.sim.set_idle("imsi-1", true);
    core.sim.move_ue("imsi-1", cell(2));
    core.sim.set_idle("imsi-1", false);
    core.sim.deregister_ue("imsi-1");
    let mut told = Vec::new();
    for _ in 0..4 {
        let reports = core.reports().await.into_iter();
        told.push(reports.map(|report| {
            let kind = report["type"].as_str().unwrap().to_owned();
            let state = ["/cmInfoList/0/cmState", "/rmInfoList/0/rmState", "/lossOfConnectReason"];
            let state = state.iter().find_map(|path| report.pointer(path)).unwrap();
            format!("{} {}", &kind[..4], state.as_str().unwrap())
        }));
    }
    let told: Vec<Vec<String>> = told.into_iter().map(Iterator::collect).collect();
    let expected: [&[&str]; 4] = [
        &["CONN CONNECTED", "REGI REGISTERED"],
        &["CONN IDLE"],
        &["CONN CONNECTED"],
        &["CONN IDLE", "REGI DEREGISTERED", "LOSS DEREGISTERED"],
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_push_is_repeated_until_the_receiver_takes_it() {
    let mut core = core(3).await;
    core.subscribe(&[LOCATION], &json!({})).await;
    core.sim.register_ue(0, "imsi-1", cell(1));
    core.sim.move_ue("imsi-1", cell(2));
    assert_eq!(core.next_cell().await, at("imsi-1", "000000001"));
    assert_eq!(core.next_cell().await, at("imsi-1", "000000002"));
    assert_eq!(core.sim.pushes().retried, 3);
}

#[tokio::test]
async fn a_push_that_nobody_takes_is_given_up_and_counted() {
    let core = core(1000).await;
    core.subscribe(&[LOCATION], &json!({})).await;
    core.sim.register_ue(0, "imsi-1", cell(1));
    let given_up = async {
        while core.sim.pushes().failed == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(crate::client::GUARD, given_up).await.unwrap();
    assert_eq!(core.sim.pushes().retried, 5, "six attempts");
}

#[tokio::test]
async fn a_subscription_ends_with_its_last_report() {
    let mut core = core(0).await;
    core.sim.register_ue(0, "imsi-1", cell(1));
    let options =
        json!({"supi": "imsi-1", "anyUE": false, "options": {"trigger": "CONTINUOUS", "maxReports": 2}});
    let created = core.subscribe(&[LOCATION], &options).await;
    core.sim.register_ue(0, "imsi-2", cell(7));
    for step in 2..6 {
        core.sim.move_ue("imsi-1", cell(step));
    }
    let (first, second) = (core.reports().await, core.reports().await);
    assert_eq!(first[0]["state"], json!({"active": true, "remainReports": 1}));
    assert_eq!(second[0]["state"], json!({"active": false}));
    assert!(first[0].get("anyUe").is_none());
    assert_eq!(core.client.delete(created.header("location"), "").await.status, 404);
    assert!(core.receiver.is_empty());
}

#[tokio::test]
async fn one_time_and_expired_subscriptions_leave_nothing_behind() {
    let core = core(0).await;
    core.sim.register_ue(0, "imsi-1", cell(1));
    core.sim.register_ue(0, "imsi-2", cell(2));
    let events = [("LOCATION_REPORT", true), ("CONNECTIVITY_STATE_REPORT", true)];
    let created = core.subscribe(&events, &json!({"options": {"trigger": "ONE_TIME"}})).await.json();
    assert_eq!(created["reportList"].as_array().unwrap().len(), 4);
    assert_eq!(core.sim.subscriptions(0), 0);
    let expiry = json!({"options": {"trigger": "CONTINUOUS", "expiry": "2020-01-01T00:00:00Z"}});
    assert_eq!(core.subscribe(&[LOCATION], &expiry).await.status, 201);
    assert_eq!(core.sim.subscriptions(0), 0);
}

#[tokio::test]
async fn periodic_reports_come_without_changes() {
    let mut core = core(0).await;
    core.sim.register_ue(0, "imsi-1", cell(1));
    core.subscribe(&[LOCATION], &json!({"options": {"trigger": "PERIODIC", "repPeriod": 1}})).await;
    for _ in 0..2 {
        assert_eq!(core.next_cell().await, at("imsi-1", "000000001"));
    }
}

#[tokio::test]
async fn a_json_patch_changes_a_subscription_and_an_object_does_not() {
    let mut core = core(0).await;
    let created = core.subscribe(&[LOCATION], &json!({"options": {"trigger": "CONTINUOUS"}})).await;
    let uri = created.header("location").to_owned();
    let patch = json!([{"op": "add", "path": "/options/maxReports", "value": 1}]);
    let changed = core.client.patch(&uri, "", &patch).await;
    assert_eq!((changed.status, &changed.json()["subscription"]["options"]["maxReports"]), (200, &json!(1)));
    assert_eq!(core.client.patch(&uri, "", &json!({"optionItem": []})).await.status, 400);
    core.sim.register_ue(0, "imsi-1", cell(1));
    assert_eq!(core.reports().await[0]["state"], json!({"active": false}));
    assert_eq!(core.client.patch(&uri, "", &patch).await.status, 404);
}

#[tokio::test]
async fn faulty_subscriptions_are_refused_with_a_cause() {
    let core = core(0).await;
    let refused = async |events: &[(&str, bool)], changes: Value| {
        let answer = core.subscribe(events, &changes).await;
        assert_eq!(answer.header("content-type"), "application/problem+json");
        (answer.status, answer.cause())
    };
    let cause = |status: u16, cause: &str| (status, cause.to_owned());
    let missing = cause(400, "MANDATORY_IE_MISSING");
    assert_eq!(refused(&[], json!({})).await, missing);
    assert_eq!(refused(&[LOCATION], json!({"notifyCorrelationId": ""})).await, missing);
    assert_eq!(refused(&[LOCATION], json!({"nfId": null})).await, missing);
    let incorrect = cause(400, "MANDATORY_IE_INCORRECT");
    assert_eq!(refused(&[LOCATION], json!({"eventNotifyUri": "https://127.0.0.1:9/"})).await, incorrect);
    let unknown = cause(403, "UE_NOT_SERVED_BY_AMF");
    assert_eq!(refused(&[LOCATION], json!({"anyUE": false, "supi": "imsi-9"})).await, unknown);
    assert_eq!(refused(&[LOCATION], json!({"anyUE": false, "groupId": "g"})).await, unknown);
    assert_eq!(core.sim.subscriptions(0), 0);
}

#[tokio::test]
async fn an_idle_ue_is_located_with_the_age_of_what_is_known() {
    let core = core(0).await;
    core.sim.register_ue(0, "imsi-1", cell(0x10));
    core.sim.set_idle("imsi-1", true);
    let url = format!("{}/namf-loc/v1/imsi-1/provide-loc-info", core.sim.amf_urls()[0]);
    let located = core.client.post(&url, "", &json!({"reqCurrentLoc": true})).await.json();
    assert_eq!(located["currentLoc"], false);
    assert_eq!(located["location"]["nrLocation"]["ageOfLocationInformation"], 0);
    assert_eq!(located["location"]["nrLocation"]["ncgi"]["nrCellId"], "000000010");
}

#[tokio::test]
async fn a_killed_amf_pushes_no_more() {
    let mut core = core(0).await;
    core.subscribe(&[LOCATION], &json!({})).await;
    core.sim.restart_amf(0, How::Sigkill).await.unwrap();
    assert_eq!(core.sim.subscriptions(0), 0);
    core.sim.register_ue(0, "imsi-1", cell(1));
    core.subscribe(&[LOCATION], &json!({"notifyCorrelationId": "corr"})).await;
    core.sim.move_ue("imsi-1", cell(2));
    assert_eq!(
        core.next_cell().await,
        at("imsi-1", "000000002"),
        "the first subscription would have told of cell 1"
    );
}
