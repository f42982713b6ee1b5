use std::future::Future;
use std::sync::Arc;

use model::Stream;

use super::{number, publish, read, record, with_id};
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

/// Ids are known across reopens, and more than one of them.
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
