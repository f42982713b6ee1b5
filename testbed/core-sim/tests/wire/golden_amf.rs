//! The AMF against recordings of Free5GC's.

use crate::client::{Client, cell};
use crate::golden::Replay;
use core_sim::{How, PushCounts};
use jiff::Timestamp;
use serde_json::json;

const UE: &str = "imsi-208930000000003";

/// A core with the AF and one UE.
async fn with_ue(name: &str, nr_cell_id: u64) -> Option<Replay> {
    let replay = Replay::start(name, true).await?;
    replay.register().await;
    replay.sim.register_ue(0, UE, cell(nr_cell_id));
    Some(replay)
}

#[tokio::test]
async fn event_subscriptions_are_answered_as_recorded() {
    let Some(mut replay) = with_ue("amf-01-evts-immediate", 0x8000).await else { return };
    for step in 0..replay.steps.len() {
        // The note of the step is all that tells which token was sent.
        if replay.steps[step]["note"] == "valid token, other scope" {
            let token = replay.token_for("namf-loc").await;
            let answer = replay.send(step, Some(&token)).await;
            replay.compare(step, &answer);
        } else {
            replay.step(step).await;
        }
    }
}

#[tokio::test]
async fn location_requests_are_answered_as_recorded() {
    let Some(mut replay) = with_ue("amf-02-loc", 0x8000).await else { return };
    let count = replay.steps.len();
    replay.steps(0..count).await;
}

async fn handover(name: &str) {
    let Some(mut replay) = with_ue(name, 0x9000).await else { return };
    let observation =
        |replay: &Replay, step: usize| replay.steps[step]["observation"]["provide_loc_info"].clone();
    let loc_info = async |replay: &Replay| {
        let token = replay.token_for("namf-loc").await;
        let url = format!("{}/namf-loc/v1/{UE}/provide-loc-info", replay.sim.amf_urls()[0]);
        let mut info = Client::new(false).post(&url, &token, &json!({"req5gsLoc": true})).await.json();
        info["location"]["nrLocation"]["ueLocationTimestamp"].take();
        info
    };
    let without_time = |mut info: serde_json::Value| {
        info["location"]["nrLocation"]["ueLocationTimestamp"].take();
        info
    };
    replay.steps(0..6).await;
    assert_eq!(loc_info(&replay).await, without_time(observation(&replay, 6)));
    replay.sim.move_ue(UE, cell(0x8000));
    assert_eq!(loc_info(&replay).await, without_time(observation(&replay, 7)));
    let count = replay.steps.len();
    replay.steps(9..count).await;
    assert_eq!(replay.sim.pushes(), PushCounts::default(), "Free5GC never notifies");
    assert_eq!(replay.sim.subscriptions(0), 0);
}

#[tokio::test]
async fn an_n2_handover_looks_as_recorded() {
    handover("amf-03-handover-n2").await;
}

#[tokio::test]
async fn an_xn_handover_looks_as_recorded() {
    handover("amf-03-handover-xn").await;
}

#[tokio::test]
async fn forged_and_expired_tokens_are_taken_or_refused_as_recorded() {
    let Some(mut replay) = with_ue("amf-04-token-forgery-expiry", 0x8000).await else { return };
    let now = Timestamp::now().as_second();
    for step in 0..replay.steps.len() {
        let mut claims = json!({"iss": "", "sub": crate::client::AF, "aud": "", "scope": "namf-loc", "exp": now + 1000, "iat": now});
        let mut alg = "RS512";
        match replay.steps[step]["note"].as_str().unwrap() {
            "expired one hour ago" => claims["exp"] = json!(now - 3600),
            "aud=SMF instance" => claims["aud"] = json!("2a931a41-5712-484c-96d7-e0d3613ad135"),
            "unknown sub" => claims["sub"] = json!("2a931a41-5712-484c-96d7-e0d3613ad135"),
            "RS256" => alg = "RS256",
            "extra nbf in the future" => claims["nbf"] = json!(now + 3600),
            "self-signed with the NRF key, valid" | "scheme Basic instead of Bearer" => {}
            other => panic!("no token for {other}"),
        }
        let token = replay.sim.forge_token_with_alg(alg, &claims).unwrap();
        let answer = replay.send(step, Some(&token)).await;
        replay.compare(step, &answer);
    }
}

#[tokio::test]
async fn idle_and_deregistered_ues_look_as_recorded() {
    let Some(mut replay) = with_ue("amf-05-deregister-and-anyUE", 0x8000).await else { return };
    let ues = [UE, "imsi-208930000000004", "imsi-208930000000005"];
    replay.steps(0..3).await;
    for ue in ues {
        replay.sim.register_ue(0, ue, cell(0x8000));
    }
    replay.steps(3..5).await;
    for ue in ues {
        replay.sim.set_idle(ue, true);
    }
    replay.steps(5..7).await;
    for ue in ues {
        replay.sim.set_idle(ue, false);
    }
    replay.steps(7..9).await;
    // Two of the three deregistrations failed in the recording.
    replay.sim.leave_stale(ues[0]);
    replay.sim.deregister_ue(ues[1]);
    replay.sim.leave_stale(ues[2]);
    replay.steps(9..11).await;
    assert_eq!(replay.sim.serving_amf(ues[0]), None, "a UE that has gone does not move");
}

#[tokio::test]
async fn restarts_of_the_amf_look_as_recorded() {
    let Some(mut replay) = with_ue("amf-06-amf-restart", 0x8000).await else { return };
    replay.amf_was("1cf32e30-fe76-48f4-91bd-3bc3087da20c");
    // Tokens of before are used all along, as in the recording.
    let (nrf, evts, loc) = (
        replay.token_for("nnrf-nfm").await,
        replay.token_for("namf-evts").await,
        replay.token_for("namf-loc").await,
    );
    let play = async |replay: &mut Replay, steps: &[usize]| {
        for &step in steps {
            let url = replay.steps[step]["request"]["url"].as_str().unwrap();
            let tokens = [("nnrf-", &nrf), ("namf-evts", &evts), ("namf-loc", &loc)];
            let token = tokens.iter().find(|(service, _)| url.contains(service)).unwrap().1.clone();
            let answer = replay.send(step, Some(&token)).await;
            replay.compare(step, &answer);
        }
    };
    play(&mut replay, &[0, 1]).await;
    replay.sim.kill_amf(0, How::Sigterm).await;
    play(&mut replay, &[2]).await;
    let url = replay.sim.amf_urls()[0].clone();
    let refused = replay.client.try_send("POST", &url, None, None, "").await;
    assert!(refused.is_err_and(|error| error.is_connect()), "step 3: connection refused");
    replay.sim.start_amf(0).unwrap();
    replay.amf_was("f21bac7c-281a-48cc-be9e-2e3b6285e01c");
    play(&mut replay, &[4, 5, 6, 7]).await;
    replay.sim.register_ue(0, UE, cell(0x8000));
    play(&mut replay, &[8]).await;
    replay.sim.kill_amf(0, How::Sigkill).await;
    play(&mut replay, &[9]).await;
    replay.sim.start_amf(0).unwrap();
    replay.amf_was("2a931a41-5712-484c-96d7-e0d3613ad135");
    play(&mut replay, &[10]).await;
}

#[tokio::test]
async fn the_poll_of_two_events_is_answered_as_recorded() {
    let Some(mut replay) = Replay::start("amf-08-anyue-two-events", true).await else { return };
    replay.register().await;
    for ue in ["imsi-208930000000032", "imsi-208930000000075"] {
        replay.sim.register_ue(0, ue, cell(0x8000));
    }
    // This recording has no headers; the token goes in all the same.
    let token = replay.token_for("namf-evts").await;
    let request = replay.steps[0]["request"].clone();
    let url = format!("{}/namf-evts/v1/subscriptions", replay.sim.amf_urls()[0]);
    let answer = replay.client.post(&url, &token, &request["body"]).await;
    replay.compare(0, &answer);
    assert_eq!(replay.sim.subscriptions(0), 0, "nothing is left behind");
}
