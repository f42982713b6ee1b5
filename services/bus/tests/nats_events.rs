//! Public events through a real nats-server.

use std::time::Duration;

use brokers::nats::{Options, Server, available};
use bus::nats::{Config, NatsInlet, NatsOutlet};
use bus::public::{ContentMode, Inlet, Interest, NATS_LATEST_STREAM, Outlet, PublicEvent, Topic};
use bus::{BusError, ByteSize, Retention};
use std::sync::Arc;
use tokio::time::timeout;

const HANG: Duration = Duration::from_secs(120);

fn event(topic: Topic, kind: &str, key: &str, number: usize) -> PublicEvent {
    PublicEvent {
        topic,
        kind: kind.into(),
        app: Some("arena".into()),
        key: key.into(),
        attributes: [
            ("id", format!("{kind}-{key}-{number}").as_str()),
            ("partitionkey", key),
            ("source", "/edgeroam/köln"),
            ("specversion", "1.0"),
            ("type", "io.edgeroam.test.v1"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .into(),
        data: format!("{{\"number\":{number},\"filler\":\"{}\"}}", "x".repeat(1_000)).into(),
    }
}

fn instance(key: &str, number: usize) -> PublicEvent {
    event(Topic::Instances, "instance", key, number)
}

async fn read(inlet: &mut Box<dyn Inlet>, count: usize) -> Vec<PublicEvent> {
    let mut all = Vec::new();
    while all.len() < count {
        all.extend(timeout(HANG, inlet.next()).await.expect("in time").expect("events"));
    }
    all
}

async fn outlet(config: &Config, mode: ContentMode) -> Arc<dyn Outlet> {
    NatsOutlet::connect(config, mode).await.expect("connects")
}

fn from_oldest(topics: &[Topic]) -> Interest {
    Interest { topics: topics.into(), from_oldest: true }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_arrive_as_they_were_put_once_and_in_order_in_both_modes() {
    let Some(program) = available() else { return };
    let server = Server::start(&program, &Options::default()).expect("starts");
    let config = Config::at(&server.url());
    let (binary, structured) =
        (outlet(&config, ContentMode::Binary).await, outlet(&config, ContentMode::Structured).await);
    let mut now = NatsInlet::connect(&config, &Interest::default()).await.expect("connects");
    let events: Vec<_> = (0..40)
        .flat_map(|n| [instance("arena/0a", n), event(Topic::UeLocation, "ue-location", "u-1", n)])
        .collect();
    binary.put(events[..60].to_vec()).await.expect("put");
    // The last ones again, with more behind them.
    structured.put(events[50..].to_vec()).await.expect("put");
    assert_eq!(read(&mut now, events.len()).await, events);
    let mut oldest = NatsInlet::connect(&config, &from_oldest(&[])).await.expect("connects");
    assert_eq!(read(&mut oldest, events.len()).await, events);
    let only = from_oldest(&[Topic::UeLocation]);
    let mut locations = NatsInlet::connect(&config, &only).await.expect("connects");
    let expected: Vec<_> = events.iter().filter(|event| event.topic == Topic::UeLocation).cloned().collect();
    assert_eq!(read(&mut locations, expected.len()).await, expected);
}

/// Waits until the broker has taken over the last events of so many keys.
async fn kept_by_the_broker(server: &Server, keys: u64) {
    let client = async_nats::connect(server.url()).await.expect("connects");
    let mut stream = async_nats::jetstream::new(client).get_stream(NATS_LATEST_STREAM).await.expect("made");
    while stream.info().await.expect("asked").state.messages < keys {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_joiners_find_the_last_event_of_every_instance_however_old_it_is() {
    let Some(program) = available() else { return };
    let server = Server::start(&program, &Options::default()).expect("starts");
    let few = Retention { max_bytes: ByteSize::kib(64), max_age: Duration::from_secs(3_600) };
    let config = Config { public_retention: few, ..Config::at(&server.url()) };
    let outlet = outlet(&config, ContentMode::Binary).await;
    for n in 0..3 {
        outlet.put(vec![instance("arena/0a", n), instance("arena/0b", n)]).await.expect("put");
    }
    let mut early = NatsInlet::connect(&config, &from_oldest(&[])).await.expect("connects");
    assert!(!timeout(HANG, early.next()).await.expect("in time").expect("events").is_empty());
    timeout(HANG, kept_by_the_broker(&server, 2)).await.expect("in time");
    // Far more than what is kept, and than what a reader has ahead.
    for batch in 0..20 {
        let locations =
            (0..100).map(|n| event(Topic::UeLocation, "ue-location", "u-1", batch * 100 + n)).collect();
        outlet.put(locations).await.expect("put");
    }
    let newer = instance("arena/0c", 7);
    outlet.put(vec![newer.clone()]).await.expect("put");
    let interest = from_oldest(&[Topic::Instances]);
    let mut late = NatsInlet::connect(&config, &interest).await.expect("connects");
    assert_eq!(read(&mut late, 3).await, [instance("arena/0a", 2), instance("arena/0b", 2), newer.clone()]);

    // Whoever reads everything and was overtaken is told, once, and goes on.
    let mut told = 0;
    let last = loop {
        match timeout(HANG, early.next()).await.expect("in time") {
            Ok(events)
                if events
                    .last()
                    .is_some_and(|event| event.topic == Topic::Instances && event.key == newer.key) =>
            {
                break events;
            }
            Ok(_) => {}
            Err(BusError::FellBehind { wanted, oldest, .. }) => {
                assert!(oldest > wanted);
                told += 1;
            }
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(last.last(), Some(&newer));
    assert!(told >= 1, "the gap was told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_without_an_id_or_with_broken_data_is_refused() {
    let Some(program) = available() else { return };
    let server = Server::start(&program, &Options::default()).expect("starts");
    let config = Config::at(&server.url());
    let mut nameless = instance("arena/0a", 0);
    nameless.attributes.retain(|(name, _)| &**name != "id");
    let refused = outlet(&config, ContentMode::Binary).await.put(vec![nameless]).await.expect_err("refused");
    assert!(refused.to_string().contains("no attribute id"), "{refused}");
    let broken = PublicEvent { data: "{".into(), ..instance("arena/0a", 0) };
    let refused =
        outlet(&config, ContentMode::Structured).await.put(vec![broken]).await.expect_err("refused");
    assert!(refused.to_string().contains("data"), "{refused}");
}
