//! Real brokers for tests. The one that tests of a binary have in common ends with the process, whatever ends that.
#![allow(dead_code, reason = "each binary uses what it needs")]

use std::io::Write;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use brokers::kafka::{Kafka, Options, available};
use bus::kafka::{Config, KafkaBus};
use bus::{Bus, Consumer, Delivery, Record};
use model::Stream;

/// Whoever waits longer than this hangs.
pub(crate) const HANG: Duration = Duration::from_secs(120);

static BROKER: OnceLock<Option<Kafka>> = OnceLock::new();

/// Where the common broker is; nothing where there is none, which is said once.
pub(crate) fn address() -> Option<String> {
    BROKER.get_or_init(|| own(&Options::default())).as_ref().map(Kafka::address)
}

/// A broker of the test's own.
pub(crate) fn own(options: &Options) -> Option<Kafka> {
    match available() {
        Ok(install) => Some(Kafka::start(&install, options).expect("a broker")),
        Err(reason) => {
            // Past the test harness, which keeps what a passing test prints to itself.
            let _ = writeln!(std::io::stderr(), "{reason}");
            None
        }
    }
}

pub(crate) async fn connect(config: Config) -> Arc<dyn Bus> {
    KafkaBus::connect(config).await.expect("connects")
}

/// A record with an id of its own.
pub(crate) fn numbered(key: &str, number: u64) -> Record {
    let id = Some(format!("{key}-{number}").into());
    Record { key: key.into(), id, data: number.to_string().into_bytes().into() }
}

pub(crate) fn number(delivery: &Delivery) -> u64 {
    std::str::from_utf8(&delivery.data).expect("text").parse().expect("a number")
}

/// Publishes until the bus has it, as services do with records that have ids.
pub(crate) async fn publish_for_certain(bus: &Arc<dyn Bus>, stream: Stream, records: Vec<Record>) {
    let trying = async {
        while let Err(error) = bus.publish(stream, records.clone()).await {
            eprintln!("published again: {error}");
        }
    };
    within("publishing", trying).await;
}

/// Reads exactly this many records.
pub(crate) async fn read(consumer: &mut Box<dyn Consumer>, count: usize) -> Vec<Delivery> {
    let mut all = Vec::new();
    while all.len() < count {
        all.extend(within("reading", consumer.next(count - all.len())).await.expect("records"));
    }
    all
}

pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, future).await.unwrap_or_else(|_| panic!("{what} hangs"))
}

/// Does what blocks, such as restarting a broker, beside the runtime.
pub(crate) async fn beside<T: Send + 'static>(block: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(block).await.expect("no panic")
}
