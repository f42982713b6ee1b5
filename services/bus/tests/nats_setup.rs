//! What the bus makes, checks and refuses at a real nats-server.

use std::time::Duration;

use async_nats::jetstream::{self, stream};
use brokers::nats::{Options, Server, available};
use bus::nats::{Config, Login, NatsBus, NatsOutlet};
use bus::public::ContentMode;
use bus::{BusError, ByteSize, Class, Create, Record, Start};
use model::Stream;

async fn jetstream(server: &Server) -> jetstream::Context {
    jetstream::new(async_nats::connect(server.url()).await.expect("connects"))
}

async fn refused(config: Config) -> String {
    let error = NatsBus::connect(config).await.map(drop).expect_err("refused");
    assert_eq!(error.class(), Class::Permanent, "{error}");
    error.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_made_with_what_they_need_and_found_again() {
    let Some(program) = available() else { return };
    let server = Server::start(&program, &Options::default()).expect("starts");
    let config = Config::at(&server.url());
    NatsBus::connect(config.clone()).await.expect("connects").close().await;
    let jetstream = jetstream(&server).await;
    let log = jetstream.get_stream("EDGEROAM_UE_EVENTS").await.expect("made").cached_info().config.clone();
    assert_eq!(log.subjects, ["edgeroam.internal.ue-events"]);
    assert_eq!(u64::try_from(log.max_bytes), Ok(config.retention.of(Stream::UeEvents).max_bytes.0));
    assert_eq!(log.max_age, config.retention.of(Stream::UeEvents).max_age);
    assert!(log.allow_atomic_publish);
    let last = jetstream.get_stream("EDGEROAM_SAGAS").await.expect("made").cached_info().config.clone();
    assert_eq!(last.subjects, ["edgeroam.internal.sagas.>"]);
    assert_eq!((last.max_messages_per_subject, last.max_bytes, last.max_age), (1, -1, Duration::ZERO));
    let leases = jetstream.get_key_value("EDGEROAM_LEASES").await.expect("made");
    assert_eq!(leases.stream.cached_info().config.max_age, config.lease);
    for create in [Create::Yes, Create::Verify, Create::No] {
        let again = NatsBus::connect(Config { create, ..config.clone() }).await;
        again.expect("everything is there").close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_or_different_is_named() {
    let Some(program) = available() else { return };
    let server = Server::start(&program, &Options::default()).expect("starts");
    let config = Config::at(&server.url());
    let told = refused(Config { create: Create::Verify, ..config.clone() }).await;
    assert!(told.contains("stream EDGEROAM_UE_EVENTS") && told.contains("nats.create"), "{told}");
    assert!(told.contains(&server.url()), "{told}");
    let jetstream = jetstream(&server).await;
    jetstream.get_stream("EDGEROAM_UE_EVENTS").await.expect_err("nothing was made");

    let foreign = stream::Config {
        name: "EDGEROAM_UE_EVENTS".into(),
        subjects: vec!["edgeroam.internal.ue-events".into()],
        max_bytes: 4_096,
        storage: stream::StorageType::Memory,
        ..stream::Config::default()
    };
    jetstream.create_stream(foreign).await.expect("made");
    for create in [Create::Yes, Create::Verify] {
        let told = refused(Config { create, ..config.clone() }).await;
        for named in ["stream EDGEROAM_UE_EVENTS", "storage is Memory", "max_bytes is Some(4096)", "max_age"]
        {
            assert!(told.contains(named), "{told}");
        }
    }
    let other = Config { prefix: "OTHER".into(), ..config.clone() };
    NatsBus::connect(other.clone()).await.expect("another prefix has streams of its own").close().await;
    let told = refused(Config { lease: Duration::from_secs(77), ..other }).await;
    assert!(told.contains("bucket OTHER_LEASES") && told.contains("77s"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_larger_than_the_server_takes_are_refused_before_anything_is_sent() {
    let Some(program) = available() else { return };
    let server = Server::start(&program, &Options::default().with("max_payload: 64KB")).expect("starts");
    let told = refused(Config::at(&server.url())).await;
    assert!(told.contains("max_record_bytes") && told.contains("max_payload"), "{told}");
    let small = Config { max_record_bytes: ByteSize::kib(32), ..Config::at(&server.url()) };
    let bus = NatsBus::connect(small).await.expect("connects");
    let data = vec![b'x'; (32 << 10) - 1_024].into();
    let awkward: Box<str> = "\u{1f697} ".repeat(200).into();
    let record = Record { key: awkward.clone(), id: Some(awkward.clone()), data };
    let refused = bus.publish(Stream::Orders, vec![record.clone()]).await.expect_err("too large");
    assert!(matches!(refused, BusError::TooLarge { .. }), "{refused}");
    let fits = Record { data: vec![b'x'; (32 << 10) - 2 * awkward.len()].into(), ..record };
    for stream in [Stream::Orders, Stream::Instances] {
        let stored = bus.publish(stream, vec![fits.clone()]).await.expect("the longest names fit");
        let mut reader = bus.consume(stream, "reader", Start::Oldest).await.expect("opens");
        let read = reader.next(1).await.expect("read").remove(0);
        assert_eq!((read.sequence, &*read.key, read.id.as_deref()), (stored[0], &*awkward, Some(&*awkward)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_of_public_events_are_made_and_checked_too() {
    let Some(program) = available() else { return };
    let server = Server::start(&program, &Options::default()).expect("starts");
    let config = Config::at(&server.url());
    let verify = Config { create: Create::Verify, ..config.clone() };
    let missing = NatsOutlet::connect(&verify, ContentMode::Binary).await.map(drop).expect_err("refused");
    assert!(missing.to_string().contains("stream EDGEROAM_EVENTS:"), "{missing}");
    NatsOutlet::connect(&config, ContentMode::Binary).await.expect("made");
    NatsOutlet::connect(&verify, ContentMode::Binary).await.expect("found");
    let jetstream = jetstream(&server).await;
    let mut last =
        jetstream.get_stream("EDGEROAM_EVENTS_LATEST").await.expect("made").cached_info().config.clone();
    last.sources = last.sources.map(|mut sources| sources.split_off(1));
    jetstream.update_stream(last).await.expect("changed");
    let other = NatsOutlet::connect(&verify, ContentMode::Binary).await.map(drop).expect_err("refused");
    assert!(other.to_string().contains("EDGEROAM_EVENTS_LATEST: sources is"), "{other}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_without_jetstream_is_told_apart_from_a_server_that_is_not_ready() {
    let Some(program) = available() else { return };
    let dir = tempfile::tempdir().expect("a folder");
    let password_file = dir.path().join("password");
    std::fs::write(&password_file, "p").expect("written");
    let accounts = "accounts { PLAIN: { users: [ { user: edge, password: p } ] } }";
    let server = Server::start(&program, &Options::default().with(accounts)).expect("starts");
    let login = Login { user: Some("edge".into()), password_file: Some(password_file), ..Login::default() };
    let told = refused(Config { login, ..Config::at(&server.url()) }).await;
    assert!(told.contains("JetStream not enabled for account"), "{told}");
}
