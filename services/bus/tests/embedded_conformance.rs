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

bus::each_behaviour!(suite, duplicates_are_suppressed_after_a_reopen);
