//! The bus on a cluster of three real nats-servers, with every stream on all of them.

use std::collections::HashMap;
use std::future::Future;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use brokers::nats::{Options, Server, available};
use bus::conformance::{self, RECORD_LIMIT};
use bus::nats::{Config, NatsBus};
use bus::{Bus, ByteSize, Class, Consumer, Record, Sequence, Start};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use model::Stream;
use tokio::time::timeout;

const HANG: Duration = Duration::from_secs(300);

/// Three servers, and what connects to them.
fn cluster() -> Option<(Vec<Server>, Config)> {
    let program = available()?;
    let held: Vec<_> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").expect("a port")).collect();
    let ports: Vec<_> = held.iter().map(|held| held.local_addr().expect("bound").port()).collect();
    drop(held);
    let routes: Vec<_> = ports.iter().map(|port| format!("\"nats://127.0.0.1:{port}\"")).collect();
    let start = |port: &u16| {
        let cluster = format!(
            "server_name: n{port}\ncluster {{ name: edge, listen: \"127.0.0.1:{port}\", routes: [{}] }}",
            routes.join(", ")
        );
        Server::start(&program, &Options::sync_always().with(cluster)).expect("starts")
    };
    let servers: Vec<_> = ports.iter().map(start).collect();
    let config = Config {
        servers: servers.iter().map(Server::url).collect(),
        replicas: 3,
        max_record_bytes: ByteSize(RECORD_LIMIT as u64),
        connect_timeout: HANG,
        retry_for: HANG,
        ..Config::default()
    };
    Some((servers, config))
}

async fn connect(config: Config) -> Arc<dyn Bus> {
    timeout(HANG, NatsBus::connect(config)).await.expect("in time").expect("connects")
}

type Opening = BoxFuture<'static, Arc<dyn Bus>>;
/// The handle that was opened last.
type Last = Arc<Mutex<Option<Arc<dyn Bus>>>>;

/// Runs one function of the suite on streams of its own.
async fn holds<T: Future<Output = ()>>(
    config: &Config,
    prefix: &str,
    suite: impl FnOnce(Box<dyn Fn() -> Opening>) -> T,
) {
    let config = Config { prefix: prefix.into(), ..config.clone() };
    let last = Last::default();
    suite(Box::new(move || reopen(config.clone(), last.clone()).boxed())).await;
}

async fn reopen(config: Config, last: Last) -> Arc<dyn Bus> {
    let before = last.lock().expect("no panic").take();
    if let Some(before) = before {
        before.close().await;
    }
    let bus = connect(config).await;
    *last.lock().expect("no panic") = Some(bus.clone());
    bus
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_depends_on_how_a_cluster_stores_holds_there_too() {
    let Some((_servers, config)) = cluster() else { return };
    holds(&config, "ORDER", conformance::records_of_a_key_keep_their_order).await;
    holds(&config, "DUPLICATES", conformance::duplicates_are_suppressed).await;
    holds(&config, "REOPENED", conformance::duplicates_are_suppressed_after_a_reopen).await;
    holds(&config, "CONCURRENT", conformance::concurrent_duplicates_become_one_record).await;
    holds(&config, "LATEST", conformance::latest_gives_the_last_value_of_every_key).await;
    holds(&config, "POSITIONS", conformance::acknowledged_positions_survive_a_reopen).await;
    holds(&config, "STARTS", conformance::consumers_begin_where_they_are_told).await;
}

const KEYS: u64 = 4;
const EACH: u64 = 1_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_server_may_be_killed_in_turn_and_no_record_is_lost_doubled_or_misplaced() {
    let Some((mut servers, config)) = cluster() else { return };
    let bus = connect(config).await;
    let mut publishers = tokio::task::JoinSet::new();
    for key in 0..KEYS {
        let bus = bus.clone();
        publishers.spawn(async move {
            for batch in 0..EACH / 5 {
                let record = |n: u64| Record {
                    key: format!("imsi-{key}").into(),
                    id: None,
                    data: n.to_string().into(),
                };
                let records = (batch * 5..(batch + 1) * 5).map(record).collect();
                bus.publish(Stream::UeEvents, records).await.expect("published");
            }
        });
    }
    let reader = bus.consume(Stream::UeEvents, "reader", Start::Oldest).await.expect("opens");
    let reading = tokio::spawn(read_all(reader));
    let killing = tokio::task::spawn_blocking(move || {
        for server in &mut servers {
            server.kill().expect("killed");
            std::thread::sleep(Duration::from_millis(500));
            server.restart().expect("starts again");
            // It may find its way back before the next one goes; what is acknowledged is synced in any case.
            std::thread::sleep(Duration::from_secs(3));
        }
        servers
    });
    let published = async { while publishers.join_next().await.transpose().expect("published").is_some() {} };
    timeout(HANG, published).await.expect("publishing ends");
    timeout(HANG, reading).await.expect("reading ends").expect("all is there");
    let _servers = killing.await.expect("no panic");
}

async fn read_all(mut reader: Box<dyn Consumer>) {
    let (mut next, mut position) = (HashMap::new(), Sequence(0));
    while next.values().sum::<u64>() < KEYS * EACH {
        let batch = match reader.next(50).await {
            Ok(batch) => batch,
            Err(error) if matches!(error.class(), Class::Transient(_)) => continue,
            Err(error) => panic!("{error}"),
        };
        for delivery in batch {
            assert!(delivery.sequence > position, "in order");
            position = delivery.sequence;
            let expected = next.entry(delivery.key.clone()).or_insert(0_u64);
            assert_eq!(delivery.data, expected.to_string(), "order of {}", delivery.key);
            *expected += 1;
        }
    }
}
