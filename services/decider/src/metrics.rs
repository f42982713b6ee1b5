//! The decider's metrics. Labels are enums; no metric names a UE.

use model::{Decision, Order};
use placement::{Command, Counts};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::feed::Feed;

/// `stream`: the name of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfStream {
    stream: &'static str,
}

/// `trigger` and `verdict`, as `model` names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfDecision {
    trigger: &'static str,
    verdict: &'static str,
}

/// `trigger`, as `model` names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfOrder {
    trigger: &'static str,
}

/// Everything that the decider counts.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    records: Family<OfStream, Counter>,
    dead_letters: Family<OfStream, Counter>,
    decisions: Family<OfDecision, Counter>,
    orders: Family<OfOrder, Counter>,
    pub(crate) order_delay: Histogram,
    pub(crate) snapshot_bytes: Gauge,
    pub(crate) cold_starts: Counter,
    ues: Gauge,
    instances: Gauge,
    detached: Gauge,
    under_way: Gauge,
    waiting: Gauge,
    unknown_cells: Gauge,
    area_fallbacks: Gauge,
    nowhere: Gauge,
}

impl Metrics {
    /// Registers them below `decider`.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let registry = registry.sub_registry_with_prefix("decider");
        let metrics = Self {
            records: Family::default(),
            dead_letters: Family::default(),
            decisions: Family::default(),
            orders: Family::default(),
            order_delay: Histogram::new(exponential_buckets(0.000_1, 2.0, 18)),
            snapshot_bytes: Gauge::default(),
            cold_starts: Counter::default(),
            ues: Gauge::default(),
            instances: Gauge::default(),
            detached: Gauge::default(),
            under_way: Gauge::default(),
            waiting: Gauge::default(),
            unknown_cells: Gauge::default(),
            area_fallbacks: Gauge::default(),
            nowhere: Gauge::default(),
        };
        registry.register("records", "Records taken from a stream", metrics.records.clone());
        registry.register("dead_letters", "Records that could not be read", metrics.dead_letters.clone());
        registry.register("decisions", "Decisions published", metrics.decisions.clone());
        registry.register("orders", "Orders published", metrics.orders.clone());
        registry.register_with_unit(
            "order_delay",
            "From when an order became due until it was on the bus",
            Unit::Seconds,
            metrics.order_delay.clone(),
        );
        registry.register_with_unit(
            "snapshot",
            "Size of the last snapshot",
            Unit::Bytes,
            metrics.snapshot_bytes.clone(),
        );
        registry.register("cold_starts", "Starts without a usable snapshot", metrics.cold_starts.clone());
        registry.register("ues", "UEs that use an app", metrics.ues.clone());
        registry.register("instances", "Instances that are remembered", metrics.instances.clone());
        registry.register("detached_instances", "Instances whose UE is not known", metrics.detached.clone());
        registry.register(
            "under_way",
            "Relocations and first placements under way",
            metrics.under_way.clone(),
        );
        registry.register("waiting", "Instances that wait for a slot", metrics.waiting.clone());
        registry.register(
            "unknown_cell_reports",
            "Reports since the start whose cell is not in the catalogue",
            metrics.unknown_cells.clone(),
        );
        registry.register(
            "area_fallback_reports",
            "Reports since the start that were placed by their tracking area",
            metrics.area_fallbacks.clone(),
        );
        registry.register(
            "nowhere_reports",
            "Reports since the start that nothing could place",
            metrics.nowhere.clone(),
        );
        metrics
    }

    pub(crate) fn took(&self, feed: Feed, records: usize, dead_letters: usize) {
        let label = OfStream { stream: feed.stream().name() };
        self.records.get_or_create(&label).inc_by(records as u64);
        if dead_letters > 0 {
            self.dead_letters.get_or_create(&label).inc_by(dead_letters as u64);
        }
    }

    pub(crate) fn commanded(&self, command: &Command) {
        match command {
            Command::Decide(decision) => {
                let Decision { trigger, verdict, .. } = **decision;
                let label = OfDecision { trigger: trigger.as_str(), verdict: verdict.as_str() };
                self.decisions.get_or_create(&label).inc();
            }
            Command::Order(order) => {
                let Order { trigger, .. } = **order;
                self.orders.get_or_create(&OfOrder { trigger: trigger.as_str() }).inc();
            }
        }
    }

    pub(crate) fn show(&self, counts: &Counts) {
        for (gauge, value) in [
            (&self.ues, counts.ues),
            (&self.instances, counts.instances),
            (&self.detached, counts.detached),
            (&self.under_way, counts.under_way),
            (&self.waiting, counts.waiting),
            (&self.unknown_cells, counts.unknown_cells),
            (&self.area_fallbacks, counts.area_fallbacks),
            (&self.nowhere, counts.nowhere),
        ] {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }
}
