//! What the relay counts.

use bus::public::Topic;
use model::Stream;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTopic {
    topic: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfStream {
    stream: &'static str,
}

/// What the relay counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    events: Family<OfTopic, Counter>,
    dead_letters: Family<OfStream, Counter>,
    fell_behind: Family<OfStream, Counter>,
    /// 1 while this replica relays.
    pub(crate) active: Gauge,
}

impl Metrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let registry = registry.sub_registry_with_prefix("relay");
        registry.register("events", "Public events that the broker has", metrics.events.clone());
        registry.register("dead_letters", "Records that could not be read", metrics.dead_letters.clone());
        registry.register(
            "fell_behind",
            "Times that retention overtook the relay: events are missing",
            metrics.fell_behind.clone(),
        );
        registry.register("active", "Whether this replica relays", metrics.active.clone());
        metrics
    }

    pub(crate) fn put(&self, topic: Topic) {
        self.events.get_or_create(&OfTopic { topic: topic.name() }).inc();
    }

    pub(crate) fn dead(&self, stream: Stream) {
        self.dead_letters.get_or_create(&OfStream { stream: stream.name() }).inc();
    }

    pub(crate) fn behind(&self, stream: Stream) {
        self.fell_behind.get_or_create(&OfStream { stream: stream.name() }).inc();
    }
}
