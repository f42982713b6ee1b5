//! The NRF against recordings of Free5GC's.

use crate::client::AF;
use crate::golden::Replay;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use core_sim::How;
use serde_json::{Value, json};

fn profile(id: &str, nf_type: &str, services: &[&str]) -> Value {
    let mut profile = json!({"nfInstanceId": id, "nfType": nf_type, "nfStatus": "REGISTERED"});
    if !services.is_empty() {
        let service = |name: &&str| json!({"serviceInstanceId": "0", "serviceName": name});
        profile["nfServices"] = services.iter().map(service).collect();
    }
    profile
}

/// The other NFs of the recorded core that tokens are asked for.
async fn register_others(replay: &Replay) {
    for (number, nf_type, services) in [
        (1, "SMF", vec!["nsmf-pdusession", "nsmf-event-exposure"]),
        (2, "PCF", vec!["npcf-policyauthorization"]),
        (3, "UDM", vec!["nudm-ee"]),
        (4, "UDR", vec!["nudr-dr"]),
        (5, "NEF", vec!["nnef-pfdmanagement", "nnef-oam"]),
    ] {
        let id = format!("00000000-0000-4000-8000-00000000000{number}");
        replay.register_other(&profile(&id, nf_type, &services)).await;
    }
}

#[tokio::test]
async fn registration_is_answered_as_recorded() {
    let Some(mut replay) = Replay::start("nrf-01-register", true).await else { return };
    // The recording is of a second run, with the AF known already.
    replay.register().await;
    let count = replay.steps.len();
    replay.steps(0..count).await;
}

#[tokio::test]
async fn token_requests_are_answered_as_recorded() {
    let Some(mut replay) = Replay::start("nrf-02-token", true).await else { return };
    replay.register().await;
    register_others(&replay).await;
    let mut token = Value::Null;
    for step in 0..replay.steps.len() {
        let observed = replay.steps[step]["observation"].clone();
        if observed.is_null() {
            let answer = replay.step(step).await;
            token = answer.json()["access_token"].clone();
            continue;
        }
        let decode =
            |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
        let parts: Vec<&str> = token.as_str().unwrap().split('.').collect();
        assert_eq!(decode(parts[0]), observed["jwt_header"]);
        let (claims, mut recorded) = (decode(parts[1]), observed["jwt_claims"].clone());
        assert_eq!(claims["exp"].as_i64().unwrap(), claims["iat"].as_i64().unwrap() + 1000);
        for name in ["iat", "exp"] {
            recorded[name] = claims[name].clone();
        }
        assert_eq!(claims, recorded);
    }
}

#[tokio::test]
async fn heart_beats_discovery_and_subscriptions_are_answered_as_recorded() {
    let Some(mut replay) = Replay::start("nrf-03-heartbeat-discovery-subscribe", true).await else { return };
    replay.register().await;
    let mut nef = replay.steps[9]["response"]["body"]["nfInstances"][0].clone();
    nef.as_object_mut().unwrap().remove("customInfo");
    replay.register_other(&nef).await;
    replay.amf_was("1cf32e30-fe76-48f4-91bd-3bc3087da20c");
    let count = replay.steps.len();
    replay.steps(0..count).await;
}

#[tokio::test]
async fn the_faults_of_status_subscriptions_are_as_recorded() {
    let Some(mut replay) = Replay::start("nrf-04-status-subscription-by-serviceName", true).await else {
        return;
    };
    replay.register().await;
    let count = replay.steps.len();
    replay.steps(0..count).await;
}

#[tokio::test]
async fn profiles_without_heart_beats_stay_as_recorded() {
    let Some(mut replay) = Replay::start("nrf-05-heartbeat-expiry", true).await else { return };
    replay.register().await;
    let instances = replay.steps[2]["response"]["body"]["nfInstances"].as_array().unwrap().clone();
    for other in instances.iter().filter(|instance| instance["nfInstanceId"] != AF) {
        replay.register_other(&profile(other["nfInstanceId"].as_str().unwrap(), "AF", &[])).await;
    }
    let count = replay.steps.len();
    replay.steps(0..count).await;
}

#[tokio::test]
async fn restarts_lose_and_keep_what_was_recorded() {
    let Some(mut replay) = Replay::start("nrf-06-nrf-restart", true).await else { return };
    // An earlier orderly restart had emptied the recorded NRF; no NF registers again by itself.
    replay.sim.restart_nrf(How::Sigterm).await.unwrap();
    replay.steps(0..2).await;
    let tokens = replay.token_for("nnrf-nfm").await;
    let with_old_token = async |replay: &mut Replay, steps: std::ops::Range<usize>| {
        for step in steps {
            let answer = replay.send(step, Some(&tokens)).await;
            replay.compare(step, &answer);
        }
    };
    with_old_token(&mut replay, 2..3).await;
    replay.sim.restart_nrf(How::Sigkill).await.unwrap();
    with_old_token(&mut replay, 3..6).await;
    replay.sim.restart_nrf(How::Sigterm).await.unwrap();
    with_old_token(&mut replay, 6..12).await;
}

#[tokio::test]
async fn a_core_without_oauth2_answers_as_recorded() {
    let Some(mut replay) = Replay::start("oauth-off-01", false).await else { return };
    replay.amf_was("2c977e07-0884-4e25-84cd-a2b6c00bd92a");
    replay.sim.register_ue(0, "imsi-208930000000003", crate::client::cell(0x8000));
    let count = replay.steps.len();
    replay.steps(0..count).await;
}
