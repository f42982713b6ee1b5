//! Where records go that cannot be read.

use bus::{Bus, BusError, Delivery, Record};
use model::Stream;

/// The longest copy of an indigestible record, in bytes.
const MOST_COPIED: usize = 64 << 10;

/// Puts a record aside where an operator sees it, with the reason.
///
/// # Errors
/// What the bus says; the record is not to be acknowledged then.
pub(crate) async fn bury(
    bus: &dyn Bus,
    stream: Stream,
    delivery: &Delivery,
    reason: &str,
) -> Result<(), BusError> {
    let sequence = delivery.sequence.0;
    tracing::warn!(stream = stream.name(), sequence, "a record cannot be read and goes to dead-letter");
    let shown = &delivery.data[..delivery.data.len().min(MOST_COPIED)];
    let letter = serde_json::json!({
        "stream": stream.name(),
        "sequence": sequence,
        "key": delivery.key,
        "consumer": "relay",
        "reason": reason,
        "data": String::from_utf8_lossy(shown),
    });
    let record = Record {
        key: delivery.key.clone(),
        id: Some(format!("relay/{}/{sequence}", stream.name()).into()),
        data: letter.to_string().into(),
    };
    bus.publish(Stream::DeadLetter, vec![record]).await.map(drop)
}
