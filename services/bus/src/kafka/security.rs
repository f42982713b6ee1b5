//! Logins and encryption.

use std::path::{Path, PathBuf};

use rdkafka::ClientConfig;
use serde::Deserialize;

use crate::BusError;

/// How brokers are talked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SecurityProtocol {
    /// In the clear, nobody logs in.
    #[default]
    Plaintext,
    /// Encrypted; with a certificate of ours this is mutual TLS.
    Ssl,
    /// In the clear, with a login.
    SaslPlaintext,
    /// Encrypted, with a login.
    SaslSsl,
}

/// A login.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sasl {
    /// How the password is shown to the broker.
    pub mechanism: Mechanism,
    /// Who logs in.
    pub username: String,
    /// The file with the password; line ends at its end do not count.
    pub password_file: PathBuf,
}

/// How a password is shown to a broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Mechanism {
    /// As it is.
    #[serde(rename = "PLAIN")]
    Plain,
    /// By a proof (RFC 7677).
    #[serde(rename = "SCRAM-SHA-256")]
    ScramSha256,
    /// By a proof, with SHA-512.
    #[serde(rename = "SCRAM-SHA-512")]
    ScramSha512,
}

/// Certificates, as files in PEM.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// Who vouches for the brokers; the system's authorities where it is absent.
    pub ca_file: Option<PathBuf>,
    /// Our certificate.
    pub cert_file: Option<PathBuf>,
    /// Its key.
    pub key_file: Option<PathBuf>,
}

/// Whether librdkafka was built with OpenSSL.
const HAS_TLS: bool = cfg!(feature = "kafka-tls");

impl SecurityProtocol {
    const fn word(self) -> &'static str {
        match self {
            Self::Plaintext => "PLAINTEXT",
            Self::Ssl => "SSL",
            Self::SaslPlaintext => "SASL_PLAINTEXT",
            Self::SaslSsl => "SASL_SSL",
        }
    }

    const fn encrypted(self) -> bool {
        matches!(self, Self::Ssl | Self::SaslSsl)
    }

    const fn logs_in(self) -> bool {
        matches!(self, Self::SaslPlaintext | Self::SaslSsl)
    }

    /// Whether protocol, login and certificates go together in this build.
    pub(super) fn check(self, sasl: Option<&Sasl>, tls: &Tls) -> Result<(), BusError> {
        let word = self.word();
        let refuse = |text: String| Err(BusError::Config(text));
        match (self.logs_in(), sasl) {
            (true, None) => {
                return refuse(format!(
                    "security_protocol {word} needs `sasl` with mechanism, username and password_file"
                ));
            }
            (false, Some(_)) => {
                return refuse(format!(
                    "`sasl` is set, but security_protocol {word} has no login; write SASL_SSL"
                ));
            }
            (true, Some(_)) | (false, None) => {}
        }
        if tls.cert_file.is_some() != tls.key_file.is_some() {
            return refuse("tls: cert_file and key_file go together".into());
        }
        if !self.encrypted() && (tls.ca_file.is_some() || tls.cert_file.is_some()) {
            return refuse(format!("`tls` is set, but security_protocol {word} is not encrypted"));
        }
        let scram = sasl.is_some_and(|sasl| sasl.mechanism != Mechanism::Plain);
        if !HAS_TLS && (self.encrypted() || scram) {
            let what = if self.encrypted() { word } else { "SCRAM" };
            return refuse(format!(
                "{what} needs a build with the cargo feature `kafka-tls` (the container image has it; \
                 `cargo build --features kafka-tls`)"
            ));
        }
        Ok(())
    }

    /// Tells librdkafka. Files are read by it, except for the password's.
    pub(super) fn apply(
        self,
        sasl: Option<&Sasl>,
        tls: &Tls,
        client: &mut ClientConfig,
    ) -> Result<(), BusError> {
        client.set("security.protocol", self.word());
        if let Some(sasl) = sasl {
            let file = sasl.password_file.display();
            let password = std::fs::read_to_string(&sasl.password_file)
                .map_err(|error| BusError::Config(format!("sasl.password_file {file}: {error}")))?;
            client
                .set("sasl.mechanisms", sasl.mechanism.word())
                .set("sasl.username", &sasl.username)
                .set("sasl.password", password.trim_end_matches(['\r', '\n']));
        }
        let files = [
            ("ssl.ca.location", "tls.ca_file", &tls.ca_file),
            ("ssl.certificate.location", "tls.cert_file", &tls.cert_file),
            ("ssl.key.location", "tls.key_file", &tls.key_file),
        ];
        for (property, name, file) in files {
            let Some(file) = file else { continue };
            // librdkafka's own message names no setting of ours.
            std::fs::metadata(file)
                .map_err(|error| BusError::Config(format!("{name} {}: {error}", file.display())))?;
            client.set(property, file.to_string_lossy());
        }
        Ok(())
    }
}

impl Mechanism {
    const fn word(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::ScramSha256 => "SCRAM-SHA-256",
            Self::ScramSha512 => "SCRAM-SHA-512",
        }
    }
}

impl Sasl {
    pub(super) fn relative_to(&mut self, base: &Path) {
        self.password_file = base.join(&self.password_file);
    }
}

impl Tls {
    pub(super) fn relative_to(&mut self, base: &Path) {
        for file in [&mut self.ca_file, &mut self.cert_file, &mut self.key_file].into_iter().flatten() {
            *file = base.join(&*file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(mechanism: Mechanism) -> Sasl {
        Sasl { mechanism, username: "er".into(), password_file: "pw".into() }
    }

    fn refused(protocol: SecurityProtocol, sasl: Option<&Sasl>, tls: &Tls) -> String {
        protocol.check(sasl, tls).expect_err("refused").to_string()
    }

    #[test]
    fn login_and_protocol_must_go_together() {
        let plain = login(Mechanism::Plain);
        SecurityProtocol::SaslPlaintext.check(Some(&plain), &Tls::default()).expect("a login in the clear");
        assert!(refused(SecurityProtocol::SaslPlaintext, None, &Tls::default()).contains("`sasl`"));
        assert!(refused(SecurityProtocol::Plaintext, Some(&plain), &Tls::default()).contains("no login"));
        let half = Tls { cert_file: Some("c".into()), ..Tls::default() };
        assert!(refused(SecurityProtocol::Ssl, None, &half).contains("key_file"));
        let needless = Tls { ca_file: Some("c".into()), ..Tls::default() };
        assert!(refused(SecurityProtocol::Plaintext, None, &needless).contains("not encrypted"));
    }

    #[cfg(not(feature = "kafka-tls"))]
    #[test]
    fn a_build_without_openssl_says_which_one_has_it() {
        let scram = login(Mechanism::ScramSha256);
        assert!(refused(SecurityProtocol::Ssl, None, &Tls::default()).contains("`kafka-tls`"));
        assert!(
            refused(SecurityProtocol::SaslPlaintext, Some(&scram), &Tls::default()).contains("`kafka-tls`")
        );
    }

    #[test]
    fn a_missing_file_is_named_with_its_setting() {
        let protocol = SecurityProtocol::SaslPlaintext;
        let sasl = Sasl { password_file: "/nowhere/pw".into(), ..login(Mechanism::Plain) };
        let error = protocol.apply(Some(&sasl), &Tls::default(), &mut ClientConfig::new());
        let text = error.expect_err("missing").to_string();
        assert!(text.contains("sasl.password_file /nowhere/pw"), "{text}");
    }
}
