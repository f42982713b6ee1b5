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

bus::each_behaviour!(suite, duplicates_are_suppressed_after_a_reopen);
