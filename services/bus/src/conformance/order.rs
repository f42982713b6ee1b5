use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use model::Stream;

use super::{as_number, number, publish, read, record};
use crate::{Bus, Start};

/// Publishers work at once, each on a key of its own, one record and whole batches at a time; a reader sees every
/// key's records in the order in which they were published, and sequences without a gap.
pub async fn records_of_a_key_keep_their_order<F: Future<Output = Arc<dyn Bus>>>(open: impl Fn() -> F) {
    const KEYS: u64 = 16;
    const RECORDS: u64 = 120;
    let bus = open().await;
    let mut publishers = tokio::task::JoinSet::new();
    for key in 0..KEYS {
        let bus = bus.clone();
        publishers.spawn(async move {
            let name = format!("imsi-{key}");
            let mut next = 0;
            while next < RECORDS {
                let batch = 1 + (next + key) % 5;
                let records = (next..(next + batch).min(RECORDS)).map(|n| record(&name, number(n))).collect();
                publish(&bus, Stream::UeEvents, records).await;
                next += batch;
            }
        });
    }
    let mut reader = bus.consume(Stream::UeEvents, "reader", Start::Oldest).await.expect("opens");
    let total = usize::try_from(KEYS * RECORDS).expect("small");
    let all = read(&mut reader, total).await;
    publishers.join_all().await;
    let mut expected: HashMap<&str, u64> = HashMap::new();
    for (place, delivery) in all.iter().enumerate() {
        assert_eq!(delivery.sequence.0, place as u64 + 1, "sequences have no gaps");
        let next = expected.entry(&*delivery.key).or_default();
        assert_eq!(as_number(delivery), *next, "order of {}", delivery.key);
        *next += 1;
    }
    assert!(expected.values().all(|count| *count == RECORDS));
}

/// The positions that a publisher is given are those that readers see; each stream counts for itself; publishing
/// nothing does nothing.
pub async fn sequences_only_grow_and_belong_to_their_stream<F: Future<Output = Arc<dyn Bus>>>(
    open: impl Fn() -> F,
) {
    let bus = open().await;
    for stream in Stream::ALL {
        assert_eq!(bus.newest(stream).await.expect("asked").0, 0, "{} is empty", stream.name());
    }
    assert!(publish(&bus, Stream::Orders, vec![]).await.is_empty());
    let mut given = Vec::new();
    for round in 0..5_u64 {
        for stream in Stream::ALL {
            let records = (0..=round).map(|n| record("key", number(n))).collect();
            let sequences = publish(&bus, stream, records).await;
            if stream == Stream::Outcomes {
                given.extend(sequences);
            }
        }
    }
    let mut reader = bus.consume(Stream::Outcomes, "reader", Start::Oldest).await.expect("opens");
    let seen: Vec<_> = read(&mut reader, given.len()).await.iter().map(|d| d.sequence).collect();
    assert_eq!(seen, given);
    assert!(given.is_sorted_by(|a, b| a < b));
    for stream in Stream::ALL {
        assert_eq!(bus.newest(stream).await.expect("asked").0, 15, "{}", stream.name());
    }
}
