//! Puts on the bus what the engine said, and only then lets its cause be acknowledged.

use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError, Class, Record, Sequence};
use model::Stream;
use store::Store;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::checkpoint::{Checkpoint, NAME};
use crate::clock::Clock;
use crate::feed::{Feed, Positions};
use crate::metrics::Metrics;
use crate::records::Outgoing;

/// The most jobs whose records are published together.
const TOGETHER: usize = 64;
/// How often a publication of unknown fate is repeated, and the pause before each time.
const REPEATS: u32 = 8;
const PAUSE: Duration = Duration::from_millis(250);

/// One thing to do, in order.
pub(crate) enum Job {
    /// Publish; then these records may be acknowledged.
    Publish(Outgoing, Option<(Feed, Sequence)>),
    /// Keep the engine, once everything before is published.
    Keep(Positions, Kept),
}

/// What a snapshot keeps beside positions.
pub(crate) struct Kept {
    /// JSON of what is asked of instances and has not been handed to the engine yet.
    pub(crate) asked: Vec<u8>,
    pub(crate) engine: Vec<u8>,
}

/// The end of each live feed's acknowledgements.
pub(crate) type Done = [(Feed, watch::Sender<Sequence>); Feed::LIVE.len()];

pub(crate) struct Publisher {
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) store: Store,
    pub(crate) done: Done,
    /// The newest order that is known to be on the bus.
    pub(crate) orders: Sequence,
    pub(crate) metrics: Metrics,
    pub(crate) clock: Clock,
    /// Ends the term.
    pub(crate) stop: CancellationToken,
    /// Cancelled where the bus fails for good: a decider that cannot give orders must not look alive.
    pub(crate) failed: CancellationToken,
}

impl Publisher {
    /// Works until the other end is dropped.
    pub(crate) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut taken = Vec::with_capacity(TOGETHER);
        while jobs.recv_many(&mut taken, TOGETHER).await > 0 {
            let mut outgoing = Outgoing::default();
            let mut acknowledge = Vec::new();
            for job in taken.drain(..) {
                match job {
                    Job::Publish(more, cause) => {
                        outgoing.append(more);
                        acknowledge.extend(cause);
                    }
                    Job::Keep(positions, kept) => {
                        let (before, causes) =
                            (std::mem::take(&mut outgoing), std::mem::take(&mut acknowledge));
                        if !self.publish(before, causes).await {
                            return;
                        }
                        self.keep(positions, kept).await;
                    }
                }
            }
            if !self.publish(outgoing, acknowledge).await {
                return;
            }
        }
    }

    /// Whether it worked; if not, nothing more may be published, for order would be lost.
    async fn publish(&mut self, outgoing: Outgoing, causes: Vec<(Feed, Sequence)>) -> bool {
        let [decisions, orders, sites, dead_letters] = outgoing.by_stream();
        let published = tokio::try_join!(
            self.insist(decisions.0, decisions.1),
            self.insist(orders.0, orders.1),
            self.insist(sites.0, sites.1),
            self.insist(dead_letters.0, dead_letters.1),
        );
        match published {
            Ok((_, orders, _, _)) => {
                self.orders = self.orders.max(orders);
                let now = (self.clock)();
                for due in &outgoing.due {
                    self.metrics.order_delay.observe(now.since(*due).as_secs_f64());
                }
            }
            Err(error) => {
                if !self.stop.is_cancelled() {
                    tracing::error!(%error, "cannot publish; the decider stops");
                    self.failed.cancel();
                }
                return false;
            }
        }
        for (feed, position) in causes {
            for (_, done) in self.done.iter().filter(|(other, _)| *other == feed) {
                done.send_replace(position);
            }
        }
        true
    }

    /// Publishes until it succeeds or cannot succeed any more; the newest position.
    async fn insist(&self, stream: Stream, records: &[Record]) -> Result<Sequence, BusError> {
        if records.is_empty() {
            return Ok(Sequence(0));
        }
        let mut unknown = 0;
        loop {
            let error = match self.bus.publish(stream, records.to_vec()).await {
                Ok(positions) => return Ok(positions.into_iter().max().unwrap_or_default()),
                Err(error) => error,
            };
            let pause = match error.class() {
                Class::Transient(pause) => pause,
                // The bus knows records by their ids, so repeating what may have worked is safe.
                Class::Unknown if unknown < REPEATS => {
                    unknown += 1;
                    PAUSE
                }
                Class::Unknown | Class::Permanent => return Err(error),
            };
            tracing::warn!(stream = stream.name(), %error, "cannot publish yet");
            tokio::select! {
                () = tokio::time::sleep(pause) => (),
                () = self.stop.cancelled() => return Err(error),
            }
        }
    }

    async fn keep(&self, mut positions: Positions, kept: Kept) {
        positions.advance(Feed::Orders, self.orders);
        let Kept { asked, engine } = kept;
        let bytes = Checkpoint { positions, asked, engine }.encode();
        self.metrics.snapshot_bytes.set(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
        if let Err(error) = self.store.put_snapshot(NAME, bytes).await {
            tracing::error!(%error, "cannot keep a snapshot; a restart will read more from the bus");
        }
    }
}
