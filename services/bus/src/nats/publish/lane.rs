//! What is in flight, and what waits for it.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use futures_util::FutureExt;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::flight::{Flight, Item};
use super::pace::Pace;
use super::verdict::{Failure, Verdict};
use super::{Call, Options};
use crate::nats::link::{AGAIN, Link};

/// A lane that holds as much as this takes no more calls.
const MESSAGES: usize = 4_096;
/// No more bytes in flight.
const BYTES: usize = 8 << 20;

/// The messages of one stream that are not answered yet.
pub(super) struct Lane {
    pub(super) link: Link,
    pub(super) options: Options,
    pub(super) pace: Pace,
    /// How many batches there were.
    pub(super) batches: u64,
    /// How many messages came so far.
    taken: u64,
    /// Neither looked at nor sent yet.
    pub(super) waiting: VecDeque<Item>,
    /// How many of the next are to be sent one by one, because they were refused as a batch.
    pub(super) singly: usize,
    /// Keys that are taken (by their hash), with what waits behind the message that has it.
    locks: HashMap<u64, VecDeque<Item>>,
    parked: usize,
    /// The longest that waited behind one key since nothing did.
    depth: usize,
    /// Next in line of their keys.
    ready: Vec<(u64, Item)>,
    /// Sent, in this order.
    flying: VecDeque<Flight>,
    bytes: usize,
    /// Nothing is sent, so that a batch can go.
    holding: bool,
    /// Something failed that has to wait before it is sent again.
    patient: bool,
    /// Something is to be sent again.
    failed: bool,
    connections: watch::Receiver<u64>,
    hasher: RandomState,
    closing: CancellationToken,
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (waiting, flying) = (self.waiting.len() + self.parked, self.flying.len());
        f.debug_struct("Lane").field("waiting", &waiting).field("flying", &flying).finish_non_exhaustive()
    }
}

impl Lane {
    pub(super) fn new(link: Link, options: Options, closing: CancellationToken) -> Self {
        let connections = link.connections();
        Self {
            link,
            options,
            pace: Pace::new(Instant::now()),
            batches: 0,
            taken: 0,
            waiting: VecDeque::new(),
            singly: 0,
            locks: HashMap::new(),
            parked: 0,
            depth: 0,
            ready: Vec::new(),
            flying: VecDeque::new(),
            bytes: 0,
            holding: false,
            patient: false,
            failed: false,
            connections,
            hasher: RandomState::new(),
            closing,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.flying.is_empty() && self.waiting.is_empty() && self.parked == 0 && self.ready.is_empty()
    }

    pub(super) fn is_flying(&self) -> bool {
        !self.flying.is_empty()
    }

    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() + self.parked + self.flying.len() < MESSAGES
    }

    pub(super) fn take(&mut self, call: Call) {
        for mut item in call {
            self.taken += 1;
            item.number = self.taken;
            self.waiting.push_back(item);
        }
    }

    /// Sends what can go.
    pub(super) async fn send(&mut self) {
        if self.failed {
            // All that is in flight lands first: what failed together is sent again together.
            if self.is_flying() {
                return;
            }
            if std::mem::take(&mut self.patient) {
                self.pause().await;
            }
            self.failed = false;
        }
        for (lock, item) in std::mem::take(&mut self.ready) {
            self.fly(lock, item).await;
        }
        while self.holding || self.prefers_batch() {
            self.holding = self.is_flying();
            if self.holding {
                return;
            }
            self.gather();
            // What was waited for may have been given up meanwhile.
            if self.waiting.len() > 1 {
                self.batch().await;
            }
        }
        if !self.is_flying() {
            self.gather();
        }
        let most = self.pace.window();
        while self.flying.len() < most
            && self.bytes < BYTES
            && let Some(item) = self.waiting.pop_front()
        {
            self.place(item).await;
        }
    }

    fn prefers_batch(&self) -> bool {
        let queued = self.waiting.len() + self.parked;
        let possible = queued > 1 && self.singly == 0 && self.options.atomic;
        possible && self.pace.prefers_batch(queued, self.depth + 1, Instant::now())
    }

    /// Takes back what waits behind keys, none of which is in flight. It came before all that still waits.
    fn gather(&mut self) {
        let mut parked: Vec<Item> = self.locks.drain().flat_map(|(_, behind)| behind).collect();
        parked.sort_unstable_by_key(|item| item.number);
        parked.into_iter().rev().for_each(|item| self.waiting.push_front(item));
        (self.parked, self.depth) = (0, 0);
    }

    /// Sends a message, or lets it wait behind the one that has its key.
    pub(super) async fn place(&mut self, item: Item) {
        let lock = self.hasher.hash_one(&item.message.key);
        if let Some(behind) = self.locks.get_mut(&lock) {
            behind.push_back(item);
            self.parked += 1;
            self.depth = self.depth.max(behind.len());
        } else {
            self.locks.insert(lock, VecDeque::new());
            self.fly(lock, item).await;
        }
    }

    async fn fly(&mut self, lock: u64, mut item: Item) {
        let sent = Instant::now();
        item.deadline.get_or_insert_with(|| sent + self.options.retry_for);
        let alone = self.flying.is_empty();
        if alone {
            self.connections.mark_unchanged();
            self.pace.begin(sent);
        }
        // Nothing is put on a connection that is not there: what is known not to be sent was not stored.
        let ack = if self.stuck() || !self.link.ready().await {
            Err(Verdict::Again("there is no connection".into()))
        } else {
            let message = &item.message;
            let (subject, headers) = (message.subject.clone(), message.headers.clone());
            let sent =
                self.link.jetstream.publish_with_headers(subject, headers, message.payload.clone()).await;
            sent.map(IntoFuture::into_future).map_err(|error| Verdict::of(&error))
        };
        self.bytes += item.bytes();
        self.flying.push_back(Flight { item, lock, ack, sent, alone });
    }

    /// Whether the last message could not be sent, so that the next one need not try for as long.
    fn stuck(&self) -> bool {
        self.flying.back().is_some_and(|flight| flight.ack.is_err()) && !self.link.is_connected()
    }

    /// Waits for the next answer, and takes those that are there then.
    pub(super) async fn answered(&mut self) {
        let Some(first) = self.flying.front_mut() else { return };
        let answer = tokio::select! {
            biased;
            answer = first.answered() => Some(answer),
            _ = self.connections.changed() => None,
        };
        let now = Instant::now();
        // What was sent before this and is not answered by now will not be.
        let overdue = match &answer {
            None => Some(now),
            Some(Err(Verdict::InDoubt(_))) => now.checked_sub(self.link.ack_timeout),
            Some(_) => None,
        };
        let alone = first.alone.then_some(first.sent);
        let mut landed = 0;
        let mut next = answer;
        while let Some(first) = self.flying.front() {
            let lost = || {
                Err(Verdict::InDoubt(
                    "the connection was lost, or time was up, before it was acknowledged".into(),
                ))
            };
            let overdue = overdue.is_some_and(|overdue| first.sent <= overdue);
            let Some(answer) = next.or_else(|| overdue.then(lost)) else { break };
            landed += u32::from(answer.is_ok());
            self.land(answer);
            next = self.flying.front_mut().and_then(|first| first.answered().now_or_never());
        }
        self.pace.landed(landed, self.flying.len(), alone, now);
    }

    /// The first in flight was answered.
    fn land(&mut self, answer: Result<u64, Verdict>) {
        let Some(Flight { mut item, lock, .. }) = self.flying.pop_front() else { return };
        self.bytes -= item.bytes();
        let reason = match answer {
            Ok(position) => {
                item.answer(Ok(position));
                return self.unlock(lock);
            }
            Err(Verdict::Refused(reason)) => {
                item.answer(Err(Failure::refused(&reason)));
                return self.unlock(lock);
            }
            Err(Verdict::InDoubt(reason)) => {
                item.in_doubt = true;
                reason
            }
            Err(Verdict::Again(reason)) => {
                self.patient = true;
                reason
            }
            // Answers to batches only.
            Err(Verdict::Duplicates | Verdict::Incomplete) => "an answer to a batch".into(),
        };
        if item.deadline.is_some_and(|deadline| self.is_over(deadline)) {
            item.give_up(&reason);
            let behind = self.locks.remove(&lock).unwrap_or_default();
            self.parked -= behind.len();
            self.singly = self.singly.saturating_sub(1 + behind.len());
            behind.into_iter().for_each(Item::unsent);
        } else {
            self.failed = true;
            self.ready.push((lock, item));
        }
    }

    /// The message that had a key is done.
    fn unlock(&mut self, lock: u64) {
        self.singly = self.singly.saturating_sub(1);
        let Some(behind) = self.locks.get_mut(&lock) else { return };
        if behind.is_empty() {
            self.locks.remove(&lock);
        } else if !self.holding
            && let Some(next) = behind.pop_front()
        {
            self.parked -= 1;
            self.ready.push((lock, next));
        }
        if self.parked == 0 {
            self.depth = 0;
        }
    }

    /// Whether to stop trying: time is up, or the bus is being closed.
    pub(super) fn is_over(&self, deadline: Instant) -> bool {
        Instant::now() >= deadline || self.closing.is_cancelled()
    }

    /// Waits a little, unless the bus is being closed.
    pub(super) async fn pause(&mut self) {
        let _ = tokio::time::timeout(AGAIN, self.closing.cancelled()).await;
    }
}
