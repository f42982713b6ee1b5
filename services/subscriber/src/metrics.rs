//! Every metric of this crate. No label names a UE.

use model::label_values;
use prometheus_client::encoding::EncodeLabelSet;
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
    pub(crate) qos_reports: Counter,
    pub(crate) ues: Gauge,
    pub(crate) amfs: Gauge,
    pub(crate) smfs: Gauge,
    pub(crate) registered: Gauge,
    pub(crate) delay: Histogram,
}

/// From what a push takes at best to what a slow poll of a large AMF takes, in seconds.
const DELAY_BUCKETS_SECONDS: [f64; 12] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0];

/// Labels of `events`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct EventLabels {
    pub(crate) source: Source,
    pub(crate) change: Change,
}

label_values! {
    /// How we learned of a change.
    pub(crate) enum Source {
        Push = "push",
        Poll = "poll",
    }
}

label_values! {
    /// What changed.
    pub(crate) enum Change {
        Location = "location",
        Connectivity = "connectivity",
        Gone = "gone",
    }
}

/// Labels of `polls`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct PollLabels {
    pub(crate) result: PollResult,
}

label_values! {
    /// How a poll ended.
    pub(crate) enum PollResult {
        Complete = "complete",
        Empty = "empty",
        Refused = "refused",
        Failed = "failed",
        NotPublished = "not_published",
    }
}

/// Labels of `notifications`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct NotificationLabels {
    pub(crate) result: NotificationResult,
}

label_values! {
    /// How a notification ended.
    pub(crate) enum NotificationResult {
        Accepted = "accepted",
        UnknownSubscription = "unknown_subscription",
        WrongSecret = "wrong_secret",
        Malformed = "malformed",
        TooLarge = "too_large",
        NotPublished = "not_published",
        Other = "other",
    }
}

/// Labels of `ignored`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct IgnoredLabels {
    pub(crate) reason: Ignored,
}

label_values! {
    /// Why something that was reported changed nothing.
    pub(crate) enum Ignored {
        /// Older than what is known.
        Older = "older",
        /// An older context at another AMF.
        OtherAmf = "other_amf",
        /// An idle context that its UE has left long ago.
        Stale = "stale",
        /// A report that names no UE, or cannot be read.
        Unreadable = "unreadable",
        /// A location over non-3GPP access.
        Non3gpp = "non_3gpp",
        /// A packet delay that could not be measured.
        Unmeasured = "unmeasured",
        /// A PDU session of another data network or slice.
        OtherSession = "other_session",
    }
}

impl Metrics {
    /// Makes the metrics known to `registry`, below `subscriber`.
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
            qos_reports: Counter::default(),
            ues: Gauge::default(),
            amfs: Gauge::default(),
            smfs: Gauge::default(),
            registered: Gauge::default(),
            delay: Histogram::new(DELAY_BUCKETS_SECONDS),
        };
        let registry = registry.sub_registry_with_prefix("subscriber");
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
        registry.register("qos_reports", "QoS reports put on the bus", metrics.qos_reports.clone());
        registry.register("ues", "UEs known", metrics.ues.clone());
        registry.register("amfs", "AMFs known", metrics.amfs.clone());
        let smfs = metrics.smfs.clone();
        registry.register("smfs", "SMFs that are subscribed to for packet delays", smfs);
        registry.register_with_unit(
            "detection_delay",
            "From the network's time of a location until a change of it goes on the bus, by both clocks",
            Unit::Seconds,
            metrics.delay.clone(),
        );
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

    /// A location event is on the bus this long after the time that the network gave for it. The core's clock need
    /// not agree with ours: one that goes ahead of it counts as no delay, and what is no number not at all.
    pub(crate) fn delay(&self, seconds: f64) {
        if seconds.is_finite() {
            self.delay.observe(seconds.max(0.0));
        }
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

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;

    use super::*;

    #[test]
    fn names_have_one_prefix_labels_are_words_and_delays_are_never_negative() {
        let mut registry = Registry::with_prefix("edgeroam");
        let metrics = Metrics::register(&mut registry);
        metrics.event(model::UeSource::Poll, &model::UeChange::Gone);
        metrics.poll(PollResult::NotPublished);
        metrics.ignored(Ignored::Non3gpp, 2);
        for seconds in [-3.0, 0.03, f64::NAN, 400.0] {
            metrics.delay(seconds);
        }
        let mut text = String::new();
        encode(&mut text, &registry).expect("a String takes everything");
        for line in [
            r#"edgeroam_subscriber_events_total{source="poll",change="gone"} 1"#,
            r#"edgeroam_subscriber_polls_total{result="not_published"} 1"#,
            r#"edgeroam_subscriber_ignored_total{reason="non_3gpp"} 2"#,
            r#"edgeroam_subscriber_detection_delay_seconds_bucket{le="0.01"} 1"#,
            r#"edgeroam_subscriber_detection_delay_seconds_bucket{le="0.05"} 2"#,
            r#"edgeroam_subscriber_detection_delay_seconds_bucket{le="60.0"} 2"#,
            "edgeroam_subscriber_detection_delay_seconds_count 3",
        ] {
            assert!(text.lines().any(|written| written == line), "no `{line}` in\n{text}");
        }
    }
}
