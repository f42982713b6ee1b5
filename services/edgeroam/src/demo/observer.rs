//! Reads the bus beside the services and keeps the ledger.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bus::{Bus, Delivery, Start};
use model::{Stream, Timestamp};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::ledger::Ledger;
use super::progress;

/// Starts a reader for each stream that the ledger adds up.
///
/// # Errors
/// Where the bus cannot be read.
pub(super) async fn start(
    bus: &Arc<dyn Bus>,
    ledger: &Arc<Mutex<Ledger>>,
    stop: &CancellationToken,
) -> anyhow::Result<Vec<JoinHandle<()>>> {
    let mut readers = Vec::new();
    for stream in [Stream::UeEvents, Stream::Decisions, Stream::Orders, Stream::Outcomes] {
        let mut consumer = bus.consume(stream, "demo", Start::Oldest).await?;
        let (ledger, stop) = (ledger.clone(), stop.clone());
        readers.push(tokio::spawn(async move {
            loop {
                let batch = tokio::select! {
                    batch = consumer.next(256) => batch,
                    () = stop.cancelled() => return,
                };
                let Ok(batch) = batch else { return };
                let seen = now();
                let mut ledger = ledger.lock().unwrap_or_else(PoisonError::into_inner);
                for delivery in &batch {
                    if let Err(error) = enter(&mut ledger, stream, delivery, seen) {
                        ledger.troubles.push(format!("unreadable record on {}: {error}", stream.name()));
                    }
                }
            }
        }));
    }
    Ok(readers)
}

fn enter(
    ledger: &mut Ledger,
    stream: Stream,
    delivery: &Delivery,
    seen: Timestamp,
) -> Result<(), serde_json::Error> {
    let data = &delivery.data;
    match stream {
        Stream::UeEvents => ledger.event(&serde_json::from_slice(data)?),
        Stream::Decisions => ledger.decision(&serde_json::from_slice(data)?),
        Stream::Orders => ledger.order(serde_json::from_slice(data)?, seen),
        Stream::Outcomes => {
            let outcome = serde_json::from_slice(data)?;
            ledger.outcome(&outcome);
            progress::outcome(&outcome);
        }
        Stream::Qos
        | Stream::Sites
        | Stream::Commands
        | Stream::Instances
        | Stream::DeadLetter
        | Stream::Sagas => {}
    }
    Ok(())
}

/// This machine's clock.
pub(super) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
}
