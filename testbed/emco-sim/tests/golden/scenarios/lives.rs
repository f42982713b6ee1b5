//! Recordings 02 to 06: the life of one deployment intent group, from its creation to a delete that goes wrong.

use emco_sim::EmcoSim;
use serde_json::Value;

use super::{config, nothing, provisioned, serving, until};
use crate::recording::load;
use crate::replay::Replay;

#[tokio::test]
async fn a_group_lives_as_recorded_in_02_to_06() {
    let (Some(happy), Some(single), Some(two_phase), Some(lost), Some(end)) =
        (load("02"), load("03"), load("04"), load("05"), load("06"))
    else {
        return;
    };
    let mut replay = Replay::new(provisioned(config(51)).await);
    replay.all(&happy, nothing).await;
    assert_eq!(serving(&replay.sim), ["edge-a"]);

    replay.all(&single, nothing).await;
    assert_eq!(serving(&replay.sim), ["edge-b"]);

    replay.all(&two_phase, nothing).await;
    // The delete was lost: the source runs on although status names the target alone.
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert_eq!(serving(&replay.sim), ["edge-a", "edge-b"]);

    replay.all(&lost, restarted_rsync).await;
    until("edge-b is left", || serving(&replay.sim) == ["edge-a"]).await;

    replay.all(&end, nothing).await;
    until("edge-a is left", || serving(&replay.sim).is_empty()).await;
    assert!(replay.compared > 60, "{}", replay.compared);
    replay.sim.shutdown().await;
}

async fn restarted_rsync(sim: &EmcoSim, what: &str, _: &Value) {
    if what == "rsync process restarted" {
        sim.set_rsync_up(false);
        sim.set_rsync_up(true);
    }
}
