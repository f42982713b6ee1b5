//! A bus in memory: what the port promises, without a disk.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bus::{Bus, BusError, Consumer, Delivery, Record, Sequence, Start};
use model::Stream;
use tokio::sync::Notify;

#[derive(Default)]
struct Log {
    records: Vec<Delivery>,
    ids: BTreeMap<Box<str>, Sequence>,
    positions: BTreeMap<String, Sequence>,
}

#[derive(Default)]
struct Inner {
    logs: Mutex<BTreeMap<Stream, Log>>,
    grown: Notify,
    /// Streams that take nothing at the moment.
    refusing: Mutex<BTreeSet<Stream>>,
    /// Streams that do not answer at the moment, although they take everything.
    mute: Mutex<BTreeSet<Stream>>,
}

/// A bus in memory. Clones are the same bus.
#[derive(Clone, Default)]
pub struct MemoryBus(Arc<Inner>);

impl MemoryBus {
    fn logs(&self) -> MutexGuard<'_, BTreeMap<Stream, Log>> {
        self.0.logs.lock().expect("not poisoned")
    }

    /// Whether a stream leaves open what became of records, all of which it takes.
    pub fn mute(&self, stream: Stream, mute: bool) {
        let mut all = self.0.mute.lock().expect("not poisoned");
        if mute {
            all.insert(stream)
        } else {
            all.remove(&stream)
        };
    }

    /// Every record that was ever put on a stream.
    pub fn all(&self, stream: Stream) -> Vec<Delivery> {
        self.logs().entry(stream).or_default().records.clone()
    }

    /// Whether a stream takes records.
    pub fn refuse(&self, stream: Stream, refuse: bool) {
        let mut refusing = self.0.refusing.lock().expect("not poisoned");
        if refuse {
            refusing.insert(stream)
        } else {
            refusing.remove(&stream)
        };
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, stream: Stream, records: Vec<Record>) -> Result<Vec<Sequence>, BusError> {
        if self.0.refusing.lock().expect("not poisoned").contains(&stream) {
            let source = std::io::Error::other("refused by the test");
            return Err(BusError::Io { what: "writing", path: stream.name().into(), source });
        }
        let mut logs = self.logs();
        let log = logs.entry(stream).or_default();
        let mut sequences = Vec::new();
        for Record { key, id, data } in records {
            let sequence = Sequence(log.records.len() as u64 + 1);
            if let Some(first) = id.as_ref().and_then(|id| log.ids.get(id)) {
                sequences.push(*first);
                continue;
            }
            if let Some(id) = &id {
                log.ids.insert(id.clone(), sequence);
            }
            log.records.push(Delivery { sequence, key, id, data });
            sequences.push(sequence);
        }
        drop(logs);
        self.0.grown.notify_waiters();
        if self.0.mute.lock().expect("not poisoned").contains(&stream) {
            let source = std::io::Error::other("the answer is lost");
            return Err(BusError::Io { what: "writing", path: stream.name().into(), source });
        }
        Ok(sequences)
    }

    async fn consume(&self, stream: Stream, name: &str, start: Start) -> Result<Box<dyn Consumer>, BusError> {
        let mut logs = self.logs();
        let log = logs.entry(stream).or_default();
        let stored = log.positions.get(name).copied();
        let after = match start {
            Start::After(sequence) => sequence,
            Start::Oldest => stored.unwrap_or_default(),
            Start::Newest => stored.unwrap_or(Sequence(log.records.len() as u64)),
        };
        Ok(Box::new(Reader { bus: self.clone(), stream, name: name.to_owned(), after }))
    }

    async fn latest(&self, stream: Stream) -> Result<(Vec<Delivery>, Sequence), BusError> {
        let mut logs = self.logs();
        let log = logs.entry(stream).or_default();
        let by_key: BTreeMap<_, _> = log.records.iter().map(|d| (d.key.clone(), d.clone())).collect();
        let mut latest: Vec<_> = by_key.into_values().collect();
        latest.sort_by_key(|delivery| delivery.sequence);
        Ok((latest, Sequence(log.records.len() as u64)))
    }

    async fn newest(&self, stream: Stream) -> Result<Sequence, BusError> {
        Ok(Sequence(self.logs().entry(stream).or_default().records.len() as u64))
    }
}

struct Reader {
    bus: MemoryBus,
    stream: Stream,
    name: String,
    after: Sequence,
}

#[async_trait]
impl Consumer for Reader {
    async fn next(&mut self, max: usize) -> Result<Vec<Delivery>, BusError> {
        loop {
            let grown = self.bus.0.grown.notified();
            tokio::pin!(grown);
            grown.as_mut().enable();
            let found: Vec<Delivery> = {
                let mut logs = self.bus.logs();
                let records = &logs.entry(self.stream).or_default().records;
                let from = usize::try_from(self.after.0).expect("small");
                // As strictly as a broker may: of a stream of last values nothing replaced is ever delivered.
                let last = self.stream.latest_per_key();
                let replaced = |at: usize| records[at + 1..].iter().any(|later| later.key == records[at].key);
                let kept = (from..records.len()).filter(|at| !last || !replaced(*at));
                kept.take(max).map(|at| records[at].clone()).collect()
            };
            if let Some(last) = found.last() {
                self.after = last.sequence;
                return Ok(found);
            }
            grown.await;
        }
    }

    async fn ack(&mut self, sequence: Sequence) -> Result<(), BusError> {
        let mut logs = self.bus.logs();
        let positions = &mut logs.entry(self.stream).or_default().positions;
        let position = positions.entry(self.name.clone()).or_default();
        *position = (*position).max(sequence);
        Ok(())
    }
}
