//! The public side and the topics on a real broker.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod kafka;

use std::time::Duration;

use bus::kafka::{Config, KafkaBus, KafkaInlet, KafkaOutlet};
use bus::public::{ContentMode, Inlet, Interest, PublicEvent, Topic};
use bus::{ByteSize, Class, Create, Retention, Start};
use kafka::{address, connect, numbered, read, within};
use model::Stream;

fn event(topic: Topic, key: &str, number: u64) -> PublicEvent {
    let kind = if topic == Topic::Instances { "instance" } else { "ue-location" };
    let of_type = format!("io.edgeroam.{}.v1", kind.replace('-', "."));
    let id = format!("{key}-{number}");
    PublicEvent {
        topic,
        kind: kind.into(),
        app: (topic == Topic::Instances).then(|| "arena".into()),
        key: key.into(),
        attributes: [
            ("id", &*id),
            ("partitionkey", key),
            ("source", "/edgeroam/test"),
            ("specversion", "1.0"),
            ("type", &*of_type),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .into(),
        data: format!("{{\"n\":{number}}}").into_bytes().into(),
    }
}

async fn events(inlet: &mut Box<dyn Inlet>, count: usize) -> Vec<PublicEvent> {
    let mut all = Vec::new();
    while all.len() < count {
        all.extend(within("reading", inlet.next()).await.unwrap());
    }
    assert_eq!(all.len(), count);
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn public_events_reach_readers_from_now_and_from_the_oldest() {
    let Some(address) = address() else { return };
    let config = Config::at(&address);
    let binary = KafkaOutlet::connect(&config, ContentMode::Binary).await.unwrap();
    let structured = KafkaOutlet::connect(&config, ContentMode::Structured).await.unwrap();
    let before: Vec<_> = (0..3).map(|n| event(Topic::UeLocation, "ue-1", n)).collect();
    binary.put(before.clone()).await.unwrap();
    let from_now = Interest::default();
    let mut now = KafkaInlet::connect(&config, &from_now).await.unwrap();
    let after: Vec<_> = (3..6).map(|n| event(Topic::UeLocation, "ue-1", n)).collect();
    structured.put(after.clone()).await.unwrap();
    assert_eq!(events(&mut now, 3).await, after, "only what came since");
    let instance = event(Topic::Instances, "arena/1", 0);
    binary.put(vec![instance.clone()]).await.unwrap();
    assert_eq!(events(&mut now, 1).await, std::slice::from_ref(&instance));
    let locations = Interest { topics: vec![Topic::UeLocation], from_oldest: true };
    let mut oldest = KafkaInlet::connect(&config, &locations).await.unwrap();
    assert_eq!(events(&mut oldest, 6).await, [before, after].concat(), "order of a key");
    let late = Interest { topics: vec![Topic::Instances], from_oldest: true };
    let mut late = KafkaInlet::connect(&config, &late).await.unwrap();
    assert_eq!(events(&mut late, 1).await, [instance], "late joiners see the last state");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn missing_topics_are_named_and_nothing_is_made() {
    let Some(address) = address() else { return };
    let config = Config { prefix: "verified".into(), ..Config::at(&address) };
    let verify = Config { create: Create::Verify, ..config.clone() };
    let error = KafkaBus::connect(verify.clone()).await.map(drop).expect_err("missing");
    assert_eq!(error.class(), Class::Permanent);
    let text = error.to_string();
    assert!(text.contains("verified.internal.orders (partitions=1 cleanup.policy=delete"), "{text}");
    connect(config).await;
    connect(verify).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn topics_with_other_settings_are_refused_in_one_message() {
    let Some(address) = address() else { return };
    let config = Config { prefix: "differs".into(), ..Config::at(&address) };
    connect(config.clone()).await;
    let mut other = config.clone();
    other.retention.orders = Retention { max_bytes: ByteSize::mib(2), max_age: Duration::from_secs(60) };
    other.retention.sites = other.retention.orders;
    let error = KafkaBus::connect(other.clone()).await.map(drop).expect_err("differs").to_string();
    for part in
        ["topic differs.internal.orders", "retention.bytes is 268435456 instead of 2097152", "retention.ms"]
    {
        assert!(error.contains(part), "{error}");
    }
    assert!(!error.contains("sites"), "compacted topics have no such limit: {error}");
    connect(Config { create: Create::No, ..other }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_without_its_partition_is_said_to_be_missing() {
    let Some(address) = address() else { return };
    let config = Config { prefix: "nowhere".into(), create: Create::No, ..Config::at(&address) };
    let bus = connect(config).await;
    let error = within("asking", bus.newest(Stream::Orders)).await.expect_err("missing").to_string();
    assert!(error.contains("nowhere.internal.orders") && error.contains("`create: true`"), "{error}");
}

/// Compaction leaves gaps, and readers and `latest` see the last value of every key all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compaction_takes_superseded_values_away() {
    let Some(address) = address() else { return };
    let mut config = Config { prefix: "compacted".into(), ..Config::at(&address) };
    config.retention.instances =
        Retention { max_bytes: ByteSize::mib(1), max_age: Duration::from_millis(800) };
    let bus = connect(config).await;
    let mut published = 0;
    let filler = vec![b'0'; 20_000];
    within("compaction", async {
        loop {
            for _ in 0..20 {
                let mut record = numbered("app/1", published);
                record.data = [&*filler, published.to_string().as_bytes()].concat().into();
                bus.publish(Stream::Instances, vec![record]).await.unwrap();
                published += 1;
            }
            let mut reader = bus.consume(Stream::Instances, "probe", Start::Oldest).await.unwrap();
            let first = read(&mut reader, 1).await.remove(0);
            if first.sequence.0 > 1 {
                break;
            }
        }
    })
    .await;
    let (values, newest) = bus.latest(Stream::Instances).await.unwrap();
    assert_eq!((values.len(), newest.0), (1, published));
    assert_eq!(values[0].sequence, newest);
}
