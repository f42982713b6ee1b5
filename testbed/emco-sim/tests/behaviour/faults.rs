//! Faults on request.

use std::time::Duration;

use axum::body::Body;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::lab::{GROUPS, Lab, config, on, until};

#[tokio::test]
async fn a_lost_reply_was_carried_out() {
    let lab = Lab::start(config(70)).await;
    lab.approved("er-1", on("edge-a")).await;
    lab.sim.lose_next_reply("POST", "/er-1/instantiate").await;
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build_http();
    let uri = format!("{}{GROUPS}/er-1/instantiate", lab.sim.url());
    let request = || axum::http::Request::post(&uri).body(Body::empty()).unwrap();
    assert!(client.request(request()).await.is_err());
    until("er-1 ready", || lab.is_ready("er-1")).await;
    // The fault was for one request: the next is answered, as a repetition is.
    assert_eq!(client.request(request()).await.unwrap().status(), 500);
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn a_failed_request_was_not_carried_out() {
    let lab = Lab::start(config(71)).await;
    lab.approved("er-1", on("edge-a")).await;
    lab.sim.fail_next("post", "/instantiate", 503, "upstream connect error");
    let answer = lab.post(&format!("{GROUPS}/er-1/instantiate"), Value::Null).await;
    assert_eq!((answer.status, answer.body.as_ref()), (503, b"upstream connect error\n".as_slice()));
    assert_eq!(lab.group("er-1").state, "Approved");
    assert_eq!(lab.act("er-1", "instantiate").await, 202);
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn a_late_request_arrives_although_its_sender_gave_up() {
    let lab = Lab::start(config(72)).await;
    lab.approved("er-1", on("edge-a")).await;
    lab.sim.delay_next("POST", "/er-1/instantiate", Duration::from_millis(1500));
    let gave_up = tokio::time::timeout(Duration::from_millis(50), lab.act("er-1", "instantiate")).await;
    assert!(gave_up.is_err());
    assert_eq!(lab.group("er-1").state, "Approved");
    until("instantiated after all", || lab.group("er-1").state == "Instantiated").await;
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn rsync_resumes_where_it_was() {
    let lab = Lab::start(config(73)).await;
    lab.approved("er-1", on("edge-a")).await;
    assert_eq!(lab.act("er-1", "instantiate").await, 202);
    lab.sim.set_rsync_up(false);
    assert_eq!(lab.act("er-1", "terminate").await, 500);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(!lab.is_ready("er-1"));
    assert_eq!(lab.group("er-1").deployed, "Instantiating");
    lab.sim.set_rsync_up(true);
    until("er-1 ready", || lab.is_ready("er-1")).await;
    lab.sim.shutdown().await;
}

#[tokio::test]
async fn emco_goes_on_while_its_listener_is_down() {
    let lab = Lab::start(config(74)).await;
    lab.instantiated("er-1", "edge-a").await;
    lab.sim.stop_listening().await;
    let address = lab.sim.url().trim_start_matches("http://").to_owned();
    assert!(tokio::net::TcpStream::connect(&address).await.is_err());
    until("er-1 ready", || lab.is_ready("er-1")).await;
    lab.sim.listen_again().await.unwrap();
    let (status, group) = lab.get(&format!("{GROUPS}/er-1")).await;
    assert_eq!((status, &group["spec"]["version"]), (200, &Value::from("er-1")));
    lab.sim.restart_listener(Duration::from_millis(20)).await.unwrap();
    assert_eq!(lab.act("er-1", "terminate").await, 202);
    lab.sim.shutdown().await;
}
