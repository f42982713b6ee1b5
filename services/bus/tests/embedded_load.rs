//! The embedded bus under more than fits: in its queue, in its memory of ids.
#![allow(clippy::unwrap_used)]

use bus::ByteSize;
use bus::embedded::{Config, Durability, EmbeddedBus};
use bus::{Bus, Record, Sequence, Start};
use model::Stream;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishers_that_outrun_the_disk_wait_and_lose_nothing() {
    const PUBLISHERS: u64 = 48;
    const EACH: u64 = 3;
    let dir = tempfile::tempdir().unwrap();
    let bus = EmbeddedBus::open(dir.path(), Config::default()).unwrap();
    let mut publishers = tokio::task::JoinSet::new();
    for publisher in 0..PUBLISHERS {
        let bus = bus.clone();
        publishers.spawn(async move {
            // All of them together are many times what the queue takes before publishers wait.
            for n in 0..EACH {
                let mut data = vec![0; 900 << 10];
                data[0] = u8::try_from(n).unwrap();
                let key = format!("key-{publisher}").into();
                let records = vec![Record { key, id: None, data: data.into() }];
                bus.publish(Stream::DeadLetter, records).await.unwrap();
            }
        });
    }
    let mut reader = bus.consume(Stream::DeadLetter, "reader", Start::Oldest).await.unwrap();
    let mut next = std::collections::HashMap::<Box<str>, u8>::new();
    let mut read = 0;
    while read < PUBLISHERS * EACH {
        for delivery in reader.next(4).await.unwrap() {
            read += 1;
            assert_eq!(delivery.sequence, Sequence(read));
            let next = next.entry(delivery.key).or_default();
            assert_eq!(delivery.data[0], *next);
            *next += 1;
        }
    }
    publishers.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_hundred_thousand_ids_of_a_stream_are_known_after_a_reopen() {
    const IDS: u64 = 100_000;
    const BATCH: u64 = 1_000;
    let config =
        || Config { durability: Durability::Os, segment_bytes: ByteSize::mib(1), ..Config::default() };
    let batch = |from: u64| -> Vec<Record> {
        let record =
            |n: u64| Record { key: "key".into(), id: Some(format!("id-{n}").into()), data: "{}".into() };
        (from..from + BATCH).map(record).collect()
    };
    let dir = tempfile::tempdir().unwrap();
    let bus = EmbeddedBus::open(dir.path(), config()).unwrap();
    // Older ids come first, so that forgetting has begun.
    let older = 130_000;
    for from in (0..older + IDS).step_by(BATCH as usize) {
        bus.publish(Stream::UeEvents, batch(from)).await.unwrap();
    }
    drop(bus);
    let bus = EmbeddedBus::open(dir.path(), config()).unwrap();
    for from in (older..older + IDS).step_by(BATCH as usize) {
        let given = bus.publish(Stream::UeEvents, batch(from)).await.unwrap();
        assert_eq!(given, (from + 1..=from + BATCH).map(Sequence).collect::<Vec<_>>());
    }
    assert_eq!(bus.newest(Stream::UeEvents).await.unwrap(), Sequence(older + IDS));
}
