//! Who may ask on a port: with a token whoever shows it, without one this machine alone.

mod token;

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, StatusCode, Uri, header};

use crate::problem::Problem;

pub use token::{Token, TokenError};

/// The rule of one port.
#[derive(Debug, Clone)]
pub struct Access {
    setting: &'static str,
    token: Option<Token>,
    listen: SocketAddr,
}

impl Access {
    /// Of a port that was told to listen there; the token comes from the file that `setting` names.
    pub const fn new(setting: &'static str, token: Option<Token>, listen: SocketAddr) -> Self {
        Self { setting, token, listen }
    }

    /// Whether a request with this target and these headers may be done.
    ///
    /// # Errors
    /// 401 where a token is wanted and not shown; 403 where there is none and others can reach the port, or another
    /// machine is asked for.
    pub fn check(&self, target: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
        if let Some(token) = &self.token {
            let refused =
                || Problem::new(StatusCode::UNAUTHORIZED, format!("show the token of {}", self.setting));
            return if token.is_shown(headers) { Ok(()) } else { Err(refused()) };
        }
        if !self.listen.ip().is_loopback() {
            let (listen, setting) = (self.listen, self.setting);
            let why = format!("others can reach {listen}: nothing is taken there before {setting} is set");
            return Err(Problem::new(StatusCode::FORBIDDEN, why));
        }
        // A name that somebody else has pointed to this machine is how a page in a browser would get here.
        let host = headers.get(header::HOST).map(|value| value.to_str().unwrap_or_default());
        let mut named =
            target.authority().map(|authority| authority.as_str()).into_iter().chain(host).peekable();
        if named.peek().is_some() && named.all(is_this_machine) {
            return Ok(());
        }
        Err(Problem::new(StatusCode::FORBIDDEN, "without a token, ask 127.0.0.1, [::1] or localhost"))
    }
}

/// Whether a `Host` (RFC 9110, clause 7.2) names the loopback interface.
fn is_this_machine(host: &str) -> bool {
    if host.parse::<SocketAddr>().is_ok_and(|address| address.ip().is_loopback()) {
        return true;
    }
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback()) {
        return true;
    }
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(access: &Access, target: &str, host: Option<&str>) -> StatusCode {
        let mut headers = HeaderMap::new();
        if let Some(host) = host {
            headers.insert(header::HOST, host.parse().expect("a value"));
        }
        let checked = access.check(&target.parse().expect("a target"), &headers);
        checked.map_or_else(|problem| problem.status(), |()| StatusCode::OK)
    }

    #[test]
    fn without_a_token_this_machine_alone_may_ask_in_either_http() {
        let own = Access::new("x.token_file", None, SocketAddr::from(([127, 0, 0, 1], 1)));
        assert_eq!(asked(&own, "/v1", Some("localhost:1")), StatusCode::OK);
        assert_eq!(asked(&own, "http://127.0.0.1:1/v1", None), StatusCode::OK, "the authority of HTTP/2");
        assert_eq!(asked(&own, "/v1", None), StatusCode::FORBIDDEN);
        assert_eq!(asked(&own, "/v1", Some("evil.example")), StatusCode::FORBIDDEN);
        assert_eq!(asked(&own, "http://127.0.0.1/v1", Some("evil.example")), StatusCode::FORBIDDEN);
        let open = Access::new("x.token_file", None, SocketAddr::from(([0, 0, 0, 0], 1)));
        assert_eq!(asked(&open, "/v1", Some("localhost")), StatusCode::FORBIDDEN);
    }

    #[test]
    fn a_host_is_this_machine_by_its_address_or_the_one_name() {
        for host in ["127.0.0.1", "127.0.0.1:9090", "[::1]", "[::1]:9090", "localhost", "LOCALHOST:1"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["", "10.0.0.1:9090", "localhost.evil.example", "127.0.0.1.evil.example:80", "evil:127"] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
