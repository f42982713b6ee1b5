//! Which UEs there were: kept from time to time, completed from the bus at the start.
//!
//! A UE that leaves while nobody looks is in no answer afterwards. Only who knows that it was there can say that it is
//! gone.

use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError, Sequence, Start};
use model::{Stream, UeEvent};
use sbi::oauth2::Scope;
use serde::{Deserialize, Serialize};
use store::{Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::context::Core;
use crate::track::{Limits, Saved, Track};

/// Under which name the store keeps it.
const NAME: &str = "subscriber/baseline";
/// What is kept by another version is not understood.
const SCHEMA: u16 = 1;
/// How often it is kept: how much a start after a crash reads again.
const INTERVAL: Duration = Duration::from_secs(30);
/// How many events are read at once.
const BATCH: usize = 4_096;
/// The consumer's name; it acknowledges nothing.
const CONSUMER: &str = "subscriber-baseline";

/// What a former life left.
pub(crate) struct Baseline {
    pub(crate) track: Track,
    /// The token that the AMFs took: an NRF that has lost them gives no other.
    pub(crate) token: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    schema: u16,
    position: u64,
    token: Option<String>,
    track: Saved,
}

/// What is known from a former life. Where nothing was kept, the bus alone tells.
///
/// # Errors
/// [`StoreError`] where the store cannot be read. What cannot be understood is left aside with a warning: UEs that
/// left since are then not noticed, all else is told anew.
pub(crate) async fn recall(store: &Store, bus: &dyn Bus, limits: Limits) -> Result<Baseline, StoreError> {
    let kept = store.snapshot(NAME).await?.and_then(|bytes| match postcard::from_bytes::<Kept>(&bytes) {
        Ok(kept) if kept.schema == SCHEMA => Some(kept),
        Ok(Kept { schema, .. }) => {
            tracing::warn!(schema, "the UEs of another version are not understood; the bus is read instead");
            None
        }
        Err(error) => {
            tracing::warn!(%error, "the UEs that were kept cannot be read; the bus is read instead");
            None
        }
    });
    let (start, token, saved) = match kept {
        Some(kept) => (Start::After(Sequence(kept.position)), kept.token, kept.track),
        None => (Start::Oldest, None, Saved::default()),
    };
    let mut track = Track::restore(limits, saved);
    if let Err(error) = complete(bus, start, &mut track).await {
        tracing::warn!(%error, "UEs that left while nobody looked may go unnoticed");
    }
    if track.len() > 0 {
        tracing::info!(ues = track.len(), "known from before; each is told once more, or is gone");
    }
    Ok(Baseline { track, token })
}

/// Takes in what was told since.
async fn complete(bus: &dyn Bus, start: Start, track: &mut Track) -> Result<(), BusError> {
    let newest = bus.newest(Stream::UeEvents).await?;
    let mut behind = match start {
        Start::After(position) => position,
        Start::Oldest | Start::Newest => Sequence(0),
    };
    if behind >= newest {
        return Ok(());
    }
    let mut consumer = bus.consume(Stream::UeEvents, CONSUMER, start).await?;
    while behind < newest {
        for delivery in consumer.next(BATCH).await? {
            behind = delivery.sequence;
            // What is no event is the decider's to put aside.
            if let Ok(event) = serde_json::from_slice::<UeEvent>(&delivery.data) {
                track.replay(&event);
            }
        }
    }
    Ok(())
}

/// Keeps what is known, again and again until `stop`.
pub(crate) async fn run(core: Arc<Core>, stop: CancellationToken) {
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
        keep(&core).await;
    }
}

/// Keeps what is known.
pub(crate) async fn keep(core: &Core) {
    let (position, track) = match core.publisher.save().await {
        Ok(saved) => saved,
        Err(error) => {
            tracing::debug!(%error, "the bus does not tell its position; the UEs are kept later");
            return;
        }
    };
    let token = match &core.link.tokens {
        Some(tokens) => tokens.held(Scope::AMF_EVENTS).await.map(|token| token.to_string()),
        None => None,
    };
    let kept = Kept { schema: SCHEMA, position: position.0, token, track };
    let encoded = tokio::task::spawn_blocking(move || postcard::to_stdvec(&kept)).await;
    let stored = match encoded {
        Ok(Ok(bytes)) => core.store.put_snapshot(NAME, bytes).await.map_err(|error| error.to_string()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = stored {
        tracing::error!(%error, "the UEs cannot be kept; a restart reads more of the bus");
    }
}
