use std::future::Future;
use std::sync::Arc;

use model::Stream;

use super::{HANG, RETAINED, as_number, number, publish, read, record, within};
use crate::{Bus, BusError, Sequence, Start};

/// A reader that retention has overtaken is told where the stream begins now: in the middle of reading, when it is
/// opened at its stored position, and when it asks for a position that has left. It goes on where it chooses to.
pub async fn readers_behind_retention_are_told<F: Future<Output = Arc<dyn Bus>>>(open: impl Fn() -> F) {
    let bus = open().await;
    let filled = |n: u64| {
        let mut data = number(n).to_vec();
        data.resize(4_096, b'x');
        record("key", data)
    };
    publish(&bus, Stream::Commands, (0..10).map(filled).collect()).await;
    let mut slow = bus.consume(Stream::Commands, "slow", Start::Oldest).await.expect("opens");
    let mut stored = bus.consume(Stream::Commands, "stored", Start::Oldest).await.expect("opens");
    assert_eq!(read(&mut slow, 5).await.len(), 5);
    assert_eq!(read(&mut stored, 3).await.len(), 3);
    stored.ack(Sequence(3)).await.expect("acknowledged");

    let mut next = 10;
    let told = tokio::time::Instant::now();
    let oldest = loop {
        assert!(told.elapsed() < HANG, "retention lets nothing go");
        publish(&bus, Stream::Commands, (next..next + 64).map(filled).collect()).await;
        next += 64;
        let opened = bus.consume(Stream::Commands, "probe", Start::After(Sequence(6))).await;
        match opened.map(drop) {
            Err(BusError::FellBehind { stream, consumer, wanted, oldest }) => {
                assert_eq!((stream, consumer.as_str(), wanted), ("commands", "probe", 7));
                break oldest;
            }
            other => other.expect("opens"),
        }
    };
    assert!(oldest > 7);
    let kept = bus.newest(Stream::Commands).await.expect("asked").0 + 1 - oldest;
    assert!(kept * 4_096 >= RETAINED, "{kept} records are less than what is to be kept");

    // What a reader has in memory already may come before it is told.
    let mut expected = 6;
    let error = loop {
        match within("reading", slow.next(1)).await {
            Ok(held) => assert_eq!(held[0].sequence.0, expected, "nothing is skipped"),
            Err(error) => break error,
        }
        assert!(told.elapsed() < 2 * HANG, "the reader is never overtaken");
        expected += 1;
        publish(&bus, Stream::Commands, (next..next + 64).map(filled).collect()).await;
        next += 64;
    };
    assert!(
        matches!(&error, BusError::FellBehind { wanted, oldest: now, .. } if *wanted == expected && *now >= oldest),
        "{error}"
    );
    drop((slow, stored));
    let told = |error: BusError| assert!(matches!(error, BusError::FellBehind { wanted: 4, .. }), "{error}");
    told(bus.consume(Stream::Commands, "stored", Start::Newest).await.map(drop).expect_err("overtaken"));
    drop(bus);
    let bus = open().await;
    told(bus.consume(Stream::Commands, "stored", Start::Oldest).await.map(drop).expect_err("overtaken"));

    let mut fresh = bus.consume(Stream::Commands, "fresh", Start::Oldest).await.expect("opens");
    let first = read(&mut fresh, 1).await.remove(0);
    assert!(first.sequence.0 >= oldest && as_number(&first) == first.sequence.0 - 1);
    let behind = Sequence(first.sequence.0 - 1);
    let mut on = bus.consume(Stream::Commands, "stored", Start::After(behind)).await.expect("opens");
    let count = usize::try_from(next - behind.0).expect("small");
    let rest: Vec<_> = read(&mut on, count).await.iter().map(as_number).collect();
    assert_eq!(rest, (behind.0..next).collect::<Vec<_>>(), "nothing is missing from there on");
    on.ack(Sequence(next)).await.expect("acknowledged");
}
