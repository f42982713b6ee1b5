//! What things are called at the broker.

use model::Stream;
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// What NATS forbids within a token of a subject, and the sign that stands for it.
const TOKEN: &AsciiSet = &CONTROLS.add(b' ').add(b'.').add(b'*').add(b'>').add(b'%');
/// What a bucket's keys may consist of is much less; `=` stands for the percent sign there.
const BUCKET: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// What things of one prefix are called at the broker.
#[derive(Debug, Clone)]
pub(super) struct Names {
    prefix: Box<str>,
}

impl Names {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.into() }
    }

    /// The JetStream stream: `EDGEROAM_UE_EVENTS`.
    pub(super) fn stream(&self, stream: Stream) -> String {
        format!("{}_{}", self.prefix, stream.name().to_ascii_uppercase().replace('-', "_"))
    }

    /// The bucket that keeps how far consumers are.
    pub(super) fn positions(&self) -> String {
        format!("{}_POSITIONS", self.prefix)
    }

    /// The bucket in which replicas share work.
    pub(super) fn leases(&self) -> String {
        format!("{}_LEASES", self.prefix)
    }

    /// The subjects of a stream.
    pub(super) fn subjects(&self, stream: Stream) -> String {
        let of = self.of(stream);
        if stream.latest_per_key() { format!("{of}.>") } else { of }
    }

    /// The subject of a record. Where the last one of every key is kept, each key has a subject of its own.
    pub(super) fn subject(&self, stream: Stream, key: &str) -> String {
        let of = self.of(stream);
        if stream.latest_per_key() { format!("{of}.{}", tokens(key)) } else { of }
    }

    fn of(&self, stream: Stream) -> String {
        format!("{}.internal.{}", self.prefix.to_ascii_lowercase(), stream.name())
    }
}

/// A key as tokens of a subject: `app/instance` becomes `app.instance`. Different keys stay different.
pub(super) fn tokens(key: &str) -> String {
    key.split('/').map(token).collect::<Vec<_>>().join(".")
}

/// One token of a subject. An empty one would be refused; a lone percent sign is what no other text becomes.
pub(super) fn token(text: &str) -> String {
    if text.is_empty() { "%".into() } else { utf8_percent_encode(text, TOKEN).to_string() }
}

/// A part of a bucket's key.
pub(super) fn bucket_token(text: &str) -> String {
    if text.is_empty() {
        return "=".into();
    }
    utf8_percent_encode(text, BUCKET).to_string().replace('%', "=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_subjects_that_nats_takes_and_stay_different() {
        let names = Names::new("EDGEROAM");
        assert_eq!(names.stream(Stream::UeEvents), "EDGEROAM_UE_EVENTS");
        assert_eq!(names.subject(Stream::UeEvents, "imsi-1"), "edgeroam.internal.ue-events");
        assert_eq!(names.subject(Stream::Instances, "app/0a"), "edgeroam.internal.instances.app.0a");
        assert_eq!(names.subjects(Stream::Instances), "edgeroam.internal.instances.>");
        let keys = ["a/b", "a.b", "a b", "a*b", "a>b", "a%b", "a%2Eb", "", "/", "a/", "/a", "%", "é"];
        let subjects: std::collections::HashSet<_> = keys.iter().map(|key| tokens(key)).collect();
        assert_eq!(subjects.len(), keys.len());
        for subject in &subjects {
            assert!(subject.split('.').all(|token| !token.is_empty()), "{subject}");
            assert!(subject.is_ascii() && !subject.contains([' ', '*', '>']), "{subject}");
        }
    }

    #[test]
    fn names_of_consumers_become_keys_that_buckets_take() {
        for (name, key) in [("relay", "relay"), ("a.b", "a=2Eb"), ("a=b", "a=3Db"), ("", "=")] {
            assert_eq!(bucket_token(name), key);
        }
    }
}
