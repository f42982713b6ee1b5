//! Who connects, and how the connection is protected.

use std::path::{Path, PathBuf};

use async_nats::ConnectOptions;
use serde::Deserialize;

use crate::BusError;

/// Who connects: at most one way. Secrets stand in files.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Login {
    /// A `.creds` file: a user's JWT and its nkey seed.
    pub creds_file: Option<PathBuf>,
    /// A file with an nkey seed (`SU…`).
    pub nkey_file: Option<PathBuf>,
    /// The user, with `password_file`.
    pub user: Option<String>,
    /// A file with the user's password.
    pub password_file: Option<PathBuf>,
    /// A file with a token.
    pub token_file: Option<PathBuf>,
}

/// How the connection is protected.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// Whether a server without TLS is refused. `tls://` addresses ask for the same.
    pub required: bool,
    /// Who has signed the server's certificate; the system's authorities where it is not given.
    pub ca_file: Option<PathBuf>,
    /// This client's certificate, with `key_file`.
    pub cert_file: Option<PathBuf>,
    /// The key of this client's certificate.
    pub key_file: Option<PathBuf>,
}

impl Login {
    pub(super) fn files(&mut self) -> Vec<(&'static str, &mut PathBuf)> {
        let files = [
            ("login.creds_file", &mut self.creds_file),
            ("login.nkey_file", &mut self.nkey_file),
            ("login.password_file", &mut self.password_file),
            ("login.token_file", &mut self.token_file),
        ];
        files.into_iter().filter_map(|(setting, file)| Some((setting, file.as_mut()?))).collect()
    }

    pub(super) fn check(&self) -> Result<(), String> {
        if self.user.is_some() != self.password_file.is_some() {
            return Err("login needs both of user and password_file, or neither".into());
        }
        let ways = [&self.creds_file, &self.nkey_file, &self.password_file, &self.token_file];
        if ways.into_iter().flatten().count() > 1 {
            return Err(
                "login has more than one of creds_file, nkey_file, password_file and token_file".into()
            );
        }
        Ok(())
    }

    /// Connects as this one.
    pub(super) fn options(&self) -> Result<ConnectOptions, BusError> {
        let options = ConnectOptions::new();
        if let Some(file) = &self.creds_file {
            // A seed without an end of line behind its frame is not found.
            let text = format!("{}\n", secret("login.creds_file", file)?);
            return options.credentials(&text).map_err(|error| {
                BusError::Config(format!("nats.login.creds_file {}: {error}", file.display()))
            });
        }
        if let Some(file) = &self.nkey_file {
            return Ok(options.nkey(secret("login.nkey_file", file)?));
        }
        if let Some(file) = &self.token_file {
            return Ok(options.token(secret("login.token_file", file)?));
        }
        if let (Some(user), Some(file)) = (&self.user, &self.password_file) {
            return Ok(options.user_and_password(user.clone(), secret("login.password_file", file)?));
        }
        Ok(options)
    }
}

impl Tls {
    pub(super) fn files(&mut self) -> Vec<(&'static str, &mut PathBuf)> {
        let files = [
            ("tls.ca_file", &mut self.ca_file),
            ("tls.cert_file", &mut self.cert_file),
            ("tls.key_file", &mut self.key_file),
        ];
        files.into_iter().filter_map(|(setting, file)| Some((setting, file.as_mut()?))).collect()
    }

    /// Protects a connection in this way.
    pub(super) fn protect(&self, options: ConnectOptions) -> ConnectOptions {
        let mut options = options.require_tls(self.required);
        if let Some(ca) = &self.ca_file {
            options = options.add_root_certificates(ca.clone());
        }
        if let (Some(cert), Some(key)) = (&self.cert_file, &self.key_file) {
            options = options.add_client_certificate(cert.clone(), key.clone());
        }
        options
    }
}

fn secret(setting: &str, file: &Path) -> Result<String, BusError> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| BusError::Config(format!("nats.{setting} {}: {error}", file.display())))?;
    Ok(text.trim().to_owned())
}
