//! What the parts of the subscriber share.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use sbi::nrf::Nrf;
use sbi::oauth2::Tokens;
use sbi::{BuildError, Caller, Client, ClientConfig};
use store::Store;
use thiserror::Error;
use tokio::net::UdpSocket;
use url::Url;

use crate::callback::Callbacks;
use crate::config::Config;
use crate::metrics::Metrics;
use crate::publish::Publisher;

/// What the parts of the subscriber share.
pub(crate) struct Core {
    pub(crate) config: Config,
    pub(crate) nf_instance_id: String,
    pub(crate) link: Link,
    pub(crate) publisher: Arc<Publisher>,
    pub(crate) callbacks: Arc<Callbacks>,
    pub(crate) metrics: Metrics,
    pub(crate) store: Store,
    /// How many AMFs are polled, for the budgets.
    pub(crate) amfs: AtomicUsize,
}

/// How the core is reached.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) caller: Caller,
    pub(crate) nrf: Option<Nrf>,
    pub(crate) tokens: Option<Arc<Tokens>>,
}

/// Why there is no way to the core.
#[derive(Debug, Error)]
pub(crate) enum LinkError {
    #[error(transparent)]
    Client(#[from] BuildError),
    #[error("nrf: {0}")]
    Nrf(#[from] url::ParseError),
}

impl Link {
    /// The way to the core that the configuration describes, for an NF with this id.
    pub(crate) fn new(config: &Config, nf_instance_id: &str) -> Result<Self, LinkError> {
        let client = Client::new(&ClientConfig {
            http: config.http,
            timeout: config.poll.timeout,
            max_body_bytes: config.poll.max_answer.in_memory(),
            tls: config.tls.clone(),
            ..ClientConfig::default()
        })?;
        let Some(root) = &config.nrf else {
            return Ok(Self { caller: Caller::new(client, None), nrf: None, tokens: None });
        };
        let tokens =
            Tokens::new(client.clone(), root, nf_instance_id.into(), config.nf.kind.clone(), config.oauth2)?;
        let tokens = Arc::new(tokens);
        let caller = Caller::new(client, Some(tokens.clone()));
        let nrf = Nrf::new(root.clone(), caller.clone());
        Ok(Self { caller, nrf: Some(nrf), tokens: Some(tokens) })
    }
}

/// The root under which the core reaches us when we listen on `bound`.
pub(crate) async fn advertised(config: &Config, bound: SocketAddr) -> Url {
    if let Some(root) = &config.callback.advertise {
        return root.clone();
    }
    let address = if bound.ip().is_unspecified() { towards_core(config).await } else { bound.ip() };
    let scheme = if config.callback.tls.cert_file.is_some() { "https" } else { "http" };
    let text = format!("{scheme}://{}", SocketAddr::new(address, bound.port()));
    text.parse().expect("a socket address is a host and a port")
}

/// The address of ours from which the core is reached. Connecting a UDP socket asks the routing table and sends
/// nothing.
async fn towards_core(config: &Config) -> IpAddr {
    let peer = config.nrf.iter().chain(&config.amfs).next();
    let place =
        peer.and_then(|url| Some((url.host_str()?.trim_matches(['[', ']']), url.port_or_known_default()?)));
    if let Some(place) = place {
        for any in ["0.0.0.0:0", "[::]:0"] {
            let Ok(socket) = UdpSocket::bind(any).await else { continue };
            if socket.connect(place).await.is_ok()
                && let Ok(own) = socket.local_addr()
            {
                return own.ip();
            }
        }
    }
    tracing::warn!(
        "callback.advertise: cannot be told from the way to the core; set it, or notifications do not arrive"
    );
    IpAddr::from([127, 0, 0, 1])
}
