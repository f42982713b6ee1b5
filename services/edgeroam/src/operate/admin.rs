//! The admin port of a running EdgeRoam, as the command line asks it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};
use runtime::access::Token;
use serde::Serialize;
use serde_json::Value;
use url::Url;

use crate::settings::Settings;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// An admin port.
pub(crate) struct Admin {
    client: reqwest::Client,
    /// `http://ADDRESS`.
    base: String,
    token: Option<Token>,
}

impl Admin {
    /// The one that is named; else that of the process that runs with these settings. The token is that of the settings.
    ///
    /// # Errors
    /// A token that cannot be read, a port that nobody can know.
    pub(crate) fn of(settings: &Settings, named: Option<&Url>) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let base = match named {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", reachable(settings.admin_address()?)),
        };
        Ok(Self { client, base, token: settings.admin.token()? })
    }

    /// The body of a good answer to `GET`.
    ///
    /// # Errors
    /// What the admin port says, or that nobody answers.
    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Vec<u8>> {
        self.answered(self.client.get(format!("{}{path}", self.base)).query(query)).await
    }

    /// The body of a good answer to `POST`.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub(crate) async fn post(&self, path: &str, body: &impl Serialize) -> anyhow::Result<Vec<u8>> {
        self.answered(self.client.post(format!("{}{path}", self.base)).json(body)).await
    }

    async fn answered(&self, request: reqwest::RequestBuilder) -> anyhow::Result<Vec<u8>> {
        let request = match &self.token {
            Some(token) => request.bearer_auth(token.as_str()),
            None => request,
        };
        let base = &self.base;
        let nobody = || {
            format!("nobody answers at {base} (admin.listen): is EdgeRoam running with this configuration?")
        };
        let response = request.send().await.map_err(reqwest::Error::without_url).with_context(nobody)?;
        let status = response.status();
        let body = response.bytes().await.map_err(reqwest::Error::without_url).with_context(nobody)?;
        if status.is_success() {
            return Ok(body.to_vec());
        }
        let problem: Option<Value> = serde_json::from_slice(&body).ok();
        match problem.as_ref().and_then(|problem| problem["detail"].as_str()) {
            Some(detail) => bail!("{detail}"),
            None => bail!("{base} answers {status}: is that the admin port of an EdgeRoam with a decider?"),
        }
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
