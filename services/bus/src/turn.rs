//! Work that one replica at a time does.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{Bus, BusError, Change};

/// Before a bus that failed is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// Something that one of the replicas does.
pub trait Turn: Send + Sync {
    /// The name of the work that replicas share. It has one part.
    fn work(&self) -> &'static str;

    /// It is this replica's turn: spawns what is to be done, which ends when `over` is cancelled.
    fn begin(&self, over: &CancellationToken, tasks: &TaskTracker);

    /// It is no longer, and all that was spawned has ended.
    fn ended(&self);
}

/// Does the work whenever it is this replica's turn, until `stop` is cancelled; lives through a bus that fails.
pub async fn take_turns(bus: &dyn Bus, turn: &impl Turn, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = share(bus, turn, stop).await {
            tracing::warn!(%error, work = turn.work(), "replicas cannot agree now on whose turn it is; trying again");
            tokio::select! { () = stop.cancelled() => {}, () = tokio::time::sleep(PAUSE) => {} }
        }
    }
}

/// Ends at `stop`, or where the bus can no longer be asked.
async fn share(bus: &dyn Bus, turn: &impl Turn, stop: &CancellationToken) -> Result<(), BusError> {
    let mut share = bus.share(turn.work(), 1).await?;
    let mut working: Option<(CancellationToken, TaskTracker)> = None;
    let ended = loop {
        let change = tokio::select! {
            () = stop.cancelled() => break Ok(()),
            change = share.change() => change,
        };
        match change {
            Ok(Change::Gained(_)) => {
                working.get_or_insert_with(|| begin(turn, stop));
            }
            Ok(Change::Lost(part)) => {
                end(turn, working.take()).await;
                share.release(part).await?;
            }
            Err(error) => break Err(error),
        }
    };
    end(turn, working).await;
    ended
}

fn begin(turn: &impl Turn, stop: &CancellationToken) -> (CancellationToken, TaskTracker) {
    let (over, tasks) = (stop.child_token(), TaskTracker::new());
    turn.begin(&over, &tasks);
    tasks.close();
    (over, tasks)
}

async fn end(turn: &impl Turn, working: Option<(CancellationToken, TaskTracker)>) {
    if let Some((over, tasks)) = working {
        over.cancel();
        tasks.wait().await;
        turn.ended();
    }
}
