//! Three replicas of every service on a real broker, killed with `kill -9` one after the other while the broker itself is
//! restarted: seen from the testbed, nothing is lost, nothing is done twice, and no client notices.
#![allow(clippy::unwrap_used)]

#[path = "crash/evidence.rs"]
#[allow(dead_code, reason = "the parts for an embedded bus are not used here")]
mod evidence;
#[path = "replicas/fleet.rs"]
mod fleet;
#[path = "crash/processes.rs"]
#[allow(dead_code, reason = "the parts of `edgeroam all` are not used here")]
mod processes;

use std::path::Path;
use std::time::Duration;

use brokers::{kafka, nats};
use fleet::Fleet;
use processes::Testbed;

/// Replicas that are killed.
const KILLS: u32 = 40;
const SEED: u64 = 0x00ed_9e0a_0000_0029;

/// What a test does to a broker.
trait Broker {
    fn url(&self) -> String;
    /// Ends it as a crash would, or in order where a crash may lose what it has acknowledged, and starts it again.
    fn restart(&mut self) -> anyhow::Result<()>;
}

impl Broker for nats::Server {
    fn url(&self) -> String {
        self.url()
    }

    fn restart(&mut self) -> anyhow::Result<()> {
        self.kill()?;
        self.restart()
    }
}

impl Broker for kafka::Kafka {
    fn url(&self) -> String {
        format!("kafka://{}", self.address())
    }

    fn restart(&mut self) -> anyhow::Result<()> {
        self.stop()?;
        self.restart()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_nats_kills_of_replicas_and_of_the_server_lose_nothing_and_no_client_notices() {
    let Some(program) = nats::available() else { return };
    let server = nats::Server::start(&program, &nats::Options::sync_always()).unwrap();
    kills_lose_nothing(server, "18481").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn on_kafka_kills_of_replicas_and_restarts_of_the_broker_lose_nothing_and_no_client_notices() {
    let install = match kafka::available() {
        Ok(install) => install,
        Err(reason) => return eprintln!("{reason}"),
    };
    let broker = kafka::Kafka::start(&install, &kafka::Options::default()).unwrap();
    kills_lose_nothing(broker, "18581").await;
}

async fn kills_lose_nothing(mut broker: impl Broker, pod_port: &str) {
    let folder = tempfile::tempdir().unwrap();
    let url = broker.url();
    let testbed = Testbed::start(folder.path(), &["--pod-port", pod_port, "--bus", &url]).await;
    let mut fleet = Fleet::start(folder.path(), &testbed.config);
    let mut random = SEED;
    for kill in 0..KILLS {
        // xorshift64*: any spread will do.
        random ^= random >> 12;
        random ^= random << 25;
        random ^= random >> 27;
        let draw = random.wrapping_mul(0x2545_f491_4f6c_dd1d);
        tokio::time::sleep(Duration::from_millis(300 + draw % 1_500)).await;
        fleet.kill_and_start_again((draw >> 32) as usize).await;
        if kill % 20 == 10 {
            tokio::task::block_in_place(|| broker.restart()).unwrap();
        }
    }
    let bus = bus_of(&testbed.config).open(Path::new("")).await.unwrap();
    let records = fleet::records(bus).await;
    let evidence = evidence::when_settled(&testbed, records, Duration::from_secs(240)).await;
    fleet.stop().await;
    let clients = testbed.stop().await;

    evidence.one_group_for_each_relocation();
    evidence.a_ready_release_of_each_instance_at_every_instant();
    evidence.every_order_has_ended();
    assert!(clients.requests > 1000, "the clients hardly ran: {clients:?}");
    assert_eq!(clients.failed, 0, "clients noticed: {clients:?}");
}

/// The section `bus` of a configuration.
fn bus_of(config: &Path) -> bus::Config {
    #[derive(serde::Deserialize)]
    struct File {
        bus: bus::Config,
    }
    let file: File = serde_saphyr::from_str(&std::fs::read_to_string(config).unwrap()).unwrap();
    file.bus
}
