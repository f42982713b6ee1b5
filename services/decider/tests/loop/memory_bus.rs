//! A bus in memory that a test can look into, cut short and break.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use bus::{Alone, Bus, BusError, Change, Class, Consumer, Delivery, Record, Sequence, Share, Start};
use model::Stream;
use tokio::sync::{mpsc, watch};

#[derive(Default)]
struct Log {
    records: Vec<Delivery>,
    /// Records up to here are no longer kept.
    forgotten: u64,
}

#[derive(Default)]
struct State {
    logs: BTreeMap<Stream, Log>,
    positions: BTreeMap<(Stream, String), Sequence>,
    broken: bool,
    /// Nothing is taken for now.
    refusing: bool,
    /// Publications of an id that was there already.
    repeated: usize,
}

/// Cheap to clone; all clones are one bus.
#[derive(Clone)]
pub(crate) struct MemoryBus {
    state: Arc<Mutex<State>>,
    news: watch::Sender<u64>,
    /// While this is true, publications to `orders` wait.
    held: watch::Sender<bool>,
    /// Where this handle's replica learns what it has to do; alone where there is none.
    replica: Option<Arc<Replica>>,
}

/// What a test tells one replica, and hears of it.
pub(crate) struct Replica {
    changes: tokio::sync::Mutex<mpsc::UnboundedReceiver<Change>>,
    released: watch::Sender<u32>,
}

/// The test's end of a replica.
pub(crate) struct Script {
    changes: mpsc::UnboundedSender<Change>,
    released: watch::Receiver<u32>,
}

impl Script {
    pub(crate) fn gain(&self) {
        self.changes.send(Change::Gained(0)).unwrap();
    }

    pub(crate) fn lose(&self) {
        self.changes.send(Change::Lost(0)).unwrap();
    }

    /// How often the part was given back.
    pub(crate) fn released(&self) -> u32 {
        *self.released.borrow()
    }
}

impl MemoryBus {
    pub(crate) fn new() -> Self {
        let (news, held) = (watch::Sender::new(0), watch::Sender::new(false));
        Self { state: Arc::default(), news, held, replica: None }
    }

    /// The same bus as one of several replicas has it.
    pub(crate) fn replica(&self) -> (Self, Script) {
        let (changes, told) = mpsc::unbounded_channel();
        let (releasing, released) = watch::channel(0);
        let replica = Replica { changes: tokio::sync::Mutex::new(told), released: releasing };
        (Self { replica: Some(Arc::new(replica)), ..self.clone() }, Script { changes, released })
    }

    /// How often an id was published that was there already.
    pub(crate) fn repeated(&self) -> usize {
        self.lock().repeated
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn put(&self, stream: Stream, key: &str, data: impl Into<Vec<u8>>) -> Sequence {
        let record = Record { key: key.into(), id: None, data: data.into().into() };
        let sequence = append(&mut self.lock(), stream, record);
        self.news.send_modify(|n| *n += 1);
        sequence
    }

    pub(crate) fn all(&self, stream: Stream) -> Vec<Delivery> {
        self.lock().logs.get(&stream).map(|log| log.records.clone()).unwrap_or_default()
    }

    pub(crate) fn acked(&self, stream: Stream) -> Sequence {
        self.lock().positions.get(&(stream, "decider".into())).copied().unwrap_or_default()
    }

    pub(crate) fn forget(&self, stream: Stream, through: Sequence) {
        self.lock().logs.entry(stream).or_default().forgotten = through.0;
    }

    pub(crate) fn hold_orders(&self, hold: bool) {
        self.held.send_replace(hold);
    }

    pub(crate) fn refuse(&self, refusing: bool) {
        self.lock().refusing = refusing;
    }

    pub(crate) fn break_down(&self) {
        self.lock().broken = true;
    }
}

fn append(state: &mut State, stream: Stream, record: Record) -> Sequence {
    let log = state.logs.entry(stream).or_default();
    if let Some(known) = log.records.iter().find(|known| record.id.is_some() && known.id == record.id) {
        state.repeated += 1;
        return known.sequence;
    }
    let sequence = Sequence(log.records.len() as u64 + 1);
    log.records.push(Delivery { sequence, key: record.key, id: record.id, data: record.data });
    sequence
}

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, stream: Stream, records: Vec<Record>) -> Result<Vec<Sequence>, BusError> {
        if stream == Stream::Orders {
            let _ = self.held.subscribe().wait_for(|held| !held).await;
        }
        let mut state = self.lock();
        if state.broken {
            return Err(BusError::Closed);
        }
        if state.refusing {
            return Err(BusError::Broker {
                server: "test".into(),
                what: format!("publishing on {}", stream.name()),
                reason: "refused by the test".into(),
                class: Class::Transient(std::time::Duration::from_millis(5)),
            });
        }
        let sequences = records.into_iter().map(|record| append(&mut state, stream, record)).collect();
        drop(state);
        self.news.send_modify(|n| *n += 1);
        Ok(sequences)
    }

    async fn consume(
        &self,
        stream: Stream,
        consumer: &str,
        start: Start,
    ) -> Result<Box<dyn Consumer>, BusError> {
        let mut state = self.lock();
        let stored = state.positions.get(&(stream, consumer.to_owned())).copied();
        let log = state.logs.entry(stream).or_default();
        let at = match (start, stored) {
            (Start::After(position), _) => position,
            (_, Some(stored)) => stored,
            (Start::Oldest, None) => Sequence(log.forgotten),
            (Start::Newest, None) => Sequence(log.records.len() as u64),
        };
        let mut reader = MemoryConsumer { bus: self.clone(), stream, name: consumer.to_owned(), at };
        drop(state);
        reader.take(0).map(|_| Box::new(reader) as Box<dyn Consumer>)
    }

    async fn latest(&self, stream: Stream) -> Result<(Vec<Delivery>, Sequence), BusError> {
        let all = self.all(stream);
        let newest = Sequence(all.len() as u64);
        let last: BTreeMap<_, _> = all.into_iter().map(|record| (record.key.clone(), record)).collect();
        let mut last: Vec<_> = last.into_values().collect();
        last.sort_by_key(|record| record.sequence);
        Ok((last, newest))
    }

    async fn newest(&self, stream: Stream) -> Result<Sequence, BusError> {
        Ok(Sequence(self.all(stream).len() as u64))
    }

    async fn share(&self, _work: &str, parts: u16) -> Result<Box<dyn Share>, BusError> {
        Ok(match &self.replica {
            None => Box::new(Alone::new(parts)),
            Some(replica) => Box::new(Told(replica.clone())),
        })
    }
}

/// The share of a replica that a test scripts.
struct Told(Arc<Replica>);

#[async_trait]
impl Share for Told {
    async fn change(&mut self) -> Result<Change, BusError> {
        self.0.changes.lock().await.recv().await.ok_or(BusError::Closed)
    }

    async fn release(&mut self, _part: u16) -> Result<(), BusError> {
        self.0.released.send_modify(|n| *n += 1);
        Ok(())
    }
}

struct MemoryConsumer {
    bus: MemoryBus,
    stream: Stream,
    name: String,
    at: Sequence,
}

impl MemoryConsumer {
    fn take(&mut self, max: usize) -> Result<Vec<Delivery>, BusError> {
        let mut state = self.bus.lock();
        let log = state.logs.entry(self.stream).or_default();
        if self.at.0 < log.forgotten {
            return Err(BusError::FellBehind {
                stream: self.stream.name(),
                consumer: self.name.clone(),
                wanted: self.at.0 + 1,
                oldest: log.forgotten + 1,
            });
        }
        let taken: Vec<_> = log.records.iter().skip(self.at.0 as usize).take(max).cloned().collect();
        self.at = taken.last().map_or(self.at, |last| last.sequence);
        Ok(taken)
    }
}

#[async_trait]
impl Consumer for MemoryConsumer {
    async fn next(&mut self, max: usize) -> Result<Vec<Delivery>, BusError> {
        let mut news = self.bus.news.subscribe();
        loop {
            let taken = self.take(max)?;
            if !taken.is_empty() {
                return Ok(taken);
            }
            news.changed().await.map_err(|_| BusError::Closed)?;
        }
    }

    async fn ack(&mut self, sequence: Sequence) -> Result<(), BusError> {
        self.bus.lock().positions.insert((self.stream, self.name.clone()), sequence);
        Ok(())
    }
}
