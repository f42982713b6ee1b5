//! Figures of the bus on real brokers, each beside a bare client of the same broker measured in the same run.
//!
//! `cargo bench --bench brokers` prints one JSON object a line; `--short` does less of everything, and words after `--`
//! choose: `nats`, `nats-sync`, `kafka`. A broker that is not installed is told and left out. Nothing here fails on
//! time: the ratio to the bare peer is what carries over to another machine.

mod bare_kafka;
mod bare_nats;
mod deciding;
#[path = "../pipeline/figure.rs"]
mod figure;
mod publishing;
mod take_over;

use brokers::{kafka, nats};

/// How much is done.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    /// Records that are published.
    pub(crate) records: usize,
    /// Events that are followed to their orders.
    pub(crate) orders: usize,
    /// Events that are read again after a restart.
    pub(crate) replayed: usize,
}

/// A broker with its bare client.
pub(crate) trait Peer {
    /// Publishes that many records pipelined with the same settings, and returns how many a second.
    async fn publish(&self, records: usize) -> anyhow::Result<f64>;
    /// Publishes one record and reads it, again and again: microseconds of each.
    async fn round_trips(&self, times: usize) -> anyhow::Result<hdrhistogram::Histogram<u64>>;
}

fn main() -> anyhow::Result<()> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let short = args.iter().any(|arg| arg == "--short");
    let chosen: Vec<&str> = args.iter().map(String::as_str).filter(|arg| !arg.starts_with("--")).collect();
    let wanted = |name: &str| chosen.is_empty() || chosen.contains(&name);
    let extent = if short {
        Extent { records: 10_000, orders: 200, replayed: 20_000 }
    } else {
        Extent { records: 100_000, orders: 2_000, replayed: 200_000 }
    };
    if let Some(program) = nats::available() {
        for (name, options) in
            [("nats", nats::Options::default()), ("nats-sync", nats::Options::sync_always())]
        {
            if wanted(name) {
                let server = nats::Server::start(&program, &options)?;
                let config = bus::Config::of_url(&server.url())?;
                // Every record of the slow one is on disk before it is acknowledged.
                let extent =
                    if name == "nats" { extent } else { Extent { records: extent.records / 5, ..extent } };
                run(name, &config, &bare_nats::Nats::new(&server.url()), extent)?;
            }
        }
    }
    if wanted("kafka") {
        match kafka::available() {
            Ok(install) => {
                let broker = kafka::Kafka::start(&install, &kafka::Options::default())?;
                let config = bus::Config::of_url(&format!("kafka://{}", broker.address()))?;
                run("kafka", &config, &bare_kafka::Kafka::new(&broker.address()), extent)?;
            }
            Err(reason) => skipped(&reason),
        }
    }
    Ok(())
}

/// Says why figures are missing.
#[expect(clippy::print_stdout, reason = "it stands where the figures would")]
fn skipped(reason: &str) {
    println!("{reason}");
}

fn run(name: &str, config: &bus::Config, bare: &impl Peer, extent: Extent) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        publishing::figures(name, config, bare, extent).await?;
        deciding::figures(name, config, bare, extent).await
    })?;
    take_over::figures(name, config)
}
