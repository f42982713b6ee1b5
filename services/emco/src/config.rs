//! How EMCO is reached.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use thiserror::Error;
use url::Url;

use crate::Labels;

/// How EMCO is reached: one gateway, or a base URL for each service.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Base URL of a gateway in front of all services.
    pub gateway: Option<Url>,
    /// Base URL of the orchestrator, where it is not behind the gateway; port 9015 by default in EMCO.
    pub orchestrator_url: Option<Url>,
    /// Base URL of clm (clusters); port 9061.
    pub clm_url: Option<Url>,
    /// Base URL of dcm (logical clouds); port 9077.
    pub dcm_url: Option<Url>,
    /// File with a bearer token; read again after a 401.
    pub bearer_token_file: Option<PathBuf>,
    /// PEM file with the certificate authorities that EMCO's certificate is held against; the system's otherwise.
    pub ca_file: Option<PathBuf>,
    /// How long one call may take.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub timeout: Duration,
    /// How long a connection may take to come up.
    #[serde(with = "jiff::fmt::serde::unsigned_duration::friendly::compact::required")]
    pub connect_timeout: Duration,
    /// The longest answer that is read, in bytes; `output=detail` takes about 10 KiB a Pod.
    pub max_body_bytes: usize,
    /// How many status queries may be under way at once; one costs EMCO about 30 ms.
    pub status_concurrency: u32,
    /// How many status queries are sent a second at most.
    pub status_per_second: u32,
    /// Which labels of clusters are looked for, and how often.
    pub labels: Labels,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            gateway: None,
            orchestrator_url: None,
            clm_url: None,
            dcm_url: None,
            bearer_token_file: None,
            ca_file: None,
            timeout: Duration::from_secs(15),
            connect_timeout: Duration::from_secs(3),
            max_body_bytes: 8 << 20,
            status_concurrency: 8,
            status_per_second: 40,
            labels: Labels::default(),
        }
    }
}

/// Why no client can be made.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// Neither a gateway nor the service's own URL.
    #[error("emco: {service}_url is missing (or give one `gateway` in front of all services)")]
    NoUrl {
        /// The service.
        service: &'static str,
    },
    /// Not an http or https URL with a host.
    #[error("emco: `{url}` is no http or https URL with a host")]
    BadUrl {
        /// As given.
        url: Url,
    },
    /// A limit of zero.
    #[error("emco: {field} must be greater than zero")]
    Zero {
        /// The field.
        field: &'static str,
    },
    /// Labels that cannot be looked for.
    #[error("emco: labels.{field}: {reason}")]
    Labels {
        /// The field.
        field: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// A file that cannot be read.
    #[error("emco: {field} {path}: {reason}")]
    File {
        /// The field that names it.
        field: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The HTTP client cannot be set up.
    #[error("emco: {0}")]
    Http(String),
}

/// The base URLs, checked.
#[derive(Debug, Clone)]
pub(crate) struct Bases {
    pub orchestrator: Url,
    pub clm: Url,
    pub dcm: Url,
}

impl Config {
    /// Everything at one gateway.
    pub fn at(url: Url) -> Self {
        Self { gateway: Some(url), ..Self::default() }
    }

    /// The same, with files named relative to `base` where they are not absolute: the directory of the file that
    /// this was read from.
    #[must_use]
    pub fn relative_to(mut self, base: &Path) -> Self {
        for file in [&mut self.bearer_token_file, &mut self.ca_file].into_iter().flatten() {
            *file = base.join(&file);
        }
        self
    }

    pub(crate) fn bases(&self) -> Result<Bases, ConfigError> {
        for (field, zero) in [
            ("timeout", self.timeout.is_zero()),
            ("connect_timeout", self.connect_timeout.is_zero()),
            ("max_body_bytes", self.max_body_bytes == 0),
            ("status_concurrency", self.status_concurrency == 0),
            ("status_per_second", self.status_per_second == 0),
        ] {
            if zero {
                return Err(ConfigError::Zero { field });
            }
        }
        self.labels.check()?;
        let base = |own: &Option<Url>, service| {
            let url = own.as_ref().or(self.gateway.as_ref()).ok_or(ConfigError::NoUrl { service })?.clone();
            let usable =
                matches!(url.scheme(), "http" | "https") && url.has_host() && !url.cannot_be_a_base();
            if usable { Ok(url) } else { Err(ConfigError::BadUrl { url }) }
        };
        Ok(Bases {
            orchestrator: base(&self.orchestrator_url, "orchestrator")?,
            clm: base(&self.clm_url, "clm")?,
            dcm: base(&self.dcm_url, "dcm")?,
        })
    }
}
