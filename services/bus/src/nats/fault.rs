//! What errors of the client say.

use std::error::Error;
use std::io;
use std::time::Duration;

use async_nats::{ConnectError, ConnectErrorKind, jetstream, rustls};

use crate::Class;

/// The messages of an error and of what caused it.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let next_text = next.to_string();
        if !text.contains(&next_text) {
            text = format!("{text}: {next_text}");
        }
        cause = next.source();
    }
    text
}

/// The server's own error behind one of the client's.
pub(super) fn refusal<K>(error: &async_nats::error::Error<K>) -> Option<&jetstream::Error>
where
    K: Clone + std::fmt::Debug + std::fmt::Display + PartialEq,
{
    let mut cause = error.source();
    while let Some(next) = cause {
        if let Some(refusal) = next.downcast_ref() {
            return Some(refusal);
        }
        cause = next.source();
    }
    None
}

/// What may be done about an attempt to connect that failed.
pub(super) fn class_of_connecting(error: &ConnectError) -> Class {
    match error.kind() {
        ConnectErrorKind::ServerParse
        | ConnectErrorKind::Authentication
        | ConnectErrorKind::AuthorizationViolation
        | ConnectErrorKind::Tls => Class::Permanent,
        ConnectErrorKind::Io if is_about_tls(error) => Class::Permanent,
        ConnectErrorKind::Dns
        | ConnectErrorKind::TimedOut
        | ConnectErrorKind::Io
        | ConnectErrorKind::MaxReconnects => Class::Transient(Duration::from_secs(1)),
    }
}

/// Whether one side does not trust the other, or speaks no TLS: that does not pass by itself.
fn is_about_tls(error: &ConnectError) -> bool {
    let mut cause = error.source();
    while let Some(next) = cause {
        // An I/O error shows what it wraps only here, not as its cause.
        let wrapped = next.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        let tls = wrapped.and_then(|inner| inner.downcast_ref::<rustls::Error>());
        if let Some(tls) = tls.or_else(|| next.downcast_ref()) {
            return matches!(
                tls,
                rustls::Error::InvalidCertificate(_)
                    | rustls::Error::NoCertificatesPresented
                    | rustls::Error::InvalidMessage(_)
            );
        }
        cause = next.source();
    }
    false
}
