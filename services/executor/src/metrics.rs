//! Every metric of this crate.

use model::{Step, label_values};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

label_values! {
    /// What became of an order when it came in.
    pub(crate) enum Taken {
        New = "new",
        Duplicate = "duplicate",
        Conflicting = "conflicting",
        Fenced = "fenced",
        Refused = "refused",
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct TakenLabel {
    pub result: Taken,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct StepLabel {
    pub step: StepName,
    pub undo: bool,
    pub result: StepResult,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct DurationLabel {
    pub step: StepName,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct EndLabel {
    pub outcome: &'static str,
}

label_values! {
    /// How an attempt of a step ended.
    pub(crate) enum StepResult {
        Done = "done",
        Transient = "transient",
        Permanent = "permanent",
        Unknown = "unknown",
    }
}

/// A step as a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct StepName(pub Step);

impl EncodeLabelValue for StepName {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> std::fmt::Result {
        EncodeLabelValue::encode(&self.0.as_str(), encoder)
    }
}

/// Every metric of this crate.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    pub orders: Family<TakenLabel, Counter>,
    pub under_way: Gauge,
    pub attempts: Family<StepLabel, Counter>,
    pub ends: Family<EndLabel, Counter>,
    pub relocation: Histogram,
    pub steps: Family<DurationLabel, Histogram>,
    pub unpublished: Gauge,
    pub apps_shut: Gauge,
    pub leftovers: Gauge,
    pub parts: Gauge,
    pub fenced: Counter,
}

impl Metrics {
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            orders: Family::default(),
            under_way: Gauge::default(),
            attempts: Family::default(),
            ends: Family::default(),
            relocation: Histogram::new(exponential_buckets(0.05, 2.0, 14)),
            steps: Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.01, 2.0, 16))),
            unpublished: Gauge::default(),
            apps_shut: Gauge::default(),
            leftovers: Gauge::default(),
            parts: Gauge::default(),
            fenced: Counter::default(),
        };
        let registry = registry.sub_registry_with_prefix("executor");
        registry.register("orders", "Orders taken in, by what became of them", metrics.orders.clone());
        registry.register("sagas_under_way", "Relocations under way", metrics.under_way.clone());
        registry.register("step_attempts", "Attempts of steps and of undoing them", metrics.attempts.clone());
        registry.register("sagas_ended", "Relocations by how they ended", metrics.ends.clone());
        let help = "From intake to the verified switch";
        registry.register_with_unit("relocation_duration", help, Unit::Seconds, metrics.relocation.clone());
        let help = "From the start of a step's last attempt to its success";
        registry.register_with_unit("step_duration", help, Unit::Seconds, metrics.steps.clone());
        registry.register("outbox_records", "Records not yet on the bus", metrics.unpublished.clone());
        registry.register("apps_shut", "Apps that lack something in EMCO", metrics.apps_shut.clone());
        let help = "Deployment intent groups that could not be removed and are tried again";
        registry.register("groups_left_over", help, metrics.leftovers.clone());
        let help = "Parts of the instances that this replica works on";
        registry.register("parts_held", help, metrics.parts.clone());
        let help = "Parts that another replica claimed while this one worked on them";
        registry.register("parts_fenced", help, metrics.fenced.clone());
        metrics
    }
}
