//! Sockets, protocols, outages and restarts.

use crate::client::{AF, Client, GUARD, cell};
use bytes::Bytes;
use core_sim::{Config, CoreSim, FREE5GC_H2_IDLE, How, Personality};
use http::Request;
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::net::TcpStream;

async fn start(config: Config) -> CoreSim {
    CoreSim::start(config).await.unwrap()
}

fn open() -> Config {
    Config { oauth2: false, ..Config::default() }
}

async fn instances(client: &Client, sim: &CoreSim) -> Vec<Value> {
    let query = "target-nf-type=AMF&requester-nf-type=AF";
    let answer = client.get(&format!("{}/nnrf-disc/v1/nf-instances?{query}", sim.nrf_url()), "").await;
    answer.json()["nfInstances"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn both_versions_of_http_share_a_listener() {
    let sim = start(open()).await;
    for http2 in [false, true] {
        assert_eq!(instances(&Client::new(http2), &sim).await.len(), 1);
    }
    let versions: Vec<bool> = sim.requests().iter().map(|seen| seen.http2).collect();
    assert_eq!(versions, [false, true]);
}

#[tokio::test]
async fn an_idle_http2_connection_is_told_to_go_away() {
    let sim = start(Config { goaway_after_idle: Some(FREE5GC_H2_IDLE), ..open() }).await;
    let addr = sim.nrf_url().strip_prefix("http://").unwrap().to_owned();
    let stream = TcpStream::connect(&addr).await.unwrap();
    let http2 = hyper::client::conn::http2::handshake::<_, _, Full<Bytes>>(
        TokioExecutor::new(),
        TokioIo::new(stream),
    );
    let (_sender, connection) = http2.await.unwrap();
    // No request was ever sent; the server ends the connection without an error.
    tokio::time::timeout(GUARD, connection).await.expect("no GOAWAY").unwrap();

    let stream = TcpStream::connect(&addr).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    for _ in 0..3 {
        let request = Request::get("/nothing").header("host", &addr).body(Full::<Bytes>::default()).unwrap();
        assert_eq!(sender.send_request(request).await.unwrap().status(), 404);
        tokio::time::sleep(FREE5GC_H2_IDLE * 20).await;
    }
    assert!(!connection.is_finished(), "HTTP/1.1 keep-alive is not cut");
}

#[tokio::test]
async fn requests_in_flight_outlive_the_goaway() {
    let sim = start(Config { goaway_after_idle: Some(FREE5GC_H2_IDLE), ..open() }).await;
    for index in 0..100 {
        sim.register_ue(0, &format!("imsi-{index}"), cell(index));
    }
    let url = format!("{}/namf-evts/v1/subscriptions", sim.amf_urls()[0]);
    let poll = json!({"subscription": {
        "eventList": [{"type": "LOCATION_REPORT", "immediateFlag": true}], "eventNotifyUri": "http://127.0.0.1:9/",
        "notifyCorrelationId": "c", "nfId": AF, "anyUE": true, "options": {"trigger": "ONE_TIME"},
    }})
    .to_string();
    let client = Client::pooled(true);
    let mut answered = 0;
    for _ in 0..50 {
        // A request that meets the GOAWAY was never sent, and may be repeated.
        if let Ok(answer) = client.try_send("POST", &url, None, Some("application/json"), poll.clone()).await
        {
            assert_eq!(answer.json()["reportList"].as_array().unwrap().len(), 100);
            answered += 1;
        }
        tokio::time::sleep(FREE5GC_H2_IDLE).await;
    }
    assert!(answered > 25, "{answered} of 50");
}

#[tokio::test]
async fn a_stopped_amf_refuses_and_comes_back_on_its_port_with_its_ues() {
    let sim = start(open()).await;
    let client = Client::new(true);
    sim.register_ue(0, "imsi-1", cell(1));
    let id = sim.amf_instance_id(0);
    let url = format!("{}/namf-loc/v1/imsi-1/provide-loc-info", sim.amf_urls()[0]);
    for round in 0..3 {
        assert_eq!(client.post(&url, "", &json!({"req5gsLoc": true})).await.status, 200, "round {round}");
        sim.stop_amf(0).await;
        let refused = client.try_send("POST", &url, None, None, "{}").await;
        assert!(refused.is_err_and(|error| error.is_connect()), "round {round}");
        // The radio side goes on.
        sim.move_ue("imsi-1", cell(2));
        sim.start_amf(0).unwrap();
    }
    let located = client.post(&url, "", &json!({"req5gsLoc": true})).await.json();
    assert_eq!(located["location"]["nrLocation"]["ncgi"]["nrCellId"], "000000002");
    assert_eq!(sim.amf_instance_id(0), id, "it is the same process");
    sim.start_amf(0).unwrap();
    assert!(sim.start_amf(1).is_err());
}

#[tokio::test]
async fn an_amf_that_starts_without_an_nrf_registers_when_it_comes() {
    for personality in [Personality::Free5gc, Personality::ThreeGpp] {
        let sim = start(Config { personality, ..open() }).await;
        let client = Client::new(false);
        sim.stop_nrf().await;
        sim.restart_amf(0, How::Sigkill).await.unwrap();
        let old_and_new = 2;
        sim.start_nrf().unwrap();
        assert_eq!(instances(&client, &sim).await.len(), old_and_new, "{personality:?}");
    }
}

#[tokio::test]
async fn a_core_that_is_shut_down_or_dropped_leaves_no_socket() {
    let client = Client::new(false);
    let sim = start(open()).await;
    let (nrf, amf) = (sim.nrf_url(), sim.amf_urls().remove(0));
    assert_eq!(client.get(&nrf, "").await.status, 404);
    sim.shutdown().await;
    for url in [nrf, amf] {
        assert!(client.try_send("GET", &url, None, None, "").await.is_err_and(|error| error.is_connect()));
    }
    let sim = start(open()).await;
    let url = sim.nrf_url();
    drop(sim);
    let gone = async {
        while client.try_send("GET", &url, None, None, "").await.is_ok() {
            tokio::time::sleep(FREE5GC_H2_IDLE).await;
        }
    };
    tokio::time::timeout(GUARD, gone).await.expect("the listener of a dropped core stays");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clones_are_driven_from_several_tasks() {
    let sim = start(open()).await;
    let tasks = (0..8).map(|task| {
        let sim = sim.clone();
        tokio::spawn(async move {
            let client = Client::pooled(task % 2 == 0);
            for step in 0..25 {
                let supi = format!("imsi-{task}");
                sim.register_ue(0, &supi, cell(step));
                sim.move_ue(&supi, cell(step + 1));
                let url = format!("{}/namf-loc/v1/{supi}/provide-loc-info", sim.amf_urls()[0]);
                let located = client.post(&url, "", &json!({"req5gsLoc": true})).await.json();
                let expected = format!("{:09x}", step + 1);
                assert_eq!(located["location"]["nrLocation"]["ncgi"]["nrCellId"], *expected);
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(sim.ue_count(), 8);
}
