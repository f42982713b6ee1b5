//! The decider's metrics. Labels are enums; no metric names a UE.

use std::fmt::{self, Write as _};

use model::{Decision, Order, Rule};
use placement::{Command, Counts};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::feed::Feed;
use crate::wire::Item;

/// A word of `model` as the value of a label, `_` for `-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Word(&'static str);

impl EncodeLabelValue for Word {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|letter| encoder.write_char(if letter == '-' { '_' } else { letter }))
    }
}

/// `stream`: the name of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfStream {
    stream: Word,
}

/// `trigger` and `verdict`, as `model` names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfDecision {
    trigger: Word,
    verdict: Word,
}

/// `guard`: what forbids a move.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfGuard {
    guard: Word,
}

/// `ask`: what an operator asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfCommand {
    ask: Word,
}

/// `condition` of a site.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfSite {
    condition: Word,
}

/// `source` of a load or of a measurement.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfSource {
    source: Word,
}

/// `trigger`, as `model` names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OfOrder {
    trigger: Word,
}

/// Everything that the decider counts.
#[derive(Debug, Clone)]
pub(crate) struct Metrics {
    records: Family<OfStream, Counter>,
    dead_letters: Family<OfStream, Counter>,
    decisions: Family<OfDecision, Counter>,
    blocked: Family<OfGuard, Counter>,
    orders: Family<OfOrder, Counter>,
    operator_commands: Family<OfCommand, Counter>,
    site_reports: Family<OfSite, Counter>,
    site_statuses: Family<OfSite, Counter>,
    qos_reports: Family<OfSource, Counter>,
    site_loads: Family<OfSource, Counter>,
    pub(crate) order_delay: Histogram,
    pub(crate) snapshot_bytes: Gauge,
    pub(crate) cold_starts: Counter,
    /// 1 while this replica decides.
    pub(crate) active: Gauge,
    ues: Gauge,
    instances: Gauge,
    hosts: Gauge,
    detached: Gauge,
    ended: Gauge,
    under_way: Gauge,
    waiting: Gauge,
    overloaded_sites: Gauge,
    relieving: Gauge,
    unknown_cells: Gauge,
    area_fallbacks: Gauge,
    nowhere: Gauge,
    positions: Gauge,
    measured: Gauge,
    ignored_measurements: Gauge,
}

impl Metrics {
    /// Registers them below `decider`.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let registry = registry.sub_registry_with_prefix("decider");
        let metrics = Self {
            records: Family::default(),
            dead_letters: Family::default(),
            decisions: Family::default(),
            blocked: Family::default(),
            orders: Family::default(),
            operator_commands: Family::default(),
            site_reports: Family::default(),
            site_statuses: Family::default(),
            qos_reports: Family::default(),
            site_loads: Family::default(),
            order_delay: Histogram::new(exponential_buckets(0.000_1, 2.0, 18)),
            snapshot_bytes: Gauge::default(),
            cold_starts: Counter::default(),
            active: Gauge::default(),
            ues: Gauge::default(),
            instances: Gauge::default(),
            hosts: Gauge::default(),
            detached: Gauge::default(),
            ended: Gauge::default(),
            under_way: Gauge::default(),
            waiting: Gauge::default(),
            overloaded_sites: Gauge::default(),
            relieving: Gauge::default(),
            unknown_cells: Gauge::default(),
            area_fallbacks: Gauge::default(),
            nowhere: Gauge::default(),
            positions: Gauge::default(),
            measured: Gauge::default(),
            ignored_measurements: Gauge::default(),
        };
        registry.register("records", "Records taken from a stream", metrics.records.clone());
        registry.register("dead_letters", "Records that could not be read", metrics.dead_letters.clone());
        registry.register("decisions", "Decisions published", metrics.decisions.clone());
        registry.register("blocked", "Decisions published that a guard forbids", metrics.blocked.clone());
        registry.register("orders", "Orders published", metrics.orders.clone());
        registry.register(
            "operator_commands",
            "Commands of operators that came in",
            metrics.operator_commands.clone(),
        );
        registry.register("site_reports", "Reports about sites that came in", metrics.site_reports.clone());
        registry.register("site_statuses", "Statuses of sites published", metrics.site_statuses.clone());
        registry.register(
            "qos_reports",
            "Reports on the quality of service of UEs that came in",
            metrics.qos_reports.clone(),
        );
        registry.register("site_loads", "Loads of sites that came in", metrics.site_loads.clone());
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
        registry.register(
            "active",
            "1 while this replica decides, 0 while it stands by",
            metrics.active.clone(),
        );
        registry.register("cold_starts", "Starts without a usable snapshot", metrics.cold_starts.clone());
        registry.register("ues", "UEs that use an app", metrics.ues.clone());
        registry.register("instances", "Instances that serve or are ordered", metrics.instances.clone());
        registry.register("host_instances", "Of these, hosts of shared apps", metrics.hosts.clone());
        registry.register(
            "detached_instances",
            "Of these, instances whose UE is not known",
            metrics.detached.clone(),
        );
        registry.register(
            "ended_instances",
            "Instances without a UE that neither serve nor are ordered, remembered for their generation",
            metrics.ended.clone(),
        );
        registry.register(
            "under_way",
            "Relocations and first placements under way",
            metrics.under_way.clone(),
        );
        registry.register("waiting", "Instances that wait for a budget", metrics.waiting.clone());
        registry.register(
            "overloaded_sites",
            "Sites whose load is above the high water mark, or was and is not at the low one yet",
            metrics.overloaded_sites.clone(),
        );
        registry.register(
            "relieving",
            "Instances that were chosen to leave these and have not left yet",
            metrics.relieving.clone(),
        );
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
        registry.register(
            "positioned_ues",
            "UEs that are where a position says, not where their cell is",
            metrics.positions.clone(),
        );
        registry.register(
            "measured_instances",
            "Instances of whose quality of service something is measured",
            metrics.measured.clone(),
        );
        registry.register(
            "ignored_qos_reports",
            "Reports on quality of service since the start that had no effect: too old, heard before, or of nobody",
            metrics.ignored_measurements.clone(),
        );
        metrics
    }

    pub(crate) fn took(&self, feed: Feed, records: usize, dead_letters: usize) {
        let label = OfStream { stream: Word(feed.stream().name()) };
        self.records.get_or_create(&label).inc_by(records as u64);
        if dead_letters > 0 {
            self.dead_letters.get_or_create(&label).inc_by(dead_letters as u64);
        }
    }

    /// Counts what is rare and worth telling apart; history is not counted again.
    pub(crate) fn heard(&self, item: &Item) {
        match item {
            Item::Command(command) => {
                let label = OfCommand { ask: Word(command.ask.as_str()) };
                self.operator_commands.get_or_create(&label).inc();
            }
            Item::Site(report) => {
                let label = OfSite { condition: Word(report.condition.as_str()) };
                self.site_reports.get_or_create(&label).inc();
            }
            Item::Qos(report) => {
                let label = OfSource { source: Word(report.source.as_str()) };
                self.qos_reports.get_or_create(&label).inc();
            }
            Item::Load(load) => {
                let label = OfSource { source: Word(load.source.as_str()) };
                self.site_loads.get_or_create(&label).inc();
            }
            Item::Ue(_) | Item::Outcome(_) | Item::Instance(_) | Item::Order(_) | Item::Own => {}
        }
    }

    pub(crate) fn commanded(&self, command: &Command) {
        match command {
            Command::Decide(decision) => {
                let Decision { trigger, verdict, .. } = **decision;
                let label = OfDecision { trigger: Word(trigger.as_str()), verdict: Word(verdict.as_str()) };
                self.decisions.get_or_create(&label).inc();
                if let Rule::Guarded(guard) = decision.explanation.rule {
                    self.blocked.get_or_create(&OfGuard { guard: Word(guard.as_str()) }).inc();
                }
            }
            Command::Order(order) => {
                let Order { trigger, .. } = **order;
                self.orders.get_or_create(&OfOrder { trigger: Word(trigger.as_str()) }).inc();
            }
            Command::Site(status) => {
                let label = OfSite { condition: Word(status.condition.as_str()) };
                self.site_statuses.get_or_create(&label).inc();
            }
        }
    }

    pub(crate) fn show(&self, counts: &Counts) {
        for (gauge, value) in [
            (&self.ues, counts.ues),
            (&self.instances, counts.instances),
            (&self.hosts, counts.hosts),
            (&self.detached, counts.detached),
            (&self.ended, counts.ended),
            (&self.under_way, counts.under_way),
            (&self.waiting, counts.waiting),
            (&self.overloaded_sites, counts.overloaded_sites),
            (&self.relieving, counts.relieving),
            (&self.unknown_cells, counts.unknown_cells),
            (&self.area_fallbacks, counts.area_fallbacks),
            (&self.nowhere, counts.nowhere),
            (&self.positions, counts.positions),
            (&self.measured, counts.measured),
            (&self.ignored_measurements, counts.ignored_measurements),
        ] {
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{Stream, Trigger, Verdict};
    use prometheus_client::encoding::text::encode;

    use super::*;

    #[test]
    fn every_word_of_the_model_becomes_a_label_value_of_the_one_form() {
        let words = Stream::ALL.map(Stream::name).into_iter();
        let words =
            words.chain([Trigger::Mobility, Trigger::FirstPlacement, Trigger::UeGone].map(Trigger::as_str));
        let words = words.chain([Verdict::Move, Verdict::Stay, Verdict::Blocked].map(Verdict::as_str));
        let mut registry = Registry::default();
        let counted = Family::<OfStream, Counter>::default();
        registry.register("words", "Words", counted.clone());
        words.for_each(|word| drop(counted.get_or_create(&OfStream { stream: Word(word) })));
        let mut text = String::new();
        encode(&mut text, &registry).expect("a String takes everything");
        let values: Vec<_> = text.lines().filter_map(|line| line.split('"').nth(1)).collect();
        assert_eq!(values.len(), Stream::ALL.len() + 6);
        assert!(values.iter().all(|value| model::is_label_value(value)), "{values:?}");
        assert!(values.contains(&"ue_gone"));
    }

    #[test]
    fn instances_that_have_ended_are_told_apart_from_those_that_exist() {
        let mut registry = Registry::with_prefix("edgeroam");
        let metrics = Metrics::register(&mut registry);
        metrics.show(&Counts { ues: 12, instances: 12, detached: 1, ended: 87, ..Counts::default() });
        let mut text = String::new();
        encode(&mut text, &registry).expect("a String takes everything");
        for line in ["instances 12", "detached_instances 1", "ended_instances 87"] {
            let line = format!("edgeroam_decider_{line}");
            assert!(text.lines().any(|written| written == line), "no `{line}` in\n{text}");
        }
    }
}
