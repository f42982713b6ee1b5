//! The last values of a stream.

use std::collections::HashMap;

use super::feed::{Feed, Source};
use super::link::Link;
use super::record;
use crate::{BusError, Delivery, Sequence};

/// The last record of every key, in the order of their positions, and the position up to which this is the truth.
///
/// The stream is read from its beginning until nothing more is pending. A value that is replaced meanwhile is then
/// either read already, or its successor lies ahead and is read too.
pub(super) async fn values(
    link: &Link,
    stream: &str,
    newest: u64,
    is_empty: bool,
) -> Result<(Vec<Delivery>, Sequence), BusError> {
    if is_empty {
        return Ok((Vec::new(), Sequence(newest)));
    }
    let source = Source { stream: stream.into(), subjects: Vec::new() };
    let mut feed = Feed::new(link, source, 1);
    let mut values: HashMap<Box<str>, Delivery> = HashMap::new();
    loop {
        let found = feed.next().await?;
        let (sequence, pending) = (found.sequence, found.pending);
        let delivery = record::delivery(sequence, found.message);
        values.insert(delivery.key.clone(), delivery);
        if pending == 0 && sequence >= newest {
            let mut values: Vec<_> = values.into_values().collect();
            values.sort_unstable_by_key(|delivery| delivery.sequence);
            return Ok((values, Sequence(sequence)));
        }
    }
}
