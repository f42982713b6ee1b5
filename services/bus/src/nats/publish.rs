//! Putting messages on one stream.
//!
//! ```text
//! callers ─► queue (bounded) ─► group ─┬─► waves: one message of every key at a time, all at once
//!                                      └─► an atomic batch
//! ```
//!
//! A group goes out while nothing else of its stream is in flight, so whatever fails, order per key holds. What goes
//! wrong in a wave concerns one message of a key, and nothing behind it was sent yet. A batch is stored as a whole
//! or not at all. Every message has an id, so sending again never makes a second one.
//!
//! Which of the two is faster depends on how the server syncs: [`pace`] measures it.

mod batch;
mod group;
mod pace;
mod sender;
mod verdict;
mod wave;

use std::sync::Arc;
use std::time::Duration;

use async_nats::{HeaderMap, Subject};
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::group::Group;
use self::sender::Sender;
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

/// One call of a publisher, until it is answered.
#[derive(Debug)]
struct Call {
    messages: Vec<Message>,
    answer: oneshot::Sender<Result<Vec<u64>, Failure>>,
    /// Its room in the queue.
    _room: OwnedSemaphorePermit,
}

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
        let sender = Sender::new(link.clone(), options, closing.clone());
        tasks.spawn(run(taken, sender, closing.clone()));
        Self { calls, room: Arc::new(Semaphore::new(WAITING)), link: link.clone(), stream }
    }

    /// Returns the positions of the messages once they are stored.
    pub(super) async fn publish(&self, messages: Vec<Message>) -> Result<Vec<u64>, BusError> {
        let bytes = messages.iter().map(|message| message.payload.len() + message.key.len()).sum::<usize>();
        let room = u32::try_from(bytes.clamp(1, WAITING)).unwrap_or(u32::MAX);
        let _room = self.room.clone().acquire_many_owned(room).await.map_err(|_| BusError::Closed)?;
        let (answer, answered) = oneshot::channel();
        self.calls.send(Call { messages, answer, _room }).await.map_err(|_| BusError::Closed)?;
        match answered.await {
            Ok(answer) => answer.map_err(|failure| self.error(&failure)),
            // The task ended without an answer: it cannot be told what became of the messages.
            Err(_) => Err(self.link.error(&self.what(), "the publisher ended", Class::Unknown)),
        }
    }

    fn error(&self, failure: &Failure) -> BusError {
        self.link.error(&self.what(), &failure.reason, failure.class)
    }

    fn what(&self) -> String {
        format!("publishing on stream {}", self.stream)
    }
}

async fn run(mut calls: mpsc::Receiver<Call>, mut sender: Sender, closing: CancellationToken) {
    loop {
        let first = tokio::select! {
            biased;
            call = calls.recv() => call,
            () = closing.cancelled(), if !calls.is_closed() => {
                // What is queued is still sent; what comes later is refused.
                calls.close();
                continue;
            }
        };
        let Some(first) = first else { return };
        let mut group = Group::default();
        group.add(first);
        while !group.is_full()
            && let Ok(call) = calls.try_recv()
        {
            group.add(call);
        }
        let answers = sender.send(&group.messages).await;
        group.answer(&answers);
    }
}
