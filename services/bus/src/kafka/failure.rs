//! What a failure at a cluster means.

use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::{BusError, Class};

/// Whoever may try again waits this long.
const AGAIN: Duration = Duration::from_secs(1);

/// A failed question or order that changed nothing.
pub(super) fn refused(server: &str, what: impl Into<String>, error: &KafkaError) -> BusError {
    let code = error.rdkafka_error_code();
    let class = match code {
        Some(code) if is_permanent(code) => Class::Permanent,
        _ => Class::Transient(AGAIN),
    };
    told(server, what, code, &error.to_string(), class)
}

/// A failure that librdkafka knows a code of and perhaps a reason.
pub(super) fn complaint(server: &str, what: &str, code: RDKafkaErrorCode, reason: &str) -> BusError {
    let class = if is_permanent(code) { Class::Permanent } else { Class::Transient(AGAIN) };
    told(server, what, Some(code), reason, class)
}

/// Records that did not get their acknowledgement.
pub(super) fn undelivered(server: &str, topic: &str, code: RDKafkaErrorCode) -> BusError {
    let class = if is_permanent(code) { Class::Permanent } else { Class::Unknown };
    told(server, format!("publishing to topic {topic}"), Some(code), &code.to_string(), class)
}

/// What a reader does about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// What it wanted is not there: it must find out where it can go on.
    Displaced,
    /// It cannot go on.
    Ended,
    /// librdkafka tries again by itself.
    Continues,
}

/// What an error means for a reader.
pub(super) fn while_reading(error: &KafkaError) -> Reading {
    use RDKafkaErrorCode as Code;
    #[allow(clippy::wildcard_enum_match_arm, reason = "librdkafka has some two hundred codes")]
    match error.rdkafka_error_code() {
        Some(Code::AutoOffsetReset | Code::LogTruncation | Code::OffsetOutOfRange) => Reading::Displaced,
        Some(
            Code::TopicAuthorizationFailed
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::UnknownTopicOrPartition
            | Code::Fatal,
        ) => Reading::Ended,
        _ => Reading::Continues,
    }
}

/// What cannot be repeated with another result.
pub(super) fn permanent(server: &str, what: impl Into<String>, reason: impl Into<String>) -> BusError {
    BusError::Broker {
        server: server.to_owned(),
        what: what.into(),
        reason: reason.into(),
        class: Class::Permanent,
    }
}

fn told(
    server: &str,
    what: impl Into<String>,
    code: Option<RDKafkaErrorCode>,
    reason: &str,
    class: Class,
) -> BusError {
    let reason = match code.and_then(advice) {
        Some(advice) => format!("{reason}; {advice}"),
        None => reason.to_owned(),
    };
    BusError::Broker { server: server.to_owned(), what: what.into(), reason, class }
}

fn advice(code: RDKafkaErrorCode) -> Option<&'static str> {
    use RDKafkaErrorCode as Code;
    #[allow(clippy::wildcard_enum_match_arm, reason = "librdkafka has some two hundred codes")]
    match code {
        Code::TopicAuthorizationFailed => Some("allow this user to read, write and describe the topic"),
        Code::GroupAuthorizationFailed => Some("allow this user to read the groups with the prefix"),
        Code::ClusterAuthorizationFailed => {
            Some("allow this user to create and describe topics, or set `create: false`")
        }
        Code::Authentication | Code::SaslAuthenticationFailed => {
            Some("check `sasl.mechanism`, `sasl.username` and the password file")
        }
        Code::SSL => Some("check `security_protocol` and the files under `tls`"),
        Code::UnknownTopic | Code::UnknownPartition | Code::UnknownTopicOrPartition => {
            Some("the topic is not there; create it or set `create: true`")
        }
        Code::InvalidSessionTimeout => Some(
            "`lease` must be within the brokers' group.min.session.timeout.ms and group.max.session.timeout.ms",
        ),
        Code::InvalidReplicationFactor => Some("`replication_factor` is more than there are brokers"),
        Code::MessageSizeTooLarge => Some("the topic's max.message.bytes is below `max_record_bytes`"),
        Code::PurgeQueue | Code::PurgeInflight => Some(
            "no broker took it in time; see whether the cluster has a leader and enough replicas in sync",
        ),
        Code::BrokerTransportFailure | Code::AllBrokersDown | Code::OperationTimedOut => {
            Some("see whether the brokers run and are reachable from here")
        }
        _ => None,
    }
}

/// Whether asking again cannot have another result.
pub(super) fn is_final(error: &KafkaError) -> bool {
    error.rdkafka_error_code().is_some_and(is_permanent)
}

fn is_permanent(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode as Code;
    matches!(
        code,
        Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::UnsupportedSASLMechanism
            | Code::IllegalSASLState
            | Code::SSL
            | Code::UnknownTopic
            | Code::UnknownPartition
            | Code::UnknownTopicOrPartition
            | Code::InvalidRecord
            | Code::InvalidSessionTimeout
            | Code::InvalidTopic
            | Code::InvalidConfig
            | Code::InvalidPartitions
            | Code::InvalidReplicationFactor
            | Code::InvalidArgument
            | Code::PolicyViolation
            | Code::MessageSizeTooLarge
            | Code::UnsupportedVersion
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_without_an_acknowledgement_may_have_been_published() {
        let lost = undelivered("kafka://b:1", "edgeroam.internal.orders", RDKafkaErrorCode::PurgeInflight);
        assert_eq!(lost.class(), Class::Unknown);
        let text = lost.to_string();
        assert!(text.contains("kafka://b:1") && text.contains("edgeroam.internal.orders"), "{text}");
        let large = undelivered("kafka://b:1", "t", RDKafkaErrorCode::MessageSizeTooLarge);
        assert_eq!(large.class(), Class::Permanent);
    }

    #[test]
    fn a_cluster_that_does_not_answer_may_be_asked_again() {
        let down = KafkaError::MetadataFetch(RDKafkaErrorCode::BrokerTransportFailure);
        assert!(matches!(refused("s", "asking", &down).class(), Class::Transient(_)));
        let forbidden = KafkaError::MetadataFetch(RDKafkaErrorCode::TopicAuthorizationFailed);
        assert_eq!(refused("s", "asking", &forbidden).class(), Class::Permanent);
    }
}
