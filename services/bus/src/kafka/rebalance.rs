//! What a group says about a member's parts, and what the member says back.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{TopicPartitionList, util::Timeout};
use tokio::sync::mpsc::UnboundedSender;

use super::client::Listener;
use crate::{BusError, Change};

/// What came of a replica's word that it works on a part no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handing {
    /// The part was asked for and is on its way, or was not this member's.
    Done,
    /// Nobody asked for it.
    Held,
}

/// Turns rebalances into changes. Parts that the group takes away in order are handed back once the replica has
/// released them all; until then the group gives them to nobody.
pub(super) struct Rebalance {
    listener: Listener,
    told: UnboundedSender<Result<Change, BusError>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: BTreeSet<u16>,
    asked: Option<Asked>,
    leaving: bool,
}

/// Parts that the group waits for.
struct Asked {
    list: TopicPartitionList,
    unreleased: BTreeSet<u16>,
    since: Instant,
}

impl Rebalance {
    pub(super) fn new(told: UnboundedSender<Result<Change, BusError>>) -> Self {
        Self { listener: Listener::new("share"), told, state: Mutex::default() }
    }

    /// The replica works on this part no more.
    pub(super) fn released(&self, client: &BaseConsumer<Self>, part: u16) -> Handing {
        let mut state = self.lock();
        let Some(asked) = &mut state.asked else {
            return if state.held.contains(&part) { Handing::Held } else { Handing::Done };
        };
        asked.unreleased.remove(&part);
        if asked.unreleased.is_empty() {
            hand_back(&mut state, client);
            return Handing::Done;
        }
        if state.held.contains(&part) { Handing::Held } else { Handing::Done }
    }

    /// Whether the group still waits: parts that it has given away meanwhile, or has waited a whole lease for, are
    /// let go.
    pub(super) fn look(&self, client: &BaseConsumer<Self>, lease: Duration) {
        let mut state = self.lock();
        let Some(asked) = &state.asked else { return };
        if client.assignment_lost() {
            let lost = std::mem::take(&mut state.held);
            self.tell(lost.into_iter().map(Change::Lost));
            hand_back(&mut state, client);
        } else if asked.since.elapsed() > lease {
            tracing::warn!(parts = ?asked.unreleased, ?lease, "parts were not released in a lease's time");
            hand_back(&mut state, client);
        }
    }

    /// Nothing is this member's any more.
    pub(super) fn lose_all(&self, client: &BaseConsumer<Self>) {
        let mut state = self.lock();
        let lost = std::mem::take(&mut state.held);
        self.tell(lost.into_iter().map(Change::Lost));
        hand_back(&mut state, client);
    }

    /// From now on the group waits for nobody here.
    pub(super) fn leave(&self, client: &BaseConsumer<Self>) {
        let mut state = self.lock();
        state.leaving = true;
        hand_back(&mut state, client);
    }

    fn tell(&self, changes: impl Iterator<Item = Change>) {
        for change in changes {
            // A replica that has gone away does not hear it.
            let _ = self.told.send(Ok(change));
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the group that it can have the parts that it asked for.
fn hand_back(state: &mut State, client: &BaseConsumer<Rebalance>) {
    if let Some(asked) = state.asked.take() {
        log_refusal(client.incremental_unassign(&asked.list));
    }
}

fn log_refusal(result: KafkaResult<()>) {
    if let Err(error) = result {
        tracing::warn!(%error, "a rebalance went wrong; the lease decides");
    }
}

fn parts(list: &TopicPartitionList) -> BTreeSet<u16> {
    list.elements().iter().filter_map(|element| u16::try_from(element.partition()).ok()).collect()
}

impl ClientContext for Rebalance {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        self.listener.log(level, facility, line);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.listener.error(error, reason);
    }
}

impl ConsumerContext for Rebalance {
    fn rebalance(&self, client: &BaseConsumer<Self>, event: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let mut state = self.lock();
        if event == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            log_refusal(client.incremental_assign(list));
            let gained: Vec<_> = parts(list).into_iter().filter(|part| state.held.insert(*part)).collect();
            self.tell(gained.into_iter().map(Change::Gained));
            return;
        }
        let revoked = parts(list);
        let lost: BTreeSet<_> = revoked.iter().copied().filter(|part| state.held.remove(part)).collect();
        self.tell(lost.iter().copied().map(Change::Lost));
        if state.leaving || lost.is_empty() || client.assignment_lost() {
            log_refusal(client.incremental_unassign(list));
            return;
        }
        state.asked = Some(Asked { list: list.clone(), unreleased: lost, since: Instant::now() });
    }

    fn main_queue_min_poll_interval(&self) -> Timeout {
        Timeout::After(Duration::from_millis(50))
    }
}
