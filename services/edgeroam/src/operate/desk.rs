//! Where the command line hands in commands: a broker, or the process that owns the embedded bus.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use bus::Bus;
use model::{OperatorCommand, Site};
use runtime::access::Token;
use serde_json::Value;

use super::{SiteView, publish, view};
use crate::settings::Settings;

/// How long an answer of the admin port may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where commands are handed in.
pub(crate) enum Desk {
    /// A broker.
    Bus { bus: Arc<dyn Bus>, sites: Vec<Site> },
    /// The admin port of the process that owns the bus.
    Admin {
        client: reqwest::Client,
        /// `http://ADDRESS`.
        base: String,
        token: Option<Token>,
    },
}

impl Desk {
    /// The one that fits the configuration.
    ///
    /// # Errors
    /// A broker that cannot be reached, a token that cannot be read, an admin port that nobody can know.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        match &settings.bus {
            bus::Config::Nats(_) | bus::Config::Kafka(_) => {
                let bus = settings.bus.open(&settings.state_dir.join("bus")).await?;
                Ok(Self::Bus { bus, sites: settings.catalogue.sites.clone() })
            }
            bus::Config::Embedded(_) => {
                let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
                let base = format!("http://{}", reachable(settings.admin_address()?));
                Ok(Self::Admin { client, base, token: settings.admin.token()? })
            }
        }
    }

    /// Hands a command in; returns once the bus has it.
    ///
    /// # Errors
    /// What the broker or the admin port says.
    pub(crate) async fn ask(&self, command: &OperatorCommand) -> anyhow::Result<()> {
        match self {
            Self::Bus { bus, .. } => {
                publish::put(bus.as_ref(), command).await?;
            }
            Self::Admin { client, base, token } => {
                let mut request = client.post(format!("{base}/v1/commands")).json(command);
                if let Some(token) = token {
                    request = request.bearer_auth(token.as_str());
                }
                answered(base, request.send().await).await?;
            }
        }
        Ok(())
    }

    /// What is known of each site of the catalogue.
    ///
    /// # Errors
    /// What the broker or the admin port says.
    pub(crate) async fn sites(&self) -> anyhow::Result<Vec<SiteView>> {
        match self {
            Self::Bus { bus, sites } => Ok(view::sites(bus.as_ref(), sites).await?),
            Self::Admin { client, base, .. } => {
                let answer = answered(base, client.get(format!("{base}/v1/sites")).send().await).await?;
                serde_json::from_slice(&answer).with_context(|| format!("{base}/v1/sites"))
            }
        }
    }

    /// Hands over what was handed in, and lets the broker go.
    pub(crate) async fn close(self) {
        match self {
            Self::Bus { bus, .. } => bus.close().await,
            Self::Admin { .. } => {}
        }
    }
}

/// The body of a good answer; what a problem says, or why there is no answer.
async fn answered(base: &str, sent: reqwest::Result<reqwest::Response>) -> anyhow::Result<Vec<u8>> {
    let nobody =
        || format!("nobody answers at {base} (admin.listen): is EdgeRoam running with this configuration?");
    let response = sent.map_err(reqwest::Error::without_url).with_context(nobody)?;
    let status = response.status();
    let body = response.bytes().await.map_err(reqwest::Error::without_url).with_context(nobody)?;
    if status.is_success() {
        return Ok(body.to_vec());
    }
    let problem: Option<Value> = serde_json::from_slice(&body).ok();
    match problem.as_ref().and_then(|problem| problem["detail"].as_str()) {
        Some(detail) => bail!("{detail}"),
        None => bail!("{base} answers {status}: is that the admin port of EdgeRoam?"),
    }
}

/// The address under which this machine reaches a port that listens there.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, listen.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_of_every_interface_is_reached_by_loopback() {
        for (listen, reached) in
            [("0.0.0.0:9090", "127.0.0.1:9090"), ("[::]:9090", "[::1]:9090"), ("192.0.2.7:1", "192.0.2.7:1")]
        {
            assert_eq!(reachable(listen.parse().expect("valid")).to_string(), reached);
        }
    }
}
