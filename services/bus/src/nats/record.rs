//! Records as messages and back.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_nats::HeaderMap;
use async_nats::header::{HeaderValue, NATS_MESSAGE_ID};
use async_nats::jetstream;
use model::Stream;

use super::names::Names;
use super::publish::Message;
use super::text;
use crate::{BusError, Delivery, Record, Sequence};

/// The header with a record's key.
const KEY: &str = "Edgeroam-Key";
/// What ids begin with that were made for records without one. No other id does: a percent sign of its own is encoded.
const OWN: &str = "%.";
/// Keys, ids and names of consumers are no longer than this: a subject has to fit into one line of the protocol.
pub(super) const LONGEST_NAME: usize = 1_024;
/// One call publishes no more than this many bytes.
const MOST_AT_ONCE: usize = 64 << 20;

/// Makes messages of records.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) names: Names,
    /// Makes ids of this bus differ from all others'.
    pub(super) session: Arc<str>,
    pub(super) limit: usize,
    made: AtomicU64,
}

impl Writer {
    pub(super) fn new(names: Names, session: Arc<str>, limit: usize) -> Self {
        Self { names, session, limit, made: AtomicU64::new(0) }
    }

    /// Refuses what is too large.
    pub(super) fn check(&self, records: &[Record]) -> Result<(), BusError> {
        let mut total = 0_usize;
        for record in records {
            let id = record.id.as_deref().map_or(0, str::len);
            let bytes = record.key.len() + id + record.data.len();
            total = total.saturating_add(bytes);
            if bytes > self.limit {
                return Err(BusError::TooLarge { bytes, limit: self.limit });
            }
            name_fits(record.key.len().max(id))?;
        }
        if total > MOST_AT_ONCE {
            return Err(BusError::TooLarge { bytes: total, limit: MOST_AT_ONCE });
        }
        Ok(())
    }

    /// A record as a message. One without an id gets one here, once, so that sending it again adds nothing.
    pub(super) fn message(&self, stream: Stream, record: Record) -> Message {
        let id: Box<str> = match &record.id {
            Some(id) => text::encode(id).into(),
            None => {
                let number = self.made.fetch_add(1, Ordering::Relaxed);
                format!("{OWN}{}.{number}", self.session).into()
            }
        };
        let mut headers = HeaderMap::new();
        headers.insert(NATS_MESSAGE_ID, HeaderValue::from(&*id));
        headers.insert(KEY, HeaderValue::from(&*text::encode(&record.key)));
        let subject = self.names.subject(stream, &record.key).into();
        Message { key: record.key, id, subject, headers, payload: record.data }
    }
}

pub(super) fn name_fits(bytes: usize) -> Result<(), BusError> {
    if bytes > LONGEST_NAME {
        return Err(BusError::TooLarge { bytes, limit: LONGEST_NAME });
    }
    Ok(())
}

/// A message of a stream as it is delivered. One that EdgeRoam did not write may have no key.
pub(super) fn delivery(sequence: u64, message: jetstream::Message) -> Delivery {
    let header = |name: &str| message.headers.as_ref()?.get(name).map(|value| text::decode(value.as_str()));
    let raw = message.headers.as_ref().and_then(|headers| headers.get(NATS_MESSAGE_ID));
    let own = raw.is_some_and(|id| id.as_str().starts_with(OWN));
    let id = if own { None } else { raw.map(|id| text::decode(id.as_str()).into()) };
    let key = header(KEY).unwrap_or_default().into();
    Delivery { sequence: Sequence(sequence), key, id, data: message.message.payload }
}
