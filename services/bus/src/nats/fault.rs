//! What errors of the client say.

use std::error::Error;
use std::time::Duration;
use std::{fmt, io};

use async_nats::jetstream::context::{
    CreateStreamError, CreateStreamErrorKind, GetStreamError, GetStreamErrorKind,
};
use async_nats::jetstream::stream::{ConsumerError, ConsumerErrorKind};
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
pub(super) fn refusal<K>(error: &async_nats::error::Error<K>) -> Option<jetstream::Error>
where
    K: Clone + fmt::Debug + fmt::Display + PartialEq + 'static,
{
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(next) = cause {
        if let Some(refusal) = own_refusal(next) {
            return Some(refusal);
        }
        cause = next.source();
    }
    None
}

/// The client wraps the server's error in some places, and makes it the kind of its own in others.
fn own_refusal(error: &(dyn Error + 'static)) -> Option<jetstream::Error> {
    if let Some(refusal) = error.downcast_ref::<jetstream::Error>() {
        return Some(refusal.clone());
    }
    if let Some(GetStreamErrorKind::JetStream(refusal)) =
        error.downcast_ref::<GetStreamError>().map(GetStreamError::kind)
    {
        return Some(refusal);
    }
    if let Some(CreateStreamErrorKind::JetStream(refusal)) =
        error.downcast_ref::<CreateStreamError>().map(CreateStreamError::kind)
    {
        return Some(refusal);
    }
    if let Some(ConsumerErrorKind::JetStream(refusal)) =
        error.downcast_ref::<ConsumerError>().map(ConsumerError::kind)
    {
        return Some(refusal);
    }
    None
}

/// Whether the server says that there is no such stream.
pub(super) fn is_not_found<K>(error: &async_nats::error::Error<K>) -> bool
where
    K: Clone + fmt::Debug + fmt::Display + PartialEq + 'static,
{
    refusal(error).is_some_and(|refusal| refusal.error_code() == jetstream::ErrorCode::STREAM_NOT_FOUND)
}

/// Whether this account, or the whole server, is set up without JetStream: that does not pass by itself.
pub(super) fn is_without_jetstream(code: jetstream::ErrorCode) -> bool {
    use jetstream::ErrorCode as Code;
    matches!(code, Code::JETSTREAM_NOT_ENABLED | Code::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT)
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
