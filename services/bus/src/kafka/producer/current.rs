//! The producer that takes records now.

use std::sync::Arc;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseRecord, ThreadedProducer};

use super::Outgoing;
use super::delivered::Delivered;
use crate::BusError;
use crate::kafka::fate::Fate;

/// The producer that takes records now; nothing between a broken one and the next.
pub(super) struct Current {
    pub(super) producer: Option<ThreadedProducer<Delivered>>,
    pub(super) generation: u64,
    pub(super) closed: bool,
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current").field("generation", &self.generation).field("closed", &self.closed).finish()
    }
}

/// Why a call's records are not all queued.
pub(super) enum Halt {
    /// librdkafka's queue is full; this many records of the call are in.
    Full(usize),
    /// The producer takes no more records; this many of the call are in.
    Broken(usize, KafkaError),
}

impl Current {
    /// Queues the records from `from` on, at this generation if one is given, and says which generation it is now. One
    /// call's records are queued in one go, so that a call is together.
    pub(super) fn queue(
        &self,
        generation: Option<u64>,
        fates: &[Arc<Fate>],
        records: &mut [Outgoing<'_>],
        from: usize,
    ) -> Result<(u64, Result<(), Halt>), BusError> {
        let present = self.generation;
        let producer = match &self.producer {
            Some(producer) if generation.is_none_or(|wanted| wanted == present) => producer,
            _ if self.closed && from == 0 => return Err(BusError::Closed),
            _ => {
                let error = KafkaError::MessageProduction(RDKafkaErrorCode::PurgeQueue);
                return Ok((present, Err(Halt::Broken(from, error))));
            }
        };
        for (place, outgoing) in records.iter_mut().enumerate().skip(from) {
            let fate = fates[place].clone();
            let mut record =
                BaseRecord::with_opaque_to(outgoing.topic, fate).key(outgoing.key).payload(outgoing.data);
            record.partition = outgoing.partition;
            record.headers = outgoing.headers.take();
            if let Err((error, record)) = producer.send(record) {
                outgoing.headers = record.headers;
                let full = error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull);
                let halt = if full { Halt::Full(place) } else { Halt::Broken(place, error) };
                return Ok((present, Err(halt)));
            }
        }
        Ok((present, Ok(())))
    }
}
