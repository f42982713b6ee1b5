//! Positions of consumers, kept by the cluster as committed offsets.
//!
//! An acknowledgement does not wait for the coordinator: a thread commits the newest position while there is one
//! that is not kept yet, so that a hundred acknowledgements in a row are a few commits. Whoever opens the consumer
//! again, closes the bus or drops it waits until the thread has finished.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use model::Stream;
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::Notify;

use super::client::{EndsAside, Listener};
use super::failure;
use crate::{BusError, Class};

/// A cluster that does not keep a position is asked again after this.
const AGAIN: Duration = Duration::from_millis(200);
/// And is given up after this; the next acknowledgement tries again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Every position that this bus has acknowledged.
#[derive(Debug, Default)]
pub(super) struct Positions {
    by_name: Mutex<HashMap<(Stream, Box<str>), Arc<Position>>>,
}

/// The position of one named consumer of one stream.
#[derive(Debug, Default)]
pub(super) struct Position {
    state: Mutex<State>,
    idle: Notify,
    idle_blocking: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The newest acknowledgement that is not kept yet.
    wanted: Option<i64>,
    running: bool,
    refused: Option<BusError>,
}

/// Who commits, and where.
#[derive(Clone)]
pub(super) struct Keeper {
    pub(super) client: Arc<EndsAside<StreamConsumer<Listener>>>,
    pub(super) server: Arc<str>,
    pub(super) topic: Arc<str>,
}

impl Positions {
    pub(super) fn of(&self, stream: Stream, consumer: &str) -> Arc<Position> {
        let mut by_name = self.by_name.lock().unwrap_or_else(PoisonError::into_inner);
        by_name.entry((stream, consumer.into())).or_default().clone()
    }

    /// Waits until every position is kept, or given up.
    pub(super) async fn settle(&self) {
        let all = self.all();
        for position in all {
            if tokio::time::timeout(PATIENCE, position.settled()).await.is_err() {
                tracing::warn!("a consumer's position could not be kept; its last records will come again");
            }
        }
    }

    fn all(&self) -> Vec<Arc<Position>> {
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

impl Drop for Positions {
    fn drop(&mut self) {
        let end = Instant::now() + PATIENCE;
        for position in self.all() {
            position.settled_by(end);
        }
    }
}

impl Position {
    /// Has this position kept, unless a newer one comes before it is.
    ///
    /// # Errors
    /// What an earlier attempt was refused for good.
    pub(super) fn keep(self: &Arc<Self>, keeper: &Keeper, position: u64) -> Result<(), BusError> {
        let mut state = self.lock();
        state.wanted = Some(i64::try_from(position).unwrap_or(i64::MAX));
        if !state.running {
            state.running = true;
            let (own, keeper) = (self.clone(), keeper.clone());
            std::thread::spawn(move || own.run(&keeper));
        }
        state.refused.take().map_or(Ok(()), Err)
    }

    /// Waits until nothing is left to be kept.
    pub(super) async fn settled(&self) {
        loop {
            let idle = self.idle.notified();
            if !self.lock().running {
                return;
            }
            idle.await;
        }
    }

    fn settled_by(&self, end: Instant) {
        let mut state = self.lock();
        while state.running {
            let Some(left) = end.checked_duration_since(Instant::now()) else { return };
            let waited = self.idle_blocking.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn run(&self, keeper: &Keeper) {
        let mut give_up = Instant::now() + PATIENCE;
        loop {
            let wanted = {
                let mut state = self.lock();
                let wanted = state.wanted.take();
                state.running = wanted.is_some();
                wanted
            };
            let Some(wanted) = wanted else { break };
            let Err(error) = keeper.commit(wanted) else {
                give_up = Instant::now() + PATIENCE;
                continue;
            };
            let error = failure::refused(&keeper.server, format!("keeping a position of {}", keeper.topic), &error);
            let hopeless = error.class() == Class::Permanent || Instant::now() > give_up;
            tracing::warn!(%error, hopeless, "cannot keep a consumer's position");
            let mut state = self.lock();
            if hopeless {
                state.refused = Some(error);
                state.wanted = None;
                state.running = false;
                break;
            }
            state.wanted.get_or_insert(wanted);
            drop(state);
            std::thread::sleep(AGAIN);
        }
        self.idle.notify_waiters();
        self.idle_blocking.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeper {
    /// The offset of the next record to be read is the sequence of the last one.
    fn commit(&self, position: i64) -> Result<(), KafkaError> {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, 0, Offset::Offset(position))?;
        self.client.commit(&list, CommitMode::Sync)
    }
}
