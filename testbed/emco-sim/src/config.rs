//! What is simulated, where it listens and how long things take.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// What [`EmcoSim::start`](crate::EmcoSim::start) needs.
#[derive(Debug, Clone)]
pub struct Config {
    /// The gateway, which serves the resources of every service; port 0 takes any.
    pub listen: SocketAddr,
    /// A listener of the orchestrator's own, as without a gateway.
    pub orchestrator_listen: Option<SocketAddr>,
    /// A listener of the cluster manager's own.
    pub clm_listen: Option<SocketAddr>,
    /// A listener of the distributed cloud manager's own.
    pub dcm_listen: Option<SocketAddr>,
    /// The Kubernetes clusters that exist. A cluster that is only registered over REST is never reachable.
    pub clusters: Vec<ClusterConfig>,
    /// The port on which every instance answers, each on an address of its own.
    pub pod_port: u16,
    /// How long things take.
    pub delays: Delays,
    /// How many times faster than recorded everything runs; every delay is divided by it.
    pub speed: f64,
    /// Seeds jitter and identifiers.
    pub seed: u64,
    /// With a token, requests without it are refused with 401, as by the Istio ingress before a real EMCO.
    pub bearer_token: Option<String>,
    /// rsync's `max-retries` against an unreachable cluster; `None`, its default, is for ever.
    pub max_retries: Option<u32>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            orchestrator_listen: None,
            clm_listen: None,
            dcm_listen: None,
            clusters: Vec::new(),
            pod_port: 8080,
            delays: Delays::default(),
            speed: 1.0,
            seed: 1,
            bearer_token: None,
            max_retries: None,
        }
    }
}

/// One simulated Kubernetes cluster.
#[derive(Debug, Clone)]
pub struct ClusterConfig {
    /// The cluster provider's name.
    pub provider: String,
    /// The cluster's name.
    pub cluster: String,
    /// The first of the 65,536 loopback addresses from which Pods get theirs, such as 127.11.0.0.
    pub pod_net: Ipv4Addr,
    /// The address of the only node, shown as `hostIP`.
    pub host_ip: Ipv4Addr,
}

impl Default for ClusterConfig {
    fn default() -> Self {
        Self {
            provider: "edge".into(),
            cluster: "edge-a".into(),
            pod_net: Ipv4Addr::new(127, 11, 0, 0),
            host_ip: Ipv4Addr::LOCALHOST,
        }
    }
}

/// How long things take at speed 1; each is varied by ±15 %, seeded. The defaults are what was measured on the
/// real services.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delays {
    /// A request that only touches the database.
    pub request: Duration,
    /// A status query.
    pub status: Duration,
    /// Building an application context: what instantiate, update and migrate take to answer.
    pub instantiate: Duration,
    /// What terminate takes to answer.
    pub terminate: Duration,
    /// From an event's arrival at rsync until it talks to the cluster.
    pub connect: Duration,
    /// Applying one object.
    pub apply: Duration,
    /// From the last object until the context's status follows.
    pub settle: Duration,
    /// Deleting one object.
    pub delete: Duration,
    /// How long rsync waits between attempts on an unreachable cluster.
    pub retry: Duration,
    /// How often rsync looks for a stop flag.
    pub stop_check: Duration,
    /// From a Deployment until its Pod is scheduled.
    pub schedule: Duration,
    /// From scheduling until the Pod runs and has an address.
    pub pod_running: Duration,
    /// From scheduling until the Pod is Ready and answers.
    pub pod_ready: Duration,
    /// From a Pod's deletion until it no longer answers.
    pub pod_termination: Duration,
    /// The least and the most that monitor lags behind the cluster.
    pub monitor: (Duration, Duration),
}

impl Default for Delays {
    fn default() -> Self {
        let ms = Duration::from_millis;
        Self {
            request: ms(6),
            status: ms(25),
            instantiate: ms(70),
            terminate: ms(30),
            connect: ms(60),
            apply: ms(140),
            settle: ms(60),
            delete: ms(80),
            retry: ms(2000),
            stop_check: ms(1000),
            schedule: ms(30),
            pod_running: ms(280),
            pod_ready: ms(3000),
            pod_termination: ms(920),
            monitor: (ms(100), ms(500)),
        }
    }
}
