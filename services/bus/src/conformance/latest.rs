use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use model::Stream;

use super::{RETAINED, as_number, number, publish, read, record};
use crate::{Bus, BusError, Delivery, Sequence, Start};

async fn latest(bus: &Arc<dyn Bus>, stream: Stream) -> (Vec<Delivery>, Sequence) {
    bus.latest(stream).await.expect("latest values")
}

/// `latest` has the last value of every key in the order of positions, and the newest position, also after a reopen.
pub async fn latest_gives_the_last_value_of_every_key<F: Future<Output = Arc<dyn Bus>>>(
    open: impl Fn() -> F,
) {
    let bus = open().await;
    assert_eq!(latest(&bus, Stream::Sites).await, (vec![], Sequence(0)));
    for (key, n) in [("a", 1), ("b", 2), ("c", 3), ("a", 4), ("b", 5), ("a", 6)] {
        publish(&bus, Stream::Sites, vec![record(key, number(n))]).await;
    }
    let check = |(values, newest): (Vec<Delivery>, Sequence)| {
        let seen: Vec<_> = values.iter().map(|d| (d.sequence.0, &*d.key, as_number(d))).collect();
        assert_eq!(seen, [(3, "c", 3), (5, "b", 5), (6, "a", 6)]);
        assert_eq!(newest, Sequence(6));
    };
    check(latest(&bus, Stream::Sites).await);
    drop(bus);
    let bus = open().await;
    check(latest(&bus, Stream::Sites).await);
    // From the position that `latest` gives, a consumer sees what comes after, and nothing else.
    let (_, newest) = latest(&bus, Stream::Sites).await;
    let mut reader = bus.consume(Stream::Sites, "reader", Start::After(newest)).await.expect("opens");
    publish(&bus, Stream::Sites, vec![record("c", number(7))]).await;
    assert_eq!(as_number(&read(&mut reader, 1).await[0]), 7);
}

/// A stream that is a log says so.
pub async fn logs_have_no_latest_values<F: Future<Output = Arc<dyn Bus>>>(open: impl Fn() -> F) {
    let bus = open().await;
    for stream in Stream::ALL.into_iter().filter(|stream| !stream.latest_per_key()) {
        let refused = bus.latest(stream).await.expect_err("a log");
        assert!(matches!(refused, BusError::NotLatestPerKey(name) if name == stream.name()), "{refused}");
    }
}

/// Values that were never replaced stay, however much is published to other keys afterwards; a reader from the
/// beginning gets the last value of every key, in order, whatever has left in between.
pub async fn last_values_outlive_retention<F: Future<Output = Arc<dyn Bus>>>(open: impl Fn() -> F) {
    const QUIET: u64 = 50;
    let bus = open().await;
    let mut truth: HashMap<String, u64> = HashMap::new();
    for key in 0..QUIET {
        let key = format!("quiet-{key}");
        let sequence = publish(&bus, Stream::Instances, vec![record(&key, number(0))]).await[0];
        truth.insert(key, sequence.0);
    }
    let filler = vec![b'x'; 4_096];
    for n in 0..8 * RETAINED / 4_096 {
        let key = format!("busy-{}", n % 7);
        let sequence = publish(&bus, Stream::Instances, vec![record(&key, filler.clone())]).await[0];
        truth.insert(key, sequence.0);
    }
    let check = |values: &[Delivery]| {
        let seen: HashMap<String, u64> = values.iter().map(|d| (d.key.to_string(), d.sequence.0)).collect();
        assert_eq!(seen, truth);
        assert!(values.is_sorted_by_key(|delivery| delivery.sequence));
    };
    check(&latest(&bus, Stream::Instances).await.0);
    drop(bus);
    let bus = open().await;
    let (values, newest) = latest(&bus, Stream::Instances).await;
    check(&values);
    let mut reader = bus.consume(Stream::Instances, "reader", Start::Oldest).await.expect("opens");
    let mut last = HashMap::new();
    let mut at = Sequence(0);
    while at < newest {
        let delivery = read(&mut reader, 1).await.remove(0);
        assert!(delivery.sequence > at, "in order");
        at = delivery.sequence;
        last.insert(delivery.key.to_string(), at.0);
    }
    assert_eq!(last, truth, "a reader from the beginning ends with the same values");
}
