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
#[path = "replicas/town.rs"]
mod town;

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

/// A town in which nothing is a matter of milliseconds: whoever decides, and however late, decides the same.
#[tokio::test(flavor = "multi_thread")]
async fn three_replicas_of_everything_decide_what_all_in_one_decides() {
    let Some(program) = nats::available() else { return };
    let server = nats::Server::start(&program, &nats::Options::default()).unwrap();
    let (one, three) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let url = server.url();
    let (alone, shared) = tokio::join!(
        town::testbed(one.path(), "18681", "embedded"),
        town::testbed(three.path(), "18781", &url)
    );
    let all = Fleet::all_in_one(one.path(), &alone.config);
    let fleet = Fleet::start(three.path(), &shared.config);
    let bus = bus_of(&shared.config).open(Path::new("")).await.unwrap();
    let (alone_decided, shared_decided) = tokio::join!(
        town::moves(town::embedded(&one.path().join("all").join("bus"))),
        town::moves(fleet::decisions(bus).await)
    );
    assert_eq!(alone_decided, shared_decided);
    all.stop().await;
    fleet.stop().await;
    assert_eq!(alone.stop().await.failed, 0, "clients noticed");
    assert_eq!(shared.stop().await.failed, 0, "clients noticed");
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
