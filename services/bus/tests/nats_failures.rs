//! What becomes of records when the NATS server, its consumers or the connection go away in the middle of work.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream;
use brokers::nats::{Options, Server, available};
use bus::nats::{Config, NatsBus};
use bus::{Bus, BusError, Class, Record, Sequence, Start};
use futures_util::TryStreamExt;
use model::Stream;
use tokio::time::timeout;

const HANG: Duration = Duration::from_secs(120);
const KEYS: u64 = 8;
const EACH: u64 = 1_500;

fn record(key: u64, number: u64) -> Record {
    let data = number.to_le_bytes().to_vec().into();
    Record { key: format!("imsi-{key}").into(), id: None, data }
}

fn number(data: &[u8]) -> u64 {
    u64::from_le_bytes(data[..8].try_into().expect("eight bytes"))
}

/// Quick to notice that an answer does not come.
fn config(server: &Server) -> Config {
    Config { ack_timeout: Duration::from_secs(2), retry_for: HANG, ..Config::at(&server.url()) }
}

async fn connect(config: Config) -> Arc<dyn Bus> {
    timeout(HANG, NatsBus::connect(config)).await.expect("in time").expect("connects")
}

/// Publishes numbers in their order for every key, alone and by the handful, without ids.
fn publish_all(bus: &Arc<dyn Bus>) -> tokio::task::JoinSet<()> {
    let mut publishers = tokio::task::JoinSet::new();
    for key in 0..KEYS {
        let bus = bus.clone();
        publishers.spawn(async move {
            let mut next = 0;
            while next < EACH {
                let until = (next + 1 + (next + key) % 40).min(EACH);
                let records = (next..until).map(|n| record(key, n)).collect();
                bus.publish(Stream::UeEvents, records).await.expect("published");
                next = until;
            }
        });
    }
    publishers
}

/// Reads until every key is complete: every record once, in order.
async fn read_all(bus: Arc<dyn Bus>) {
    let mut reader = bus.consume(Stream::UeEvents, "reader", Start::Oldest).await.expect("opens");
    let mut next = std::collections::HashMap::new();
    let mut position = Sequence(0);
    while next.values().sum::<u64>() < KEYS * EACH {
        let batch = match reader.next(50).await {
            Ok(batch) => batch,
            // The server is there again, JetStream is about to be.
            Err(error) if matches!(error.class(), Class::Transient(_)) => continue,
            Err(error) => panic!("{error}"),
        };
        for delivery in batch {
            assert_eq!(delivery.sequence.0, position.0 + 1, "a record is missing or came twice");
            position = delivery.sequence;
            let expected = next.entry(delivery.key.clone()).or_insert(0);
            assert_eq!(number(&delivery.data), *expected, "order of {}", delivery.key);
            *expected += 1;
        }
        reader.ack(position).await.expect("acknowledged");
    }
}

/// Works through restarts of the server; how it ends is up to the test.
async fn survives(options: Options, end: fn(&mut Server)) {
    let Some(program) = available() else { return };
    let mut server = Server::start(&program, &options).expect("starts");
    let bus = connect(config(&server)).await;
    let reading = tokio::spawn(read_all(bus.clone()));
    let mut publishing = publish_all(&bus);
    // Each end falls into the middle of what is published: the next one waits for progress.
    let mut progress = 0;
    for _ in 0..4 {
        let wanted = (progress + KEYS * EACH / 8).min(KEYS * EACH);
        let reached = async {
            while progress < wanted {
                progress = bus.newest(Stream::UeEvents).await.map_or(progress, |newest| newest.0);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(HANG, reached).await.expect("publishing goes on");
        server = tokio::task::spawn_blocking(move || {
            end(&mut server);
            server.restart().expect("starts again");
            server
        })
        .await
        .expect("no panic");
    }
    let published = async { while publishing.join_next().await.transpose().expect("published").is_some() {} };
    timeout(HANG, published).await.expect("publishing ends");
    timeout(HANG, reading).await.expect("reading ends").expect("all is there");
    let newest = timeout(HANG, bus.newest(Stream::UeEvents)).await.expect("in time").expect("asked");
    assert_eq!(newest, Sequence(KEYS * EACH), "nothing was stored twice");
    bus.close().await;
    let bus = connect(config(&server)).await;
    let again = bus.consume(Stream::UeEvents, "reader", Start::Oldest).await.expect("opens");
    drop(again);
    let stored = bus.publish(Stream::UeEvents, vec![record(0, EACH)]).await.expect("published");
    let mut reader = bus.consume(Stream::UeEvents, "reader", Start::Newest).await.expect("opens");
    let next = timeout(HANG, reader.next(1)).await.expect("in time").expect("read");
    assert_eq!(next[0].sequence, stored[0], "the position outlived the restarts");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn restarts_lose_nothing_double_nothing_and_keep_order() {
    survives(Options::default(), |server| server.stop().expect("stops")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_that_syncs_always_loses_nothing_that_was_acknowledged() {
    survives(Options::sync_always(), |server| server.kill().expect("killed")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fate_of_records_is_told_as_unknown_and_publishing_them_again_is_safe() {
    let Some(program) = available() else { return };
    let server = Server::start(&program, &Options::default()).expect("starts");
    let short = Duration::from_millis(300);
    let bus = connect(Config { ack_timeout: short, retry_for: short, ..Config::at(&server.url()) }).await;
    let records = || {
        let with_id = |n| Record { id: Some(format!("id-{n}").into()), ..record(1, n) };
        (0..20).map(with_id).collect::<Vec<_>>()
    };
    server.pause().expect("stands still");
    let told = timeout(HANG, bus.publish(Stream::Orders, records())).await.expect("in time");
    let told = told.expect_err("nobody answers");
    assert_eq!(told.class(), Class::Unknown, "{told}");
    assert!(told.to_string().contains(&server.url()), "{told}");
    assert!(told.to_string().contains("EDGEROAM_ORDERS"), "{told}");
    server.resume().expect("goes on");
    let stored = loop {
        match timeout(HANG, bus.publish(Stream::Orders, records())).await.expect("in time") {
            Ok(stored) => break stored,
            Err(error) => assert_ne!(error.class(), Class::Permanent, "{error}"),
        }
    };
    assert_eq!(stored, (1..=20).map(Sequence).collect::<Vec<_>>());
    assert_eq!(bus.newest(Stream::Orders).await.expect("asked"), Sequence(20));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_that_cannot_be_sent_are_told_as_not_stored() {
    let Some(program) = available() else { return };
    let mut server = Server::start(&program, &Options::default()).expect("starts");
    let short = Duration::from_millis(300);
    let bus = connect(Config { ack_timeout: short, retry_for: short, ..Config::at(&server.url()) }).await;
    server.kill().expect("killed");
    // What was sent before the client noticed is of unknown fate; soon nothing is sent any more.
    let untold = async {
        while bus.publish(Stream::Orders, vec![record(0, 0)]).await.expect_err("nobody is there").class()
            == Class::Unknown
        {}
        let told = bus.publish(Stream::Orders, vec![record(0, 0), record(0, 1)]).await;
        told.expect_err("nobody is there")
    };
    let told = timeout(HANG, untold).await.expect("in time");
    assert!(matches!(told.class(), Class::Transient(_)), "{told}");
    assert!(told.to_string().contains("no connection"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_wait_while_the_server_is_away_and_a_full_queue_holds_more_of_them_back() {
    const CALLERS: u64 = 64;
    let Some(program) = available() else { return };
    let mut server = Server::start(&program, &Options::default()).expect("starts");
    let bus = connect(Config { queue: 2, ..config(&server) }).await;
    server.stop().expect("stops");
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        let bus = bus.clone();
        callers.spawn(async move { bus.publish(Stream::Decisions, vec![record(caller, caller)]).await });
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(callers.try_join_next().map(|_| ()), None, "nobody is answered, nobody is refused");
    server.restart().expect("starts again");
    let mut given = Vec::new();
    while let Some(answer) = timeout(HANG, callers.join_next()).await.expect("in time") {
        given.extend(answer.expect("no panic").expect("published"));
    }
    given.sort_unstable();
    assert_eq!(given, (1..=CALLERS).map(Sequence).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readers_go_on_when_their_consumers_are_deleted() {
    let Some(program) = available() else { return };
    let server = Server::start(&program, &Options::default()).expect("starts");
    let bus = connect(config(&server)).await;
    let mut reader = bus.consume(Stream::Orders, "reader", Start::Oldest).await.expect("opens");
    let operator = jetstream::new(async_nats::connect(server.url()).await.expect("connects"));
    for round in 0..3 {
        bus.publish(Stream::Orders, vec![record(0, round)]).await.expect("published");
        let read = timeout(HANG, reader.next(10)).await.expect("in time").expect("read");
        assert_eq!(read.iter().map(|d| number(&d.data)).collect::<Vec<_>>(), [round]);
        let stream = operator.get_stream("EDGEROAM_ORDERS").await.expect("is there");
        let names: Vec<String> = stream.consumer_names().try_collect().await.expect("listed");
        assert!(!names.is_empty());
        for name in names {
            stream.delete_consumer(&name).await.expect("deleted");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_bus_hands_over_and_says_that_it_is_closed() {
    let Some(program) = available() else { return };
    let server = Server::start(&program, &Options::default()).expect("starts");
    let bus = connect(config(&server)).await;
    let mut reader = bus.consume(Stream::Orders, "reader", Start::Oldest).await.expect("opens");
    bus.publish(Stream::Orders, vec![record(0, 0), record(0, 1)]).await.expect("published");
    let read = timeout(HANG, reader.next(1)).await.expect("in time").expect("read");
    reader.ack(read[0].sequence).await.expect("acknowledged");
    timeout(HANG, bus.close()).await.expect("closes");
    let is_closed = |error: BusError| assert!(matches!(error, BusError::Closed), "{error}");
    is_closed(bus.publish(Stream::Orders, vec![record(0, 2)]).await.expect_err("closed"));
    is_closed(bus.newest(Stream::Orders).await.expect_err("closed"));
    is_closed(reader.next(1).await.expect_err("closed"));
    let other = connect(config(&server)).await;
    let mut reader = other.consume(Stream::Orders, "reader", Start::Oldest).await.expect("opens");
    let read = timeout(HANG, reader.next(1)).await.expect("in time").expect("read");
    assert_eq!(read[0].sequence, Sequence(2), "what was acknowledged is behind it");
}
