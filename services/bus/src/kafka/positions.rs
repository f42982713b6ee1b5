//! Positions of consumers, kept by the cluster as committed offsets.
//!
//! An acknowledgement does not wait for the coordinator: a thread commits the newest position while there is one
//! that is not kept yet, so that a hundred acknowledgements in a row are a few commits. Whoever opens the consumer
//! again, closes the bus or drops it waits until the thread has finished.

use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use model::Stream;
use tokio::sync::Notify;

use super::group::Group;
use super::{Config, topics};
use crate::{BusError, Class};

/// A cluster that does not keep a position is asked again after this.
const AGAIN: Duration = Duration::from_millis(200);
/// And is given up after this; the next acknowledgement tries again.
const PATIENCE: Duration = Duration::from_secs(10);

/// The positions of every consumer that this bus has opened.
#[derive(Debug, Default)]
pub(super) struct Positions {
    table: Arc<Mutex<Table>>,
}

#[derive(Debug, Default)]
pub(super) struct Table {
    groups: HashMap<Box<str>, Arc<Group>>,
    positions: HashMap<(Stream, Box<str>), Arc<Position>>,
}

/// The position of one named consumer of one stream.
#[derive(Debug)]
pub(super) struct Position {
    group: Arc<Group>,
    topic: String,
    state: Mutex<State>,
    idle: Notify,
    idle_blocking: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The newest acknowledgement that is not kept yet.
    wanted: Option<u64>,
    running: bool,
    refused: Option<BusError>,
}

impl Positions {
    pub(super) fn of(&self, config: &Config, stream: Stream, name: &str) -> Result<Arc<Position>, BusError> {
        let mut table = self.lock();
        if let Some(position) = table.positions.get(&(stream, Box::from(name))) {
            return Ok(position.clone());
        }
        let group = match table.groups.get(name) {
            Some(group) => group.clone(),
            None => Arc::new(Group::new(config, name)?),
        };
        let position = Arc::new(Position {
            group: group.clone(),
            topic: topics::internal(&config.prefix, stream),
            state: Mutex::default(),
            idle: Notify::new(),
            idle_blocking: Condvar::new(),
        });
        table.groups.insert(name.into(), group);
        table.positions.insert((stream, name.into()), position.clone());
        Ok(position)
    }

    /// Waits until every position is kept, or given up.
    pub(super) async fn settle(&self) {
        for position in self.all() {
            if tokio::time::timeout(PATIENCE, position.settled()).await.is_err() {
                tracing::warn!(topic = position.topic, "a position is not kept; its last records come again");
            }
        }
    }

    /// What [`attend`] looks through. It keeps nothing that [`Drop`] waits for.
    pub(super) fn table(&self) -> Weak<Mutex<Table>> {
        Arc::downgrade(&self.table)
    }

    fn all(&self) -> Vec<Arc<Position>> {
        self.lock().positions.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hears what librdkafka has to say about the groups.
pub(super) fn attend(table: &Weak<Mutex<Table>>) {
    let Some(table) = table.upgrade() else { return };
    let groups: Vec<_> =
        table.lock().unwrap_or_else(PoisonError::into_inner).groups.values().cloned().collect();
    for group in groups {
        group.attend();
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
    pub(super) fn keep(self: &Arc<Self>, position: u64) -> Result<(), BusError> {
        let mut state = self.lock();
        state.wanted = Some(position);
        if !state.running {
            state.running = true;
            let own = self.clone();
            std::thread::spawn(move || own.run());
        }
        state.refused.take().map_or(Ok(()), Err)
    }

    /// The position that the cluster keeps. Blocks.
    pub(super) fn kept(&self) -> Result<Option<u64>, BusError> {
        self.group.kept(&self.topic)
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

    fn run(&self) {
        let mut give_up = Instant::now() + PATIENCE;
        while let Some(wanted) = self.next() {
            let Err(error) = self.group.keep(&self.topic, wanted) else {
                give_up = Instant::now() + PATIENCE;
                continue;
            };
            let hopeless = error.class() == Class::Permanent || Instant::now() > give_up;
            tracing::warn!(%error, hopeless, "cannot keep a consumer's position");
            let mut state = self.lock();
            if hopeless {
                state.refused = Some(error);
                state.wanted = None;
            } else {
                state.wanted.get_or_insert(wanted);
                drop(state);
                std::thread::sleep(AGAIN);
            }
        }
        self.idle.notify_waiters();
        self.idle_blocking.notify_all();
    }

    /// What is to be kept next; nothing ends the thread.
    fn next(&self) -> Option<u64> {
        let mut state = self.lock();
        let wanted = state.wanted.take();
        state.running = wanted.is_some();
        wanted
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
