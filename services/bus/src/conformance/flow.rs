use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use model::Stream;
use tokio::sync::oneshot;

use super::{RECORD_LIMIT, as_number, number, publish, read, record, within};
use crate::{Bus, BusError, Class, Sequence, Start};

/// A consumer that does not read stops neither publishers nor other consumers, and has everything when it reads.
pub async fn a_slow_consumer_stops_nobody<F: Future<Output = Arc<dyn Bus>>>(open: impl Fn() -> F) {
    const RECORDS: u64 = 20_000;
    let bus = open().await;
    let mut slow = bus.consume(Stream::UeEvents, "slow", Start::Oldest).await.expect("opens");
    let mut fast = bus.consume(Stream::UeEvents, "fast", Start::Oldest).await.expect("opens");
    for batch in 0..RECORDS / 100 {
        let data = |n: u64| {
            let mut data = number(n).to_vec();
            data.resize(300, 0);
            record("key", data)
        };
        publish(&bus, Stream::UeEvents, (batch * 100..(batch + 1) * 100).map(data).collect()).await;
        let seen = read(&mut fast, 100).await;
        assert_eq!(as_number(&seen[99]), batch * 100 + 99);
    }
    let total = usize::try_from(RECORDS).expect("small");
    let all: Vec<_> = read(&mut slow, total).await.iter().map(as_number).collect();
    assert_eq!(all, (0..RECORDS).collect::<Vec<_>>());
}

/// Publishers and consumers at once, on several streams: every acknowledged record reaches every consumer, once
/// within one opening.
pub async fn many_publishers_and_consumers_at_once<F: Future<Output = Arc<dyn Bus>>>(open: impl Fn() -> F) {
    const PUBLISHERS: u64 = 32;
    const EACH: u64 = 100;
    const STREAMS: [Stream; 3] = [Stream::UeEvents, Stream::Decisions, Stream::Orders];
    let bus = open().await;
    let mut readers = tokio::task::JoinSet::new();
    for stream in STREAMS {
        for name in ["one", "two"] {
            let mut reader = bus.consume(stream, name, Start::Oldest).await.expect("opens");
            readers.spawn(async move {
                let total = usize::try_from(PUBLISHERS * EACH).expect("small");
                let all = read(&mut reader, total).await;
                let last = all.last().map(|delivery| delivery.sequence);
                reader.ack(last.unwrap_or_default()).await.expect("acknowledged");
                let distinct: HashSet<_> = all.iter().map(|d| (d.key.clone(), as_number(d))).collect();
                assert_eq!(distinct.len(), total);
            });
        }
    }
    let mut publishers = tokio::task::JoinSet::new();
    for publisher in 0..PUBLISHERS {
        let bus = bus.clone();
        publishers.spawn(async move {
            let key = format!("publisher-{publisher}");
            for n in 0..EACH {
                for stream in STREAMS {
                    publish(&bus, stream, vec![record(&key, number(n))]).await;
                }
            }
        });
    }
    publishers.join_all().await;
    readers.join_all().await;
}

/// A record over the limit is refused for good, with all that came in the same call; one at the limit is taken.
pub async fn an_oversized_record_is_refused_with_its_batch<F: Future<Output = Arc<dyn Bus>>>(
    open: impl Fn() -> F,
) {
    let bus = open().await;
    let batch = vec![record("key", "small"), record("key", vec![b'x'; RECORD_LIMIT + 1])];
    let refused = bus.publish(Stream::Orders, batch).await.expect_err("too large");
    assert!(matches!(refused, BusError::TooLarge { .. }), "{refused}");
    assert_eq!(refused.class(), Class::Permanent);
    assert_eq!(bus.newest(Stream::Orders).await.expect("asked"), Sequence(0));
    let largest = record("key", vec![b'x'; RECORD_LIMIT - "key".len()]);
    publish(&bus, Stream::Orders, vec![largest.clone()]).await;
    let mut reader = bus.consume(Stream::Orders, "reader", Start::Oldest).await.expect("opens");
    assert_eq!(read(&mut reader, 1).await[0].data, largest.data);
}

/// Readers that wait are woken by the record they wait for, with nothing else to push them.
pub async fn waiting_readers_are_woken<F: Future<Output = Arc<dyn Bus>>>(open: impl Fn() -> F) {
    let bus = open().await;
    for round in 0..200 {
        let mut waiting = tokio::task::JoinSet::new();
        for name in ["one", "two"] {
            let mut reader = bus.consume(Stream::Orders, name, Start::Newest).await.expect("opens");
            let (ready, is_ready) = oneshot::channel();
            waiting.spawn(async move {
                let _ = ready.send(());
                as_number(&read(&mut reader, 1).await[0])
            });
            is_ready.await.expect("the reader has started");
        }
        publish(&bus, Stream::Orders, vec![record("key", number(round))]).await;
        assert_eq!(within("waking", waiting.join_all()).await, [round, round]);
    }
}

/// A read that is given up before it ends loses nothing.
pub async fn a_dropped_read_loses_nothing<F: Future<Output = Arc<dyn Bus>>>(open: impl Fn() -> F) {
    const RECORDS: u64 = 300;
    let bus = open().await;
    let mut reader = bus.consume(Stream::UeEvents, "reader", Start::Oldest).await.expect("opens");
    let publisher = bus.clone();
    let publishing = tokio::spawn(async move {
        for n in 0..RECORDS {
            publish(&publisher, Stream::UeEvents, vec![record("key", number(n))]).await;
        }
    });
    let mut seen = Vec::new();
    let mut given_up = 0_u32;
    while seen.len() as u64 != RECORDS {
        tokio::select! {
            biased;
            batch = reader.next(3) => seen.extend(batch.expect("records").iter().map(as_number)),
            () = tokio::task::yield_now() => given_up += 1,
        }
    }
    assert_eq!(seen, (0..RECORDS).collect::<Vec<_>>());
    assert!(given_up > 0);
    publishing.await.expect("published");
}
