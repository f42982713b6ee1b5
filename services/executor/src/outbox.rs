//! Everything that the executor publishes, in order, repeated until it is on the bus.
//!
//! Records have ids, so that what is published again after a crash is recognised.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bus::{Bus, BusError, Record};
use model::Stream;
use prometheus_client::metrics::gauge::Gauge;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;

/// How many records are published at once at most.
const BATCH: usize = 256;
const SHORTEST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

struct Letter {
    stream: Stream,
    record: Record,
    out: oneshot::Sender<()>,
}

/// Where to hand in what is to be published. What waits in it is bounded by the sagas that are open.
#[derive(Clone)]
pub(crate) struct Outbox {
    letters: mpsc::UnboundedSender<Letter>,
    waiting: Waiting,
}

/// How many records are not on the bus yet: these, and with those of other cells in the gauge.
#[derive(Clone)]
struct Waiting {
    count: Arc<AtomicI64>,
    gauge: Gauge,
}

impl Waiting {
    fn more(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.gauge.inc();
    }

    fn fewer(&self, count: usize) {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.count.fetch_sub(count, Ordering::Relaxed);
        self.gauge.dec_by(count);
    }

    fn none(&self) {
        self.gauge.dec_by(self.count.swap(0, Ordering::Relaxed));
    }
}

/// Resolves once the record is on the bus.
pub(crate) type Out = oneshot::Receiver<()>;

impl Outbox {
    /// An outbox, and the task that empties it until `stop`.
    pub(crate) fn new(
        bus: Arc<dyn Bus>,
        metrics: &Metrics,
        stop: CancellationToken,
    ) -> (Self, impl Future<Output = ()> + Send + use<>) {
        let (letters, mailbox) = mpsc::unbounded_channel();
        let waiting = Waiting { count: Arc::default(), gauge: metrics.unpublished.clone() };
        (Self { letters, waiting: waiting.clone() }, deliver(bus, mailbox, waiting, stop))
    }

    /// Publishes this, after everything that was handed in before.
    pub(crate) fn send(&self, stream: Stream, key: String, id: String, data: &impl Serialize) -> Out {
        let (out, published) = oneshot::channel();
        let data = serde_json::to_vec(data).expect("types of the bus can be written as JSON");
        let record = Record { key: key.into(), id: Some(id.into()), data: data.into() };
        self.waiting.more();
        // The task is gone only while the executor stops; what was not published is told again after the start.
        let _ = self.letters.send(Letter { stream, record, out });
        published
    }

    /// No longer counts what a cell that has stopped did not publish.
    pub(crate) fn let_go(&self) {
        self.waiting.none();
    }
}

async fn deliver(
    bus: Arc<dyn Bus>,
    mut mailbox: mpsc::UnboundedReceiver<Letter>,
    waiting: Waiting,
    stop: CancellationToken,
) {
    let mut batch = Vec::new();
    loop {
        if batch.is_empty() {
            tokio::select! {
                biased;
                taken = mailbox.recv_many(&mut batch, BATCH) => if taken == 0 { return },
                () = stop.cancelled() => return,
            }
        }
        // Streams keep their order among each other: an instance's state is out before the outcome that names it.
        let stream = batch[0].stream;
        let same = batch.iter().position(|letter| letter.stream != stream).unwrap_or(batch.len());
        let letters: Vec<Letter> = batch.drain(..same).collect();
        let count = letters.len();
        if !publish(bus.as_ref(), stream, letters, &stop).await {
            return;
        }
        waiting.fewer(count);
    }
}

/// Repeats until it is published; `false` if we stop before.
async fn publish(bus: &dyn Bus, stream: Stream, letters: Vec<Letter>, stop: &CancellationToken) -> bool {
    let mut wait = SHORTEST_WAIT;
    loop {
        let records = letters.iter().map(|letter| letter.record.clone()).collect();
        let published = tokio::select! {
            biased;
            () = stop.cancelled() => return false,
            published = bus.publish(stream, records) => published,
        };
        match published {
            Ok(_) => break,
            Err(error @ BusError::TooLarge { .. }) => {
                tracing::error!(stream = stream.name(), %error, "a record is dropped");
                break;
            }
            Err(error) => {
                tracing::warn!(stream = stream.name(), %error, "cannot publish; trying again");
                tokio::select! {
                    () = stop.cancelled() => return false,
                    () = tokio::time::sleep(wait) => wait = LONGEST_WAIT.min(wait * 2),
                }
            }
        }
    }
    for letter in letters {
        let _ = letter.out.send(());
    }
    true
}
