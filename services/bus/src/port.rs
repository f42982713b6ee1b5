//! The port: what every bus can do.

use async_trait::async_trait;
use bytes::Bytes;
use model::Stream;

use crate::{Alone, BusError, Share};

/// Position of a record in its stream: 1 for the first, only growing.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize, serde::Deserialize,
)]
pub struct Sequence(pub u64);

/// What is put on a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Records with the same key keep their order; on latest-per-key streams the last one is kept.
    pub key: Box<str>,
    /// Where given, a second record with the same id on the same stream is suppressed while the bus remembers
    /// the first (at least the last 100,000 ids of a stream, across restarts; NATS remembers by time, as its
    /// `duplicate_window` says). Where the broker knows no ids, what other processes have published is suppressed by
    /// readers: it is on the stream and not delivered.
    pub id: Option<Box<str>>,
    /// JSON of the stream's `model` type.
    pub data: Bytes,
}

/// What comes from a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its position.
    pub sequence: Sequence,
    /// Its key.
    pub key: Box<str>,
    /// Its id, where it has one.
    pub id: Option<Box<str>>,
    /// JSON of the stream's `model` type.
    pub data: Bytes,
}

/// Where a consumer without a stored position begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At the oldest record that is kept.
    Oldest,
    /// After the newest record.
    Newest,
    /// After this position, whatever position is stored.
    After(Sequence),
}

/// A durable, keyed, at-least-once bus.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Appends the records in their order and returns their positions once they are as durable as the bus is
    /// configured to make them. A suppressed duplicate gets the position of the first one; one that only readers
    /// suppress gets its own.
    ///
    /// # Errors
    /// [`BusError`]; whether it may be repeated is in [`BusError::class`]. A repetition is safe where the
    /// records have ids.
    async fn publish(&self, stream: Stream, records: Vec<Record>) -> Result<Vec<Sequence>, BusError>;

    /// Opens the named consumer of a stream. It goes on after the last position that was acknowledged under this
    /// name; without one it begins at `start`.
    ///
    /// # Errors
    /// [`BusError::FellBehind`] where the records after the stored position are no longer kept: nothing is
    /// skipped silently. The caller decides (and opens again with [`Start::After`] or another name).
    async fn consume(
        &self,
        stream: Stream,
        consumer: &str,
        start: Start,
    ) -> Result<Box<dyn Consumer>, BusError>;

    /// The last record of every key of a latest-per-key stream, in the order of their positions, and the
    /// position up to which this is the truth.
    ///
    /// # Errors
    /// [`BusError`] where the stream cannot be read or keeps no latest values.
    async fn latest(&self, stream: Stream) -> Result<(Vec<Delivery>, Sequence), BusError>;

    /// Whether other processes can use this bus too.
    fn is_shared(&self) -> bool {
        false
    }

    /// Joins the replicas that share this work, cut into `parts`. A bus that only one process can use gives it all.
    ///
    /// # Errors
    /// [`BusError`] where the broker cannot be asked.
    async fn share(&self, _work: &str, parts: u16) -> Result<Box<dyn Share>, BusError> {
        Ok(Box::new(Alone::new(parts)))
    }

    /// Hands over what was published and acknowledged, then lets the bus go. Whoever uses it afterwards gets
    /// [`BusError::Closed`].
    async fn close(&self) {}

    /// The position of the newest record of a stream; zero where there is none.
    ///
    /// # Errors
    /// [`BusError`] where the bus cannot be asked.
    async fn newest(&self, stream: Stream) -> Result<Sequence, BusError>;
}

/// One reader of one stream.
#[async_trait]
pub trait Consumer: Send {
    /// Waits for at least one record and returns at most `max`, in order. What is not acknowledged comes again
    /// after the consumer is opened anew.
    ///
    /// # Errors
    /// [`BusError::FellBehind`] where retention overtook this reader, [`BusError::Closed`] after the bus stopped.
    async fn next(&mut self, max: usize) -> Result<Vec<Delivery>, BusError>;

    /// Acknowledges everything up to and including `sequence`.
    ///
    /// # Errors
    /// [`BusError`] where the position cannot be kept.
    async fn ack(&mut self, sequence: Sequence) -> Result<(), BusError>;
}
