//! Free5GC's SMF against recordings of it: it has none of Nsmf_EventExposure.

use crate::golden::Replay;

#[tokio::test]
async fn event_exposure_is_answered_as_recorded() {
    let Some(mut replay) = Replay::start("smf-01-event-exposure", true).await else { return };
    replay.register().await;
    // What follows is an operation of Free5GC's own.
    replay.steps(0..3).await;
    let url = format!("{}/nsmf_event-exposure/v1/subscriptions", replay.sim.smf_url());
    assert_eq!(replay.client.post(&url, "", &serde_json::json!({})).await.status, 401);
}
