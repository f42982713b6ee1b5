//! The bus on Kafka passes the suite of every adapter, against one real broker; each test has topics of its own.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod kafka;

use std::sync::Arc;
use std::time::Duration;

use bus::Bus;
use bus::conformance::{self, RECORD_LIMIT, RETAINED};
use bus::kafka::{Config, KafkaBus};
use bus::{ByteSize, Retention};

fn config(address: &str, test: &str) -> Config {
    let mut config = Config {
        prefix: test.replace('_', "-"),
        max_record_bytes: ByteSize(RECORD_LIMIT as u64),
        ..Config::at(address)
    };
    let little = Retention { max_bytes: ByteSize(RETAINED), max_age: Duration::from_secs(3_600) };
    config.retention.commands = little;
    config.retention.instances = little;
    // A reader holds little in memory, so that retention can overtake one.
    for (name, value) in [("queued.max.messages.kbytes", "64"), ("fetch.message.max.bytes", "65536")] {
        config.properties.insert(name.into(), value.into());
    }
    config
}

macro_rules! suite {
    ($($name:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let Some(address) = kafka::address() else { return };
                let open = || async {
                    let bus: Arc<dyn Bus> = KafkaBus::connect(config(&address, stringify!($name))).await.unwrap();
                    bus
                };
                conformance::$name(open).await;
            }
        )*
    };
}

bus::each_behaviour!(suite);
