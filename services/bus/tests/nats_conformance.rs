//! The bus on NATS passes the suite of every adapter on a real nats-server, with syncs now and then and with a sync
//! for every message.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use brokers::nats::{Options, Server, available};
use bus::conformance::{self, RECORD_LIMIT, RETAINED};
use bus::nats::{Config, NatsBus};
use bus::{Bus, ByteSize, Retention};

fn config(server: &Server) -> Config {
    let mut config = Config { max_record_bytes: ByteSize(RECORD_LIMIT as u64), ..Config::at(&server.url()) };
    // The server counts what it adds to a record.
    let max_bytes = ByteSize(RETAINED * 5 / 4);
    config.retention.commands = Retention { max_bytes, max_age: Duration::from_secs(3_600) };
    config
}

/// Opens the same bus again and again. A handle hands over what was acknowledged when it is closed, as services do;
/// dropped without that it does so a moment later.
fn factory(server: &Server) -> impl Fn() -> futures_util::future::BoxFuture<'static, Arc<dyn Bus>> {
    let (config, last) = (config(server), Arc::new(Mutex::new(None::<Arc<dyn Bus>>)));
    move || {
        let (config, last) = (config.clone(), last.clone());
        Box::pin(async move {
            let before = last.lock().expect("no panic").take();
            if let Some(before) = before {
                before.close().await;
            }
            let bus = NatsBus::connect(config).await.expect("connects");
            *last.lock().expect("no panic") = Some(bus.clone());
            bus
        })
    }
}

macro_rules! suite {
    ($($name:ident),* $(,)?) => {
        mod sync_always {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let Some(program) = available() else { return };
                    let server = Server::start(&program, &Options::sync_always()).expect("starts");
                    conformance::$name(factory(&server)).await;
                }
            )*
        }
        mod sync_now_and_then {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $name() {
                    let Some(program) = available() else { return };
                    let server = Server::start(&program, &Options::default()).expect("starts");
                    conformance::$name(factory(&server)).await;
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
