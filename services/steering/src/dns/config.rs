//! The `dns` section of `edgeroam.yaml`.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use hickory_proto::rr::Name;
use serde::Deserialize;

use crate::SteeringError;

/// The port of DNS (RFC 1035, section 4.2).
const DNS_PORT: u16 = 53;

/// Where names are updated.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The zone's primary server: `host:port`, `[v6]:port`, or without a port for 53.
    pub server: String,
    /// The zone, such as `edge.example`.
    pub zone: String,
    /// The key that updates are signed with; without one they go unsigned.
    pub tsig: Option<Tsig>,
    /// How long one operation may take.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub timeout: Duration,
    /// The least time to live of a name; a shorter one is raised to it.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub ttl_floor: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            server: String::new(),
            zone: String::new(),
            tsig: None,
            timeout: Duration::from_secs(5),
            ttl_floor: Duration::from_secs(1),
        }
    }
}

/// The TSIG key; give either `key` or `key_file`.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tsig {
    /// The key's name at the server; may be left out where the key file names it.
    pub name: Option<String>,
    /// Its algorithm; where it is left out, what the key file says, else hmac-sha256.
    pub algorithm: Option<Algorithm>,
    /// The secret in base64.
    pub key: Option<String>,
    /// A file with the secret in base64, or with a `key "name" { algorithm …; secret "…"; };` clause, as
    /// `tsig-keygen` writes it.
    pub key_file: Option<PathBuf>,
}

impl std::fmt::Debug for Tsig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tsig")
            .field("name", &self.name)
            .field("algorithm", &self.algorithm)
            .field("key_file", &self.key_file)
            .finish_non_exhaustive()
    }
}

/// TSIG algorithms that may still be used (RFC 8945, section 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// `hmac-sha256`.
    #[default]
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
    /// `hmac-sha384`.
    #[serde(rename = "hmac-sha384")]
    HmacSha384,
    /// `hmac-sha512`.
    #[serde(rename = "hmac-sha512")]
    HmacSha512,
}

impl Config {
    /// The same, with a key file named relative to `base` where it is not absolute: the directory of the file
    /// that this was read from.
    #[must_use]
    pub fn relative_to(mut self, base: &Path) -> Self {
        if let Some(file) = self.tsig.as_mut().and_then(|tsig| tsig.key_file.as_mut()) {
            *file = base.join(&file);
        }
        self
    }

    /// `server` with its port.
    pub(super) fn server_with_port(&self) -> Result<String, SteeringError> {
        let refuse = |reason: &str| SteeringError::Config { field: "server", reason: reason.to_owned() };
        let text = self.server.trim();
        if text.is_empty() {
            return Err(refuse("is missing; name the zone's primary server, such as `ns1.example:53`"));
        }
        if text.parse::<SocketAddr>().is_ok() {
            return Ok(text.to_owned());
        }
        let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Ok(SocketAddr::new(address, DNS_PORT).to_string());
        }
        match text.rsplit_once(':') {
            None => Ok(format!("{text}:{DNS_PORT}")),
            Some((host, port)) if !host.is_empty() && !host.contains(':') && port.parse::<u16>().is_ok() => {
                Ok(text.to_owned())
            }
            Some(_) => Err(refuse("is neither `host`, `host:port` nor an address")),
        }
    }

    /// `zone` as a name.
    pub(super) fn zone_name(&self) -> Result<Name, SteeringError> {
        let refuse = |reason: String| SteeringError::Config { field: "zone", reason };
        let mut name = Name::from_ascii(self.zone.trim())
            .map_err(|e| refuse(format!("`{}` is no domain name: {e}", self.zone)))?;
        name.set_fqdn(true);
        if name.is_root() {
            return Err(refuse(
                "is missing; name the zone that takes the updates, such as `edge.example`".into(),
            ));
        }
        Ok(name.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(text: &str) -> Result<String, SteeringError> {
        Config { server: text.to_owned(), ..Config::default() }.server_with_port()
    }

    #[test]
    fn a_server_may_leave_its_port_out() {
        assert_eq!(server("ns1.example").expect("valid"), "ns1.example:53");
        assert_eq!(server("ns1.example:5353").expect("valid"), "ns1.example:5353");
        assert_eq!(server("192.0.2.1").expect("valid"), "192.0.2.1:53");
        assert_eq!(server("2001:db8::1").expect("valid"), "[2001:db8::1]:53");
        assert_eq!(server("[2001:db8::1]").expect("valid"), "[2001:db8::1]:53");
        assert_eq!(server("[2001:db8::1]:5353").expect("valid"), "[2001:db8::1]:5353");
    }

    #[test]
    fn a_server_or_zone_that_is_none_is_refused_by_its_field() {
        for text in ["", ":53", "ns1.example:dns", "a:b:c"] {
            assert!(server(text).expect_err(text).to_string().starts_with("dns.server: "), "{text}");
        }
        for text in ["", ".", "a..b"] {
            let config = Config { zone: text.to_owned(), ..Config::default() };
            assert!(config.zone_name().expect_err(text).to_string().starts_with("dns.zone: "), "{text}");
        }
    }

    #[test]
    fn a_key_file_is_found_beside_the_configuration() {
        let at = |file: &str| {
            let tsig = Some(Tsig { key_file: Some(file.into()), ..Tsig::default() });
            let config = Config { tsig, ..Config::default() }.relative_to(Path::new("etc"));
            config.tsig.and_then(|tsig| tsig.key_file).expect("a key file")
        };
        assert_eq!(at("dns.key"), Path::new("etc/dns.key"));
        assert_eq!(at("/keys/dns.key"), Path::new("/keys/dns.key"));
    }

    #[test]
    fn a_secret_is_not_shown() {
        let tsig = Tsig { key: Some("c2VjcmV0".to_owned()), ..Tsig::default() };
        assert!(!format!("{tsig:?}").contains("c2VjcmV0"));
    }
}
