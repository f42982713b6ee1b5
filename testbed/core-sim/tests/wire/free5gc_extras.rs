//! Free5GC's behaviour where the facts describe it but no recording holds it.

use crate::client::{AF, Client, FORM, af_profile, cell};
use core_sim::{Config, CoreSim, Nf};
use serde_json::{Value, json};

struct Core {
    sim: CoreSim,
    client: Client,
    evts: String,
    loc: String,
}

async fn core(config: Config) -> Core {
    let sim = CoreSim::start(config).await.unwrap();
    let client = Client::new(false);
    assert_eq!(client.register(&sim.nrf_url()).await.status, 201);
    let evts = client.token(&sim.nrf_url(), "AMF", "namf-evts").await;
    let loc = client.token(&sim.nrf_url(), "AMF", "namf-loc").await;
    Core { sim, client, evts, loc }
}

impl Core {
    async fn subscribe(&self, amf: usize, subscription: &Value) -> crate::client::Answer {
        let url = format!("{}/namf-evts/v1/subscriptions", self.sim.amf_urls()[amf]);
        self.client.post(&url, &self.evts, &json!({ "subscription": subscription })).await
    }

    async fn poll(&self, amf: usize) -> crate::client::Answer {
        self.subscribe(amf, &any_ue(&json!({"trigger": "ONE_TIME"}))).await
    }

    /// Cells by SUPI as a poll shows them.
    async fn cells(&self, amf: usize) -> Vec<(String, String)> {
        let answer = self.poll(amf).await.json();
        let reports = answer["reportList"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut cells: Vec<_> = reports
            .iter()
            .map(|report| {
                (text(&report["supi"]), text(&report["location"]["nrLocation"]["ncgi"]["nrCellId"]))
            })
            .collect();
        cells.sort();
        cells
    }
}

fn any_ue(options: &Value) -> Value {
    json!({
        "eventList": [{"type": "LOCATION_REPORT", "immediateFlag": true}], "eventNotifyUri": "http://127.0.0.1:9/x",
        "notifyCorrelationId": "c", "nfId": AF, "anyUE": true, "options": options,
    })
}

#[tokio::test]
async fn a_poll_of_an_empty_amf_leaves_its_subscription_behind() {
    let core = core(Config::default()).await;
    let answer = core.poll(0).await;
    assert_eq!(answer.status, 201);
    assert!(answer.json().get("reportList").is_none());
    assert_eq!(answer.header("location"), "");
    assert_eq!(core.sim.subscriptions(0), 1);
    let id = answer.json()["subscriptionId"].as_str().unwrap().to_owned();
    let url = format!("{}/namf-evts/v1/subscriptions/{id}", core.sim.amf_urls()[0]);
    let deleted = core.client.delete(&url, &core.evts).await;
    assert_eq!((deleted.status, &deleted.body[..]), (200, &b"null"[..]));
    assert_eq!(core.sim.subscriptions(0), 0);
}

#[tokio::test]
async fn all_ues_of_one_request_share_the_count_of_reports() {
    let core = core(Config::default()).await;
    for ue in ["imsi-1", "imsi-2", "imsi-3"] {
        core.sim.register_ue(0, ue, cell(1));
    }
    let answer = core.subscribe(0, &any_ue(&json!({"trigger": "CONTINUOUS", "maxReports": 3}))).await.json();
    let mut left: Vec<Value> =
        answer["reportList"].as_array().unwrap().iter().map(|report| report["state"].clone()).collect();
    left.sort_by_key(|state| state["remainReports"].as_i64());
    let active = |left: i64| json!({"active": true, "remainReports": left});
    assert_eq!(left, [json!({"active": false}), active(1), active(2)]);
}

#[tokio::test]
async fn a_poll_while_ues_register_is_answered_500_without_a_body() {
    let core = core(Config { race_500_one_in: Some(1), ..Config::default() }).await;
    core.sim.register_ue(0, "imsi-1", cell(1));
    let answer = core.poll(0).await;
    assert_eq!((answer.status, answer.body.len(), answer.header("content-type")), (500, 0, ""));
    assert_eq!(core.sim.subscriptions(0), 1, "the panic comes after the subscription is stored");
    assert_eq!(core.poll(0).await.status, 201, "nobody registers any more");
}

#[tokio::test]
async fn the_race_is_drawn_from_the_seed() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let core = core(Config { race_500_one_in: Some(3), seed, ..Config::default() }).await;
        let mut statuses = Vec::new();
        for _ in 0..32 {
            core.sim.register_ue(0, "imsi-1", cell(1));
            statuses.push(core.poll(0).await.status);
        }
        assert!(statuses.contains(&500) && statuses.contains(&201));
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test]
async fn a_handover_between_amfs_moves_the_context_and_a_stale_one_stays() {
    let listen = Config::default().amf_listen[0];
    let core = core(Config { amf_listen: vec![listen; 2], ..Config::default() }).await;
    core.sim.register_ue(0, "imsi-1", cell(0x10));
    core.sim.register_ue(0, "imsi-2", cell(0x10));
    core.sim.move_ue_to_amf("imsi-1", 1, cell(0x20));
    let at = |supi: &str, cell: &str| (supi.to_owned(), cell.to_owned());
    assert_eq!(core.cells(0).await, [at("imsi-2", "000000010")]);
    assert_eq!(core.cells(1).await, [at("imsi-1", "000000020")]);
    core.sim.leave_stale("imsi-2");
    core.sim.register_ue(1, "imsi-2", cell(0x21));
    assert_eq!(core.cells(0).await, [at("imsi-2", "000000010")]);
    assert_eq!(core.cells(1).await, [at("imsi-1", "000000020"), at("imsi-2", "000000021")]);
    core.sim.move_ue("imsi-2", cell(0x22));
    assert_eq!(core.cells(0).await, [at("imsi-2", "000000010")], "the stale context stays as it is");
    assert_eq!(core.sim.ue_count(), 3);
    core.sim.move_ue("imsi-9", cell(1));
    core.sim.register_ue(7, "imsi-9", cell(1));
    assert_eq!((core.sim.serving_amf("imsi-9"), core.sim.serving_amf("imsi-2")), (None, Some(1)));
}

#[tokio::test]
async fn an_idle_ue_is_heard_when_it_connects_or_changes_its_tracking_area() {
    let core = core(Config::default()).await;
    core.sim.register_ue(0, "imsi-1", cell(0x10));
    core.sim.set_idle("imsi-1", true);
    core.sim.move_ue("imsi-1", cell(0x11));
    assert_eq!(core.cells(0).await[0].1, "000000010");
    core.sim.set_idle("imsi-1", false);
    assert_eq!(core.cells(0).await[0].1, "000000011");
    core.sim.set_idle("imsi-1", true);
    let mut elsewhere = cell(0x12);
    elsewhere.tac = "000002".to_owned();
    core.sim.move_ue("imsi-1", elsewhere);
    assert_eq!(core.cells(0).await[0].1, "000000012");
}

#[tokio::test]
async fn links_outlive_a_deregistration_that_failed_to_notify() {
    let core = core(Config::default()).await;
    let nrf = core.sim.nrf_url();
    let token = core.client.token(&nrf, "NRF", "nnrf-nfm").await;
    let subscription = json!({
        "nfStatusNotificationUri": "http://127.0.0.1:9/x", "subscrCond": {"serviceName": "naf-eventexposure"},
    });
    let other = "dc111fc8-f73d-4bce-b57a-a28cbed4fe2f";
    let resource = format!("{nrf}/nnrf-nfm/v1/nf-instances/{other}");
    assert_eq!(core.client.put(&resource, &af_profile(other)).await.status, 201);
    let subscriptions = format!("{nrf}/nnrf-nfm/v1/subscriptions");
    assert_eq!(core.client.post(&subscriptions, &token, &subscription).await.status, 201);
    assert_eq!(core.client.delete(&resource, &token).await.status, 500);
    assert_eq!(core.client.get(&resource, &token).await.status, 404);
    let list =
        core.client.get(&format!("{nrf}/nnrf-nfm/v1/nf-instances?nf-type=AF&limit=9"), &token).await.json();
    assert_eq!(list["_link"]["item"].as_array().unwrap().len(), 2);
    assert_eq!(core.client.delete(&resource, &token).await.status, 404);
}

#[tokio::test]
async fn events_are_changed_by_the_object_form_of_patch() {
    let core = core(Config::default()).await;
    core.sim.register_ue(0, "imsi-1", cell(1));
    let mut subscription = any_ue(&Value::Null);
    subscription.as_object_mut().unwrap().remove("options");
    let id = core.subscribe(0, &subscription).await.json()["subscriptionId"].as_str().unwrap().to_owned();
    let url = format!("{}/namf-evts/v1/subscriptions/{id}", core.sim.amf_urls()[0]);
    let item = |op: &str, path: &str| json!({"subscriptionItem": [{"op": op, "path": path, "value": {"type": "TIMEZONE_REPORT"}}]});
    let added = core.client.patch(&url, &core.evts, &item("add", "/eventList/1")).await.json();
    assert_eq!(added["subscription"]["eventList"][1], json!({"type": "TIMEZONE_REPORT"}));
    let removed = core.client.patch(&url, &core.evts, &item("remove", "/eventList/0")).await.json();
    assert_eq!(removed["subscription"]["eventList"], json!([{"type": "TIMEZONE_REPORT"}]));
    assert_eq!(core.client.patch(&url, &core.evts, &item("add", "/x")).await.status, 500);
}

#[tokio::test]
async fn the_log_shows_requests_without_their_tokens() {
    let core = core(Config::default()).await;
    core.sim.forget_requests();
    let url = format!("{}/namf-loc/v1/imsi-1/provide-loc-info?x=1", core.sim.amf_urls()[0]);
    assert_eq!(core.client.post(&url, &core.loc, &json!({"req5gsLoc": true})).await.status, 404);
    let seen = core.sim.requests();
    assert_eq!(seen.len(), 1);
    let seen = &seen[0];
    assert_eq!((seen.nf, &*seen.method, seen.status, seen.http2), (Nf::Amf(0), "POST", 404, false));
    assert_eq!(seen.path, "/namf-loc/v1/imsi-1/provide-loc-info?x=1");
    assert_eq!(&seen.body[..], b"{\"req5gsLoc\":true}");
    let authorization = seen.headers.iter().find(|(name, _)| name == "authorization").unwrap();
    assert_eq!(authorization.1, "");
}

#[tokio::test]
async fn token_forms_are_understood_with_a_charset() {
    let core = core(Config::default()).await;
    let form =
        format!("grant_type=client_credentials&nfInstanceId={AF}&nfType=AF&targetNfType=NRF&scope=nnrf-nfm");
    let url = format!("{}/oauth2/token", core.sim.nrf_url());
    let content_type = format!("{FORM}; charset=utf-8");
    assert_eq!(core.client.send("POST", &url, "", Some(&content_type), form).await.status, 200);
}
