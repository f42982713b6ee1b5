//! The embedded bus passes the suite of every adapter, in both durabilities and with segments small enough that
//! retention, merging and reading from disk take part.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use bus::Bus;
use bus::conformance::{self, RECORD_LIMIT, RETAINED};
use bus::embedded::{Config, Durability, EmbeddedBus};
use bus::{ByteSize, Retention};
use tempfile::TempDir;

fn config(durability: Durability) -> Config {
    let mut config = Config {
        durability,
        segment_bytes: ByteSize::kib(64),
        memory_bytes: ByteSize::kib(64),
        max_record_bytes: ByteSize(RECORD_LIMIT as u64),
        ..Config::default()
    };
    let little = Retention { max_bytes: ByteSize(RETAINED), max_age: Duration::from_secs(3_600) };
    config.retention.commands = little;
    config.retention.instances = little;
    config
}

fn factory(dir: &TempDir, durability: Durability) -> impl Fn() -> std::future::Ready<Arc<dyn Bus>> {
    let dir = dir.path().join("bus");
    move || {
        let bus: Arc<dyn Bus> = EmbeddedBus::open(&dir, config(durability)).unwrap();
        std::future::ready(bus)
    }
}

macro_rules! suite {
    ($($name:ident),* $(,)?) => {
        mod sync {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let dir = tempfile::tempdir().unwrap();
                    conformance::$name(factory(&dir, Durability::Sync)).await;
                }
            )*
        }
        mod os {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let dir = tempfile::tempdir().unwrap();
                    conformance::$name(factory(&dir, Durability::Os)).await;
                }
            )*
        }
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
    duplicates_are_suppressed_after_a_reopen,
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
