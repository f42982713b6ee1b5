use std::future::Future;
use std::sync::Arc;

use model::Stream;

use super::{as_number, number, publish, read, record, with_id};
use crate::{Bus, Sequence, Start};

/// A second record with an id that the stream knows gets the first one's position and is not delivered: in the same
/// batch, in a later one, whatever its key and data. Streams do not share ids, and records without one never match.
pub async fn duplicates_are_suppressed<F: Future<Output = Arc<dyn Bus>>>(open: impl Fn() -> F) {
    let bus = open().await;
    let first =
        publish(&bus, Stream::Orders, vec![with_id("a", "1", "x"), with_id("a", "1", "y"), record("a", "z")])
            .await;
    assert_eq!(first, [Sequence(1), Sequence(1), Sequence(2)]);
    let second = publish(&bus, Stream::Orders, vec![with_id("b", "1", "w")]).await;
    assert_eq!(second, [Sequence(1)]);
    assert_eq!(publish(&bus, Stream::Orders, vec![record("a", "z")]).await, [Sequence(3)]);
    assert_eq!(publish(&bus, Stream::Decisions, vec![with_id("a", "1", "v")]).await, [Sequence(1)]);
    let mut reader = bus.consume(Stream::Orders, "reader", Start::Oldest).await.expect("opens");
    let seen: Vec<_> = read(&mut reader, 3).await.into_iter().map(|d| d.data).collect();
    assert_eq!(seen, ["x", "z", "z"]);
    assert_eq!(bus.newest(Stream::Orders).await.expect("asked"), Sequence(3));
}

/// Ids are known across reopens, and more than one of them. For adapters whose broker knows ids; where readers
/// suppress repetitions instead, [`repetitions_after_a_reopen_are_delivered_once`] says all that is promised.
pub async fn duplicates_are_suppressed_after_a_reopen<F: Future<Output = Arc<dyn Bus>>>(
    open: impl Fn() -> F,
) {
    const IDS: u64 = 2_000;
    let batch = || (0..IDS).map(|n| with_id("key", &n.to_string(), number(n))).collect::<Vec<_>>();
    let bus = open().await;
    let first = publish(&bus, Stream::UeEvents, batch()).await;
    drop(bus);
    for _ in 0..2 {
        let bus = open().await;
        assert_eq!(publish(&bus, Stream::UeEvents, batch()).await, first);
        assert_eq!(bus.newest(Stream::UeEvents).await.expect("asked"), Sequence(IDS));
    }
}

/// Ids that were published before a reopen are delivered once: to a reader from the beginning, and to one that goes
/// on after it has acknowledged them. The bus may put the repetitions on the stream; positions of repetitions are
/// not looked at.
pub async fn repetitions_after_a_reopen_are_delivered_once<F: Future<Output = Arc<dyn Bus>>>(
    open: impl Fn() -> F,
) {
    const IDS: u64 = 500;
    let batch = || (0..IDS).map(|n| with_id("key", &n.to_string(), number(n))).collect::<Vec<_>>();
    let bus = open().await;
    publish(&bus, Stream::Orders, batch()).await;
    let mut reader = bus.consume(Stream::Orders, "going-on", Start::Oldest).await.expect("opens");
    let all = read(&mut reader, usize::try_from(IDS).expect("small")).await;
    let last = all.last().map(|delivery| delivery.sequence).unwrap_or_default();
    reader.ack(last).await.expect("acknowledged");
    drop(reader);
    drop(bus);
    let bus = open().await;
    publish(&bus, Stream::Orders, batch()).await;
    publish(&bus, Stream::Orders, vec![with_id("key", "last", number(IDS))]).await;
    let mut going_on = bus.consume(Stream::Orders, "going-on", Start::Newest).await.expect("opens");
    assert_eq!(as_number(&read(&mut going_on, 1).await[0]), IDS, "what was acknowledged is not repeated");
    let mut fresh = bus.consume(Stream::Orders, "fresh", Start::Oldest).await.expect("opens");
    let total = usize::try_from(IDS + 1).expect("small");
    let seen: Vec<_> = read(&mut fresh, total).await.iter().map(as_number).collect();
    assert_eq!(seen, (0..=IDS).collect::<Vec<_>>());
}

/// Of publishers that hand in the same ids at the same time, each is told the same positions.
pub async fn concurrent_duplicates_become_one_record<F: Future<Output = Arc<dyn Bus>>>(open: impl Fn() -> F) {
    let bus = open().await;
    for round in 0..50 {
        let mut publishers = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let bus = bus.clone();
            publishers.spawn(async move {
                publish(&bus, Stream::Orders, vec![with_id("key", &format!("round-{round}"), "x")]).await
            });
        }
        let given = publishers.join_all().await;
        assert!(given.iter().all(|sequences| *sequences == [Sequence(round + 1)]), "{given:?}");
    }
}
