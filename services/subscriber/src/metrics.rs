//! Every metric of this crate. No label names a UE.

use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The subscriber's metrics; cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    pub(crate) events: Family<EventLabels, Counter>,
    pub(crate) polls: Family<PollLabels, Counter>,
    pub(crate) poll_seconds: Histogram,
    pub(crate) poll_bytes: Counter,
    pub(crate) notifications: Family<NotificationLabels, Counter>,
    pub(crate) ignored: Family<IgnoredLabels, Counter>,
    pub(crate) ues: Gauge,
    pub(crate) amfs: Gauge,
    pub(crate) registered: Gauge,
}

/// Labels of `events`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct EventLabels {
    pub(crate) source: Source,
    pub(crate) change: Change,
}

/// How we learned of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Source {
    Push,
    Poll,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Change {
    Location,
    Connectivity,
    Gone,
}

/// Labels of `polls`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct PollLabels {
    pub(crate) result: PollResult,
}

/// How a poll ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum PollResult {
    Complete,
    Empty,
    Refused,
    Failed,
    NotPublished,
}

/// Labels of `notifications`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct NotificationLabels {
    pub(crate) result: NotificationResult,
}

/// How a notification ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum NotificationResult {
    Accepted,
    UnknownSubscription,
    WrongSecret,
    Malformed,
    TooLarge,
    NotPublished,
    Other,
}

/// Labels of `ignored`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct IgnoredLabels {
    pub(crate) reason: Ignored,
}

/// Why something that was reported changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(crate) enum Ignored {
    /// Older than what is known.
    Older,
    /// An older context at another AMF.
    OtherAmf,
    /// An idle context that its UE has left long ago.
    Stale,
    /// A report that names no UE, or cannot be read.
    Unreadable,
    /// A location over non-3GPP access.
    Non3gpp,
}

impl Metrics {
    /// Makes the metrics known to `registry`, under `edgeroam_subscriber_…`.
    pub fn register(registry: &mut Registry) -> Self {
        // From half a millisecond (an AMF with few UEs) to four seconds.
        let buckets = prometheus_client::metrics::histogram::exponential_buckets(0.0005, 2.0, 14);
        let metrics = Self {
            events: Family::default(),
            polls: Family::default(),
            poll_seconds: Histogram::new(buckets),
            poll_bytes: Counter::default(),
            notifications: Family::default(),
            ignored: Family::default(),
            ues: Gauge::default(),
            amfs: Gauge::default(),
            registered: Gauge::default(),
        };
        let registry = registry.sub_registry_with_prefix("edgeroam_subscriber");
        registry.register("events", "UE events put on the bus", metrics.events.clone());
        registry.register("polls", "Any-UE polls of AMFs", metrics.polls.clone());
        registry.register_with_unit(
            "poll_duration",
            "Time from sending a poll until its whole answer is here",
            Unit::Seconds,
            metrics.poll_seconds.clone(),
        );
        registry.register_with_unit(
            "poll_answers",
            "Size of poll answers",
            Unit::Bytes,
            metrics.poll_bytes.clone(),
        );
        registry.register("notifications", "Notifications received", metrics.notifications.clone());
        registry.register("ignored", "Reports that changed nothing, by reason", metrics.ignored.clone());
        registry.register("ues", "UEs known", metrics.ues.clone());
        registry.register("amfs", "AMFs known", metrics.amfs.clone());
        registry.register("registered", "Whether the NRF knows us", metrics.registered.clone());
        metrics
    }

    pub(crate) fn event(&self, source: model::UeSource, change: &model::UeChange) {
        let source = match source {
            model::UeSource::Push => Source::Push,
            model::UeSource::Poll => Source::Poll,
        };
        let change = match change {
            model::UeChange::Location(_) => Change::Location,
            model::UeChange::Connectivity { .. } => Change::Connectivity,
            model::UeChange::Gone => Change::Gone,
        };
        self.events.get_or_create(&EventLabels { source, change }).inc();
    }

    pub(crate) fn poll(&self, result: PollResult) {
        self.polls.get_or_create(&PollLabels { result }).inc();
    }

    pub(crate) fn notification(&self, result: NotificationResult) {
        self.notifications.get_or_create(&NotificationLabels { result }).inc();
    }

    pub(crate) fn ignored(&self, reason: Ignored, times: u64) {
        if times > 0 {
            self.ignored.get_or_create(&IgnoredLabels { reason }).inc_by(times);
        }
    }
}
