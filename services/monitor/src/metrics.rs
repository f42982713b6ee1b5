//! What the monitor counts.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use model::{SiteCondition, SiteId, SiteSource, label_values};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::config::What;

label_values! {
    /// What is reported.
    pub(crate) enum Reported {
        Qos = "qos",
        Load = "load",
        Nothing = "nothing",
    }
}

label_values! {
    /// What became of a request.
    pub(crate) enum Taken {
        Accepted = "accepted",
        Malformed = "malformed",
        Unknown = "unknown_name",
        NotAllowed = "not_allowed",
        TooMany = "too_many",
        NotPublished = "not_published",
        Other = "other",
    }
}

label_values! {
    /// What a probe saw.
    pub(crate) enum ProbeResult {
        Well = "well",
        Slow = "slow",
        Silent = "silent",
    }
}

label_values! {
    /// What became of a query.
    pub(crate) enum Asked {
        Answered = "answered",
        Failed = "failed",
    }
}

label_values! {
    /// What became of a sample.
    pub(crate) enum Sampled {
        Used = "used",
        NoSite = "no_site",
        NoUe = "no_ue",
        NoApp = "no_app",
        NoNumber = "no_number",
        OutOfRange = "out_of_range",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfRequest {
    what: Reported,
    result: Taken,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfProbe {
    result: ProbeResult,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSite {
    site: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfQuery {
    what: String,
    result: Asked,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSample {
    what: String,
    result: Sampled,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfSource {
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfCondition {
    source: &'static str,
    condition: &'static str,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics {
    requests: Family<OfRequest, Counter>,
    /// Reports of quality that the bus has.
    pub(crate) qos_reports: Counter,
    /// Reports of load that the bus has.
    pub(crate) load_reports: Counter,
    site_reports: Family<OfCondition, Counter>,
    probes: Family<OfProbe, Counter>,
    probe_rtt: Family<OfSite, Gauge<f64, AtomicU64>>,
    our_own: Family<OfSource, Gauge>,
    queries: Family<OfQuery, Counter>,
    samples: Family<OfSample, Counter>,
    /// 1 while this replica probes and queries.
    pub(crate) active: Gauge,
}

impl Metrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let registry = registry.sub_registry_with_prefix("monitor");
        registry.register("requests", "Requests to the port for reports", metrics.requests.clone());
        registry.register("qos_reports", "Reports of quality put on the bus", metrics.qos_reports.clone());
        registry.register("load_reports", "Reports of load put on the bus", metrics.load_reports.clone());
        registry.register(
            "site_reports",
            "Changes of sites' conditions reported",
            metrics.site_reports.clone(),
        );
        registry.register("probes", "Probes of sites", metrics.probes.clone());
        registry.register(
            "probe_rtt_seconds",
            "How long the last probe of a site took to connect",
            metrics.probe_rtt.clone(),
        );
        registry.register(
            "too_many_failing",
            "1 while so many sites fail at one time that nothing is said of any",
            metrics.our_own.clone(),
        );
        registry.register("prometheus_queries", "Queries to Prometheus", metrics.queries.clone());
        registry.register("prometheus_samples", "Samples in its answers", metrics.samples.clone());
        registry.register("active", "1 while this replica probes and queries", metrics.active.clone());
        metrics
    }

    pub(crate) fn request(&self, what: Reported, result: Taken) {
        self.requests.get_or_create(&OfRequest { what, result }).inc();
    }

    pub(crate) fn site_report(&self, source: SiteSource, condition: SiteCondition) {
        let of = OfCondition { source: source.as_str(), condition: condition.as_str() };
        self.site_reports.get_or_create(&of).inc();
    }

    pub(crate) fn probe(&self, result: ProbeResult) {
        self.probes.get_or_create(&OfProbe { result }).inc();
    }

    pub(crate) fn probe_rtt(&self, site: &SiteId, took: Duration) {
        self.probe_rtt.get_or_create(&OfSite { site: site.to_string() }).set(took.as_secs_f64());
    }

    pub(crate) fn our_own(&self, source: SiteSource, is: bool) {
        self.our_own.get_or_create(&OfSource { source: source.as_str() }).set(i64::from(is));
    }

    pub(crate) fn query(&self, what: What, result: Asked) {
        self.queries.get_or_create(&OfQuery { what: word(what), result }).inc();
    }

    pub(crate) fn sample(&self, what: What, result: Sampled) {
        self.samples.get_or_create(&OfSample { what: word(what), result }).inc();
    }
}

/// The word for what is asked in the form that labels have here.
fn word(what: What) -> String {
    what.as_str().replace('.', "_")
}
