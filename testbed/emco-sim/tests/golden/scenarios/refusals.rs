//! Recording 00: creating everything in order, and every refusal.

use emco_sim::EmcoSim;

use super::{config, until_cloud_is_instantiated};
use crate::recording::{Entry, load};
use crate::replay::Replay;

#[tokio::test]
async fn resources_are_created_and_requests_refused_as_recorded_in_00() {
    let Some(mut recording) = load("00") else { return };
    let mut replay = Replay::new(EmcoSim::start(config(50)).await.unwrap());
    // The logical cloud's status right after its instantiation is a passing one.
    let passing = |entry: &Entry| match entry {
        Entry::Exchange(exchange) => {
            exchange.request.path.ends_with("/admin-lc/status")
                && exchange.response.body["deployedStatus"] == "Created"
        }
        Entry::Observation { .. } => false,
    };
    recording.exchanges.retain(|entry| !passing(entry));
    for entry in &recording.exchanges {
        let Entry::Exchange(exchange) = entry else { continue };
        if exchange.request.path.ends_with("/admin-lc/status") {
            until_cloud_is_instantiated(&replay).await;
        }
        replay.one(&recording.scenario, exchange).await;
    }
    assert_eq!(replay.compared, recording.exchanges.len());
    replay.sim.shutdown().await;
}
