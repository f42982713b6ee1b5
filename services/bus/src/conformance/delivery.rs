use std::future::Future;
use std::sync::Arc;

use model::Stream;

use super::{as_number, number, publish, read, record, with_id};
use crate::{Bus, Sequence, Start};

async fn publish_numbers(bus: &Arc<dyn Bus>, stream: Stream, numbers: std::ops::Range<u64>) {
    for n in numbers {
        publish(bus, stream, vec![record("key", number(n))]).await;
    }
}

/// Key, id and data of every acknowledged record are there after a reopen, and sequences go on.
pub async fn what_was_published_is_there_after_a_reopen<F: Future<Output = Arc<dyn Bus>>>(
    open: impl Fn() -> F,
) {
    let bus = open().await;
    publish(&bus, Stream::Orders, vec![with_id("app/1", "id-1", "{}"), record("app/2", "")]).await;
    drop(bus);
    let bus = open().await;
    assert_eq!(bus.newest(Stream::Orders).await.expect("asked"), Sequence(2));
    let third = publish(&bus, Stream::Orders, vec![with_id("app/1", "id-3", "{\"n\":3}")]).await;
    assert_eq!(third, [Sequence(3)]);
    let mut reader = bus.consume(Stream::Orders, "reader", Start::Oldest).await.expect("opens");
    let all = read(&mut reader, 3).await;
    let seen: Vec<_> = all.iter().map(|d| (&*d.key, d.id.as_deref(), &*d.data)).collect();
    let expected: [(&str, Option<&str>, &[u8]); 3] =
        [("app/1", Some("id-1"), b"{}"), ("app/2", None, b""), ("app/1", Some("id-3"), b"{\"n\":3}")];
    assert_eq!(seen, expected);
}

/// What was delivered and not acknowledged is delivered again to the next reader of the same name, after a mere
/// reopening of the consumer and after one of the bus.
pub async fn unacknowledged_records_come_again<F: Future<Output = Arc<dyn Bus>>>(open: impl Fn() -> F) {
    let bus = open().await;
    publish_numbers(&bus, Stream::UeEvents, 0..10).await;
    let mut reader = bus.consume(Stream::UeEvents, "reader", Start::Oldest).await.expect("opens");
    assert_eq!(read(&mut reader, 10).await.len(), 10);
    drop(reader);
    let mut reader = bus.consume(Stream::UeEvents, "reader", Start::Oldest).await.expect("opens");
    assert_eq!(as_number(&read(&mut reader, 10).await[0]), 0);
    reader.ack(Sequence(4)).await.expect("acknowledged");
    drop(reader);
    let mut reader = bus.consume(Stream::UeEvents, "reader", Start::Oldest).await.expect("opens");
    assert_eq!(as_number(&read(&mut reader, 6).await[0]), 4);
    drop(reader);
    drop(bus);
    let bus = open().await;
    let mut reader = bus.consume(Stream::UeEvents, "reader", Start::Oldest).await.expect("opens");
    let again: Vec<_> = read(&mut reader, 6).await.iter().map(as_number).collect();
    assert_eq!(again, [4, 5, 6, 7, 8, 9]);
}

/// A consumer goes on after what it acknowledged, whatever `Start` it is opened with, also after a reopen; an older
/// acknowledgement does not move it back.
pub async fn acknowledged_positions_survive_a_reopen<F: Future<Output = Arc<dyn Bus>>>(open: impl Fn() -> F) {
    let bus = open().await;
    publish_numbers(&bus, Stream::Outcomes, 0..100).await;
    let mut reader = bus.consume(Stream::Outcomes, "reader", Start::Oldest).await.expect("opens");
    for delivery in read(&mut reader, 60).await {
        reader.ack(delivery.sequence).await.expect("acknowledged");
    }
    reader.ack(Sequence(3)).await.expect("an older one is no error");
    drop(reader);
    drop(bus);
    for start in [Start::Oldest, Start::Newest] {
        let bus = open().await;
        let mut reader = bus.consume(Stream::Outcomes, "reader", start).await.expect("opens");
        assert_eq!(as_number(&read(&mut reader, 1).await[0]), 60, "{start:?}");
    }
}

/// Acknowledging what was not delivered yet skips nothing.
pub async fn acknowledging_ahead_skips_nothing<F: Future<Output = Arc<dyn Bus>>>(open: impl Fn() -> F) {
    let bus = open().await;
    publish_numbers(&bus, Stream::Outcomes, 0..10).await;
    let mut reader = bus.consume(Stream::Outcomes, "reader", Start::Oldest).await.expect("opens");
    assert_eq!(as_number(&read(&mut reader, 1).await[0]), 0);
    reader.ack(Sequence(1_000)).await.expect("acknowledged");
    assert_eq!(as_number(&read(&mut reader, 1).await[0]), 1);
    drop(reader);
    let mut reader = bus.consume(Stream::Outcomes, "reader", Start::Oldest).await.expect("opens");
    assert_eq!(as_number(&read(&mut reader, 1).await[0]), 1);
}

/// Every name has a position of its own on every stream.
pub async fn consumers_of_different_names_do_not_disturb_each_other<F: Future<Output = Arc<dyn Bus>>>(
    open: impl Fn() -> F,
) {
    let bus = open().await;
    for stream in [Stream::Decisions, Stream::Orders] {
        publish_numbers(&bus, stream, 0..20).await;
    }
    for (name, acknowledged) in [("one", 5), ("two", 15)] {
        let mut reader = bus.consume(Stream::Decisions, name, Start::Oldest).await.expect("opens");
        let all = read(&mut reader, 20).await;
        assert_eq!(all.len(), 20);
        reader.ack(Sequence(acknowledged)).await.expect("acknowledged");
    }
    drop(bus);
    let bus = open().await;
    for (stream, name, first) in [
        (Stream::Decisions, "one", 5),
        (Stream::Decisions, "two", 15),
        (Stream::Decisions, "three", 0),
        (Stream::Orders, "one", 0),
    ] {
        let mut reader = bus.consume(stream, name, Start::Oldest).await.expect("opens");
        assert_eq!(as_number(&read(&mut reader, 1).await[0]), first, "{name} of {}", stream.name());
    }
}
