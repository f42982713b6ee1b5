//! Where records go that a consumer cannot digest.

use model::Stream;
use serde::Serialize;

use crate::{Delivery, Record};

/// The longest copy of an indigestible record, in bytes.
const MOST_COPIED: usize = 64 << 10;

/// What stands on `dead-letter`.
#[derive(Serialize)]
struct Letter<'a> {
    stream: &'a str,
    sequence: u64,
    key: &'a str,
    consumer: &'a str,
    reason: &'a str,
    data: &'a str,
}

/// The record for [`Stream::DeadLetter`] that tells an operator what this consumer could not digest, and why: where it
/// stands, and as much of it as fits. The same one from the same consumer is told once.
pub fn dead_letter(stream: Stream, delivery: &Delivery, consumer: &str, reason: &str) -> Record {
    let (stream, sequence) = (stream.name(), delivery.sequence.0);
    let shown = &delivery.data[..delivery.data.len().min(MOST_COPIED)];
    let data = &*String::from_utf8_lossy(shown);
    let letter = Letter { stream, sequence, key: &delivery.key, consumer, reason, data };
    Record {
        key: delivery.key.clone(),
        id: Some(format!("{consumer}/{stream}/{sequence}").into()),
        // A struct of strings and numbers always serialises.
        data: serde_json::to_vec(&letter).unwrap_or_default().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sequence;

    #[test]
    fn a_letter_tells_where_why_and_what_within_bounds() {
        let data = vec![b'x'; MOST_COPIED + 1];
        let delivery = Delivery { sequence: Sequence(7), key: "imsi-1".into(), id: None, data: data.into() };
        let record = dead_letter(Stream::UeEvents, &delivery, "decider", "no JSON");
        assert_eq!((&*record.key, record.id.as_deref()), ("imsi-1", Some("decider/ue-events/7")));
        let letter: serde_json::Value = serde_json::from_slice(&record.data).expect("JSON");
        assert_eq!((&letter["stream"], &letter["sequence"]), (&"ue-events".into(), &7.into()));
        assert_eq!((&letter["consumer"], &letter["reason"]), (&"decider".into(), &"no JSON".into()));
        assert_eq!(letter["data"].as_str().map(str::len), Some(MOST_COPIED));
    }
}
