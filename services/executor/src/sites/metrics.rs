//! What the watch over labels counts.

use model::label_values;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

label_values! {
    /// What became of a query.
    pub(super) enum Query {
        Read = "read",
        NoCluster = "no_cluster",
        Failed = "failed",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct OfQuery {
    pub(super) result: Query,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Metrics {
    queries: Family<OfQuery, Counter>,
    pub(super) reports: Counter,
}

impl Metrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let registry = registry.sub_registry_with_prefix("executor");
        registry.register("label_queries", "Queries of clusters' labels", metrics.queries.clone());
        registry.register("site_reports", "Changes of labels reported", metrics.reports.clone());
        metrics
    }

    pub(super) fn queried(&self, result: Query) {
        self.queries.get_or_create(&OfQuery { result }).inc();
    }
}
