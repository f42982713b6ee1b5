//! The laboratory behind `demo` and `testbed`: a simulated 5G core, EMCO, DNS server, application and clients.
//!
//! EdgeRoam reaches all of it over sockets, by the configuration file that [`Lab::write_files`] leaves behind;
//! nothing is handed over in memory.

mod clients;
mod delays;
mod files;
mod input;
mod player;
mod status;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use core_sim::{CoreSim, Personality};
use edge_app::client::Report;
use edge_app::dns::{self, DnsServer, TsigAlgorithm, TsigKey};
use emco_sim::{ClusterConfig, EmcoSim, Provision};
use mobility::Scenario;
use model::{AppId, InstanceKey};
use tokio_util::sync::CancellationToken;

use clients::Clients;

pub(crate) use files::Knobs;
pub(crate) use input::{Input, played_cells, played_sites};

/// The DNS zone of the laboratory.
const ZONE: &str = "edge.test";
/// The one application.
const APP: &str = "echo";
/// Time to live of its names.
const TTL: Duration = Duration::from_secs(1);
/// The EMCO provider of every cluster.
const PROVIDER: &str = "edge";

/// What is simulated, and how fast.
#[derive(Debug, Clone)]
pub(crate) struct LabConfig {
    /// How the core behaves.
    pub(crate) personality: Personality,
    /// Seeds shadows, jitter and races.
    pub(crate) seed: u64,
    /// How many times faster than life the trace, policy durations and EMCO's delays run.
    pub(crate) speed: f64,
    /// Where the files are written and EdgeRoam keeps its state.
    pub(crate) dir: PathBuf,
    /// The port of the application on every loopback address.
    pub(crate) pod_port: u16,
    /// Whether each UE has a client.
    pub(crate) clients: bool,
    /// The bus that EdgeRoam is to use, as an address.
    pub(crate) bus: String,
    /// What the configuration file says of policies and limits.
    pub(crate) knobs: Knobs,
}

/// A running laboratory.
pub(crate) struct Lab {
    config: LabConfig,
    scenario: Scenario,
    core: CoreSim,
    emco: EmcoSim,
    dns: DnsServer,
    tsig: TsigKey,
    key: InstanceKey,
    key_text: String,
    clients: Arc<Clients>,
    stop: CancellationToken,
}

impl Lab {
    /// Starts every simulator on loopback sockets and provisions EMCO as an operator would.
    ///
    /// # Errors
    /// A socket that cannot be opened.
    pub(crate) async fn start(config: LabConfig, scenario: Scenario) -> anyhow::Result<Self> {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let plmn = scenario.cells.first().map(|cell| (cell.mcc.clone(), cell.mnc.clone()));
        let core = CoreSim::start(core_sim::Config {
            personality: config.personality,
            seed: config.seed,
            plmn: plmn.unwrap_or_else(|| ("208".into(), "93".into())),
            ..core_sim::Config::default()
        })
        .await
        .context("core-sim")?;
        let clusters = scenario.sites.iter().enumerate().map(|(index, site)| ClusterConfig {
            provider: PROVIDER.into(),
            cluster: site.id.clone(),
            pod_net: pod_net(index),
            ..ClusterConfig::default()
        });
        let emco = EmcoSim::start(emco_sim::Config {
            clusters: clusters.collect(),
            pod_port: config.pod_port,
            speed: config.speed,
            seed: config.seed,
            ..emco_sim::Config::default()
        })
        .await
        .context("emco-sim")?;
        emco.provision(Provision {
            project: "edgeroam".into(),
            composite_app: APP.into(),
            version: "v1".into(),
            apps: vec![APP.into()],
            profile: "default".into(),
            logical_cloud: "edge".into(),
            release_in_names: true,
        })
        .await;
        let tsig =
            TsigKey { name: "edgeroam.".into(), algorithm: TsigAlgorithm::HmacSha256, secret: secret() };
        let dns = DnsServer::start(dns::Config {
            listen: anywhere,
            zone: ZONE.into(),
            tsig: Some(tsig.clone()),
            default_ttl: TTL,
        })
        .context("DNS server")?;
        let secret_key = secret();
        let key = InstanceKey::new(&secret_key)?;
        let key_text = secret_key.iter().map(|byte| format!("{byte:02x}")).collect();
        let stop = CancellationToken::new();
        let clients = Arc::new(Clients::new(dns.addr(), config.pod_port, config.clients, stop.child_token()));
        Ok(Self { config, scenario, core, emco, dns, tsig, key, key_text, clients, stop })
    }

    /// Plays the scenario on the core until its end or until `stop` is cancelled; each UE's client starts when the
    /// UE registers and ends when it deregisters.
    pub(crate) async fn play(&self, stop: &CancellationToken) {
        player::play(self, stop).await;
    }

    /// What the clients have seen so far.
    pub(crate) fn client_report(&self) -> Report {
        self.clients.report()
    }

    /// Ends the clients and says what they saw.
    pub(crate) async fn finish_clients(&self) -> Report {
        self.clients.finish().await
    }

    /// The scenario that is played.
    pub(crate) fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// EMCO's simulator.
    pub(crate) fn emco(&self) -> &EmcoSim {
        &self.emco
    }

    /// How the simulated core behaves, in a word.
    pub(crate) fn personality(&self) -> &'static str {
        match self.config.personality {
            Personality::Free5gc => "free5gc",
            Personality::ThreeGpp => "3gpp",
        }
    }

    /// Base URL of the NRF.
    pub(crate) fn nrf_url(&self) -> String {
        self.core.nrf_url()
    }

    /// Address of the DNS server.
    pub(crate) fn dns_addr(&self) -> SocketAddr {
        self.dns.addr()
    }

    /// The name under which a UE's instance is reached.
    fn name_of(&self, supi: &str) -> Option<String> {
        let app = AppId::new(APP).ok()?;
        Some(format!("{}.{APP}.{ZONE}", self.key.per_ue(&app, &supi.parse().ok()?)))
    }

    /// Stops every simulator.
    pub(crate) async fn shutdown(self) {
        self.stop.cancel();
        self.clients.finish().await;
        self.core.shutdown().await;
        self.emco.shutdown().await;
        self.dns.stop().await;
    }
}

/// Each cluster's Pods get loopback addresses of their own: 127.20.0.0, 127.21.0.0, …
fn pod_net(index: usize) -> Ipv4Addr {
    let index = u8::try_from(index % 200).unwrap_or(0);
    Ipv4Addr::new(127, 20 + index, 0, 0)
}

fn secret() -> Vec<u8> {
    let (one, two) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    [one.as_bytes().as_slice(), two.as_bytes().as_slice()].concat()
}
