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

suite!(
    records_of_a_key_keep_their_order,
    sequences_only_grow_and_belong_to_their_stream,
    what_was_published_is_there_after_a_reopen,
    unacknowledged_records_come_again,
    acknowledged_positions_survive_a_reopen,
    acknowledging_ahead_skips_nothing,
    consumers_of_different_names_do_not_disturb_each_other,
    duplicates_are_suppressed,
    repetitions_after_a_reopen_are_delivered_once,
    concurrent_duplicates_become_one_record,
    latest_gives_the_last_value_of_every_key,
    logs_have_no_latest_values,
    last_values_outlive_retention,
    consumers_begin_where_they_are_told,
    readers_behind_retention_are_told,
    a_slow_consumer_stops_nobody,
    many_publishers_and_consumers_at_once,
    an_oversized_record_is_refused_with_its_batch,
    waiting_readers_are_woken,
    a_dropped_read_loses_nothing,
);
