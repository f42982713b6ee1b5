//! How long nobody decides after the active decider has gone.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bus::{Bus, Start};
use model::Stream;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use crate::deciding::{event, start};
use crate::figure;

/// A decider with a connection and a runtime of its own, which can be killed.
struct Replica {
    runtime: Runtime,
    decider: decider::Decider,
    stop: CancellationToken,
    _folder: tempfile::TempDir,
}

impl Replica {
    fn start(config: &bus::Config) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let (folder, stop) = (tempfile::tempdir()?, CancellationToken::new());
        let decider = runtime.block_on(async {
            let bus = config.open(std::path::Path::new("")).await?;
            start(&bus, folder.path(), &stop).await
        })?;
        Ok(Self { runtime, decider, stop, _folder: folder })
    }
}

/// From the end of the active decider to the first order of the one that stood by: once stopped in order, once killed.
/// Killed is its runtime: on NATS nobody says goodbye then and the lease has to run out; the threads of Kafka's client
/// still leave the group.
pub(crate) fn figures(name: &str, config: &bus::Config) -> anyhow::Result<()> {
    let watcher = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let bus = watcher.block_on(config.open(std::path::Path::new("")))?;
    let mut ue = 2_000_000;
    for (label, killed) in [("stopped", false), ("killed", true)] {
        let (first, second) = (Replica::start(config)?, Replica::start(config)?);
        // One of them leads; which one shows when the first is gone.
        watcher.block_on(order(&bus, &mut ue))?;
        std::thread::sleep(Duration::from_secs(2));
        let began = Instant::now();
        if killed {
            first.runtime.shutdown_background();
        } else {
            first.stop.cancel();
            first.runtime.block_on(first.decider.join());
        }
        watcher.block_on(order(&bus, &mut ue))?;
        figure::print(
            &format!("take_over_{label}/{name}"),
            began.elapsed().as_secs_f64() * 1_000.0,
            "ms",
            None,
        );
        second.stop.cancel();
        second.runtime.block_on(second.decider.join());
    }
    watcher.block_on(bus.close());
    Ok(())
}

/// Waits for the order that a new UE gives.
async fn order(bus: &Arc<dyn Bus>, ue: &mut u64) -> anyhow::Result<()> {
    *ue += 1;
    let mut reader = bus.consume(Stream::Orders, "bench-watch", Start::Newest).await?;
    bus.publish(Stream::UeEvents, vec![event(*ue, 0)?]).await?;
    reader.next(1).await?;
    Ok(())
}
