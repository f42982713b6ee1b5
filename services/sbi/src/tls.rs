//! Certificates and keys from PEM files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Deserialize;
use thiserror::Error;

/// Where the certificates of one side lie; all PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TlsFiles {
    /// Authorities that the peer's certificate must chain to; the system's where absent.
    pub ca_file: Option<PathBuf>,
    /// Our certificate and its chain.
    pub cert_file: Option<PathBuf>,
    /// Our certificate's key.
    pub key_file: Option<PathBuf>,
}

/// Why a certificate or key cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The file cannot be read or is not PEM of that kind.
    #[error("{path}: cannot be read as a PEM {what}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// One of a pair is missing.
    #[error("cert_file and key_file go together: {missing} is missing")]
    HalfPair {
        /// Which one.
        missing: &'static str,
    },
    /// Certificate and key do not fit together, or are of a kind that is not supported.
    #[error("{path}: {source}")]
    Unusable {
        /// The certificate's file.
        path: PathBuf,
        /// What rustls says.
        source: rustls::Error,
    },
}

impl TlsFiles {
    /// The configuration of a listener that offers HTTP/2 and HTTP/1.1; `None` where no certificate is given.
    ///
    /// # Errors
    /// [`TlsError`] names the file.
    pub fn server(&self) -> Result<Option<Arc<rustls::ServerConfig>>, TlsError> {
        let Some((cert_file, key_file)) = self.pair()? else { return Ok(None) };
        let certificates = certificates(cert_file)?;
        let key = PrivateKeyDer::from_pem_file(key_file).map_err(|e| TlsError::File {
            path: key_file.into(),
            what: "key",
            reason: e.to_string(),
        })?;
        let mut config = rustls::ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .map_err(|source| TlsError::Unusable { path: cert_file.into(), source })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Some(Arc::new(config)))
    }

    /// Our certificate's and key's files, both or none.
    ///
    /// # Errors
    /// [`TlsError::HalfPair`].
    pub(crate) fn pair(&self) -> Result<Option<(&Path, &Path)>, TlsError> {
        match (&self.cert_file, &self.key_file) {
            (Some(cert), Some(key)) => Ok(Some((cert, key))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(TlsError::HalfPair { missing: "key_file" }),
            (None, Some(_)) => Err(TlsError::HalfPair { missing: "cert_file" }),
        }
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |reason: String| TlsError::File { path: path.into(), what: "certificate", reason };
    let read = CertificateDer::pem_file_iter(path).map_err(|e| wrong(e.to_string()))?;
    let all: Vec<_> = read.collect::<Result<_, _>>().map_err(|e| wrong(e.to_string()))?;
    if all.is_empty() { Err(wrong("holds none".into())) } else { Ok(all) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_pair_is_refused_by_name() {
        let half = TlsFiles { cert_file: Some("a.pem".into()), ..TlsFiles::default() };
        assert!(half.server().expect_err("half a pair").to_string().contains("key_file is missing"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let files =
            TlsFiles { ca_file: None, cert_file: Some("no/such.pem".into()), key_file: Some("b.pem".into()) };
        assert!(files.server().expect_err("missing").to_string().contains("no/such.pem"));
    }
}
