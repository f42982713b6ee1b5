//! A replica's place at a bus: its own line, which can be cut, and its share of the work, which the test hands out.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bus::{Bus, BusError, Change, Consumer, Delivery, Record, Sequence, Share, Start};
use model::Stream;
use tokio::sync::{mpsc, watch};

use super::memory_bus::MemoryBus;

/// A replica's place at a bus. While its line is cut nothing comes through and nothing fails: it waits, as where a
/// network or the process itself stands still. What was sent arrives when the line is mended, whoever still waits.
#[derive(Clone)]
pub struct Seat(Arc<Inner>);

struct Inner {
    bus: MemoryBus,
    up: watch::Sender<bool>,
    changes: mpsc::UnboundedSender<Change>,
    share: Arc<tokio::sync::Mutex<mpsc::UnboundedReceiver<Change>>>,
    released: Mutex<Vec<u16>>,
    held: AtomicUsize,
}

impl Seat {
    pub fn new(bus: &MemoryBus) -> Self {
        let (changes, share) = mpsc::unbounded_channel();
        let (up, share) = (watch::Sender::new(true), Arc::new(tokio::sync::Mutex::new(share)));
        Self(Arc::new(Inner {
            bus: bus.clone(),
            up,
            changes,
            share,
            released: Mutex::default(),
            held: AtomicUsize::new(0),
        }))
    }

    /// Cuts the line, or mends it.
    pub fn cut(&self, cut: bool) {
        self.0.up.send_replace(!cut);
    }

    /// These parts are this replica's.
    pub fn give(&self, parts: impl IntoIterator<Item = u16>) {
        parts.into_iter().for_each(|part| self.0.changes.send(Change::Gained(part)).expect("it is open"));
    }

    /// This replica must let go of these parts.
    pub fn take(&self, parts: impl IntoIterator<Item = u16>) {
        parts.into_iter().for_each(|part| self.0.changes.send(Change::Lost(part)).expect("it is open"));
    }

    /// What was released so far.
    pub fn released(&self) -> Vec<u16> {
        self.0.released.lock().expect("not poisoned").clone()
    }

    /// How many publications wait for the line.
    pub fn held(&self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }

    async fn line(&self) {
        let mut up = self.0.up.subscribe();
        up.wait_for(|up| *up).await.expect("the sender is here");
    }
}

#[async_trait]
impl Bus for Seat {
    async fn publish(&self, stream: Stream, records: Vec<Record>) -> Result<Vec<Sequence>, BusError> {
        let (bus, seat) = (self.0.bus.clone(), self.clone());
        self.0.held.fetch_add(1, Ordering::Relaxed);
        let sent = tokio::spawn(async move {
            seat.line().await;
            seat.0.held.fetch_sub(1, Ordering::Relaxed);
            bus.publish(stream, records).await
        });
        let published = sent.await.expect("it does not panic");
        self.line().await;
        published
    }

    async fn consume(&self, stream: Stream, name: &str, start: Start) -> Result<Box<dyn Consumer>, BusError> {
        self.line().await;
        Ok(Box::new(Reader { seat: self.clone(), inner: self.0.bus.consume(stream, name, start).await? }))
    }

    async fn latest(&self, stream: Stream) -> Result<(Vec<Delivery>, Sequence), BusError> {
        self.line().await;
        self.0.bus.latest(stream).await
    }

    async fn share(&self, _work: &str, _parts: u16) -> Result<Box<dyn Share>, BusError> {
        self.line().await;
        Ok(Box::new(Scripted(self.clone())))
    }

    async fn newest(&self, stream: Stream) -> Result<Sequence, BusError> {
        self.line().await;
        self.0.bus.newest(stream).await
    }
}

struct Reader {
    seat: Seat,
    inner: Box<dyn Consumer>,
}

#[async_trait]
impl Consumer for Reader {
    async fn next(&mut self, max: usize) -> Result<Vec<Delivery>, BusError> {
        let found = self.inner.next(max).await;
        self.seat.line().await;
        found
    }

    async fn ack(&mut self, sequence: Sequence) -> Result<(), BusError> {
        self.seat.line().await;
        self.inner.ack(sequence).await
    }
}

struct Scripted(Seat);

#[async_trait]
impl Share for Scripted {
    async fn change(&mut self) -> Result<Change, BusError> {
        let mut share = self.0.0.share.lock().await;
        Ok(share.recv().await.expect("the sender is here"))
    }

    async fn release(&mut self, part: u16) -> Result<(), BusError> {
        self.0.0.released.lock().expect("not poisoned").push(part);
        Ok(())
    }
}
