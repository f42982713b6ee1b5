//! The bus on Kafka through what happens to brokers: restarts, kills, pauses.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod kafka;

use std::time::Duration;

use brokers::kafka::Options;
use bus::kafka::Config;
use bus::{BusError, Class, Sequence, Start};
use kafka::{beside, connect, number, numbered, own, publish_for_certain, read, within};
use model::Stream;

/// Nothing is lost, reordered or delivered twice, and nobody has to open anything again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_restarts_is_waited_for() {
    const RECORDS: u64 = 3_000;
    let Some(mut broker) = own(&Options::default()) else { return };
    let bus = connect(Config::at(&broker.address())).await;
    let mut reader = bus.consume(Stream::UeEvents, "reader", Start::Oldest).await.unwrap();
    let publisher = bus.clone();
    let (halfway, is_halfway) = tokio::sync::oneshot::channel();
    let publishing = tokio::spawn(async move {
        let mut halfway = Some(halfway);
        for n in (0..RECORDS).step_by(3) {
            let records = (n..n + 3).map(|n| numbered("imsi-1", n)).collect();
            publish_for_certain(&publisher, Stream::UeEvents, records).await;
            if n > RECORDS / 4
                && let Some(halfway) = halfway.take()
            {
                let _ = halfway.send(());
            }
        }
    });
    let restarting = tokio::spawn(async move {
        is_halfway.await.unwrap();
        beside(move || {
            broker.stop().unwrap();
            broker.restart().unwrap();
            broker
        })
        .await
    });
    let seen = read(&mut reader, usize::try_from(RECORDS).unwrap()).await;
    let _broker = restarting.await.unwrap();
    publishing.await.unwrap();
    assert_eq!(seen.iter().map(number).collect::<Vec<_>>(), (0..RECORDS).collect::<Vec<_>>());
    let last = seen.last().unwrap().sequence;
    reader.ack(last).await.unwrap();
    drop(reader);
    let mut reader = bus.consume(Stream::UeEvents, "reader", Start::Oldest).await.unwrap();
    publish_for_certain(&bus, Stream::UeEvents, vec![numbered("imsi-1", RECORDS)]).await;
    assert_eq!(number(&read(&mut reader, 1).await[0]), RECORDS, "positions are kept as before");
}

/// A broker that is killed has what it acknowledged: the kernel has it, if not the disk. Positions too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_broker_still_has_what_it_acknowledged() {
    let Some(mut broker) = own(&Options::default()) else { return };
    let config = Config::at(&broker.address());
    let bus = connect(config.clone()).await;
    let records = (0..2_000).map(|n| numbered("imsi-1", n)).collect();
    let at = bus.publish(Stream::UeEvents, records).await.unwrap();
    bus.publish(Stream::Instances, vec![numbered("app/1", 1), numbered("app/1", 2)]).await.unwrap();
    let mut reader = bus.consume(Stream::UeEvents, "reader", Start::Oldest).await.unwrap();
    read(&mut reader, 500).await;
    reader.ack(at[499]).await.unwrap();
    drop(reader);
    drop(bus);
    let _broker = beside(move || {
        broker.kill().unwrap();
        broker.restart().unwrap();
        broker
    })
    .await;
    let bus = connect(config).await;
    assert_eq!(bus.newest(Stream::UeEvents).await.unwrap(), Sequence(2_000));
    let mut reader = bus.consume(Stream::UeEvents, "reader", Start::Oldest).await.unwrap();
    let seen: Vec<_> = read(&mut reader, 1_500).await.iter().map(number).collect();
    assert_eq!(seen, (500..2_000).collect::<Vec<_>>());
    let (values, _) = bus.latest(Stream::Instances).await.unwrap();
    assert_eq!(values.iter().map(number).collect::<Vec<_>>(), [2]);
}

/// Records whose fate is unknown are published again, and whatever became of the first attempt, readers see each
/// once and in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_an_unknown_fate_is_not_overtaken() {
    const CALLS: u64 = 20;
    let Some(mut broker) = own(&Options::default()) else { return };
    let config = Config { delivery_timeout: Duration::from_secs(2), ..Config::at(&broker.address()) };
    let bus = connect(config).await;
    let mut reader = bus.consume(Stream::Orders, "reader", Start::Oldest).await.unwrap();
    bus.publish(Stream::Orders, vec![numbered("app/1", 0)]).await.unwrap();
    broker.freeze().unwrap();
    let calls = (1..=CALLS).map(|n| bus.publish(Stream::Orders, vec![numbered("app/1", n)]));
    for outcome in within("giving up", futures_util::future::join_all(calls)).await {
        let error = outcome.expect_err("nobody answers");
        assert_eq!(error.class(), Class::Unknown, "{error}");
        let text = error.to_string();
        assert!(text.contains("kafka://127.0.0.1") && text.contains("edgeroam.internal.orders"), "{text}");
    }
    broker.thaw().unwrap();
    for n in 1..=CALLS + 1 {
        publish_for_certain(&bus, Stream::Orders, vec![numbered("app/1", n)]).await;
    }
    let total = usize::try_from(CALLS + 2).unwrap();
    let seen: Vec<_> = read(&mut reader, total).await.iter().map(number).collect();
    assert_eq!(seen, (0..=CALLS + 1).collect::<Vec<_>>());
}

/// More than fits into the client's queue waits for room; a publisher that waits for a broker in vain is told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publishers_wait_for_room_and_not_for_ever() {
    let Some(mut broker) = own(&Options::default()) else { return };
    let mut config = Config { delivery_timeout: Duration::from_secs(20), ..Config::at(&broker.address()) };
    config.properties.insert("queue.buffering.max.messages".into(), "50".into());
    let bus = connect(config).await;
    let batch = |call: u64| (0..250).map(|n| numbered(&format!("imsi-{call}"), n)).collect::<Vec<_>>();
    let calls = (0..20).map(|call| bus.publish(Stream::UeEvents, batch(call)));
    for outcome in within("publishing", futures_util::future::join_all(calls)).await {
        let positions = outcome.unwrap();
        assert!(positions.len() == 250 && positions.is_sorted_by(|a, b| a < b), "order within a call");
    }
    assert_eq!(bus.newest(Stream::UeEvents).await.unwrap(), Sequence(5_000));
    broker.freeze().unwrap();
    let refused = within("giving up", bus.publish(Stream::UeEvents, batch(21))).await.expect_err("no room");
    assert_eq!(refused.class(), Class::Unknown, "{refused}");
    broker.thaw().unwrap();
    publish_for_certain(&bus, Stream::UeEvents, batch(21)).await;
}

/// A closed bus has handed over what it was given, and says that it is closed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_bus_has_handed_over_everything() {
    let Some(broker) = own(&Options::default()) else { return };
    let config = Config::at(&broker.address());
    let bus = connect(config.clone()).await;
    let mut reader = bus.consume(Stream::Orders, "reader", Start::Oldest).await.unwrap();
    let at = bus.publish(Stream::Orders, (0..100).map(|n| numbered("app/1", n)).collect()).await.unwrap();
    read(&mut reader, 50).await;
    reader.ack(at[49]).await.unwrap();
    within("closing", bus.close()).await;
    let closed = |error: BusError| assert!(matches!(error, BusError::Closed), "{error}");
    closed(within("reading", reader.next(1)).await.expect_err("closed"));
    closed(bus.publish(Stream::Orders, vec![numbered("app/1", 100)]).await.expect_err("closed"));
    closed(bus.newest(Stream::Orders).await.expect_err("closed"));
    let other = connect(config).await;
    let mut reader = other.consume(Stream::Orders, "reader", Start::Oldest).await.unwrap();
    assert_eq!(number(&read(&mut reader, 1).await[0]), 50);
}

/// Nobody there is told with the address and the reason, in the time that was given.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_absent_broker_is_told_with_its_address() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let config = Config { connect_timeout: Duration::from_secs(1), ..Config::at(&address) };
    let refused = within("giving up", bus::kafka::KafkaBus::connect(config)).await;
    let error = refused.map(drop).expect_err("nobody there");
    assert!(matches!(error.class(), Class::Transient(_)), "{error}");
    assert!(error.to_string().contains(&address), "{error}");
}
