use std::future::Future;
use std::sync::Arc;

use model::Stream;

use super::{as_number, number, publish, read, record};
use crate::{Bus, Sequence, Start};

/// Without a stored position a consumer begins at the oldest record or after the newest, as told; `After` holds
/// whatever position is stored, and one that lies ahead of the stream hides nothing.
pub async fn consumers_begin_where_they_are_told<F: Future<Output = Arc<dyn Bus>>>(open: impl Fn() -> F) {
    let bus = open().await;
    for n in 0..10 {
        publish(&bus, Stream::Decisions, vec![record("key", number(n))]).await;
    }
    let first = async |name: &str, start: Start| {
        let mut reader = bus.consume(Stream::Decisions, name, start).await.expect("opens");
        as_number(&read(&mut reader, 1).await[0])
    };
    assert_eq!(first("oldest", Start::Oldest).await, 0);
    assert_eq!(first("after", Start::After(Sequence(0))).await, 0);
    assert_eq!(first("after", Start::After(Sequence(7))).await, 7);

    let mut stored = bus.consume(Stream::Decisions, "stored", Start::Oldest).await.expect("opens");
    assert_eq!(read(&mut stored, 8).await.len(), 8);
    stored.ack(Sequence(8)).await.expect("acknowledged");
    assert_eq!(first("stored", Start::Oldest).await, 8);
    assert_eq!(first("stored", Start::Newest).await, 8);
    assert_eq!(first("stored", Start::After(Sequence(2))).await, 2);
    assert_eq!(first("stored", Start::Newest).await, 8, "only an acknowledgement moves the position");

    let mut newest = bus.consume(Stream::Decisions, "newest", Start::Newest).await.expect("opens");
    let mut ahead = bus.consume(Stream::Decisions, "ahead", Start::After(Sequence(99))).await.expect("opens");
    publish(&bus, Stream::Decisions, vec![record("key", number(10))]).await;
    assert_eq!(as_number(&read(&mut newest, 1).await[0]), 10);
    assert_eq!(as_number(&read(&mut ahead, 1).await[0]), 10);

    // Going back on purpose is possible: what is acknowledged then counts.
    let mut back = bus.consume(Stream::Decisions, "stored", Start::After(Sequence(2))).await.expect("opens");
    assert_eq!(read(&mut back, 2).await.len(), 2);
    back.ack(Sequence(4)).await.expect("acknowledged");
    assert_eq!(first("stored", Start::Oldest).await, 4);
}
