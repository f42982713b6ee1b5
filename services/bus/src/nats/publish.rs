//! Putting messages on one stream.
//!
//! ```text
//! callers ─► queue (bounded) ─► lane ─┬─► flights: many at once, one of a key
//!                                     └─► an atomic batch, when nothing is in flight
//! ```
//!
//! No two messages of a key are in flight at once, so whatever fails, order per key holds: what goes wrong concerns
//! one message of a key, and nothing behind it was sent yet. A batch is stored as a whole or not at all. Every message
//! has an id, so sending again never makes a second one.
//!
//! Which of the two is faster depends on how the server syncs: [`pace`] measures it.

mod batch;
mod flight;
mod lane;
mod pace;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use async_nats::{HeaderMap, Subject};
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::flight::Item;
use self::lane::Lane;
use self::verdict::Failure;
use super::link::Link;
use crate::{BusError, Class};

/// What waits for one stream's publisher takes no more memory than this.
const WAITING: usize = 64 << 20;

/// A message on its way.
#[derive(Debug, Clone)]
pub(super) struct Message {
    /// Messages with the same key keep their order.
    pub(super) key: Box<str>,
    /// Its `Nats-Msg-Id`, which stands in the headers too.
    pub(super) id: Box<str>,
    pub(super) subject: Subject,
    pub(super) headers: HeaderMap,
    pub(super) payload: Bytes,
}

/// What one call of a publisher puts on the stream.
type Call = Vec<Item>;

/// Room in the queue, until every message of a call is answered.
type Room = Arc<OwnedSemaphorePermit>;

/// How a publisher works.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// The JetStream stream.
    pub(super) stream: String,
    /// Whether it takes atomic batches.
    pub(super) atomic: bool,
    /// What batches' ids begin with.
    pub(super) session: Arc<str>,
    pub(super) queue: usize,
    pub(super) retry_for: Duration,
}

/// Puts messages on one stream, in the order in which they are handed in.
#[derive(Debug)]
pub(super) struct Publisher {
    calls: mpsc::Sender<Call>,
    room: Arc<Semaphore>,
    link: Link,
    stream: String,
}

impl Publisher {
    /// Starts the task that sends; it ends, with nothing left undone, after `closing`.
    pub(super) fn start(
        link: &Link,
        options: Options,
        closing: &CancellationToken,
        tasks: &TaskTracker,
    ) -> Self {
        let (calls, taken) = mpsc::channel(options.queue);
        let stream = options.stream.clone();
        let lane = Lane::new(link.clone(), options, closing.clone());
        tasks.spawn(run(taken, lane, closing.clone()));
        Self { calls, room: Arc::new(Semaphore::new(WAITING)), link: link.clone(), stream }
    }

    /// Returns the positions of the messages once they are stored, or the first failure of any of them.
    pub(super) async fn publish(&self, messages: Vec<Message>) -> Result<Vec<u64>, BusError> {
        let bytes = messages.iter().map(|message| message.payload.len() + message.key.len()).sum::<usize>();
        let room = u32::try_from(bytes.clamp(1, WAITING)).unwrap_or(u32::MAX);
        let room = self.room.clone().acquire_many_owned(room).await.map_err(|_| BusError::Closed)?;
        let room: Room = Arc::new(room);
        let mut answers = Vec::with_capacity(messages.len());
        let item = |message| {
            let (answer, answered) = oneshot::channel();
            answers.push(answered);
            Item::new(message, answer, room.clone())
        };
        let call = messages.into_iter().map(item).collect();
        self.calls.send(call).await.map_err(|_| BusError::Closed)?;
        let mut positions = Vec::with_capacity(answers.len());
        for answered in answers {
            match answered.await {
                Ok(answer) => positions.push(answer.map_err(|failure| self.error(&failure))?),
                // The task ended without an answer: it cannot be told what became of the message.
                Err(_) => return Err(self.link.error(&self.what(), "the publisher ended", Class::Unknown)),
            }
        }
        Ok(positions)
    }

    fn error(&self, failure: &Failure) -> BusError {
        self.link.error(&self.what(), &failure.reason, failure.class)
    }

    fn what(&self) -> String {
        format!("publishing on stream {}", self.stream)
    }
}

async fn run(mut calls: mpsc::Receiver<Call>, mut lane: Lane, closing: CancellationToken) {
    let mut more = true;
    while more || !lane.is_idle() {
        tokio::select! {
            biased;
            () = lane.answered(), if lane.is_flying() => {}
            call = calls.recv(), if more && lane.has_room() => match call {
                Some(call) => lane.take(call),
                None => more = false,
            },
            () = closing.cancelled(), if !calls.is_closed() => {
                // What is queued is still sent; what comes later is refused.
                calls.close();
            }
        }
        while lane.has_room()
            && let Ok(call) = calls.try_recv()
        {
            lane.take(call);
        }
        lane.send().await;
    }
}
