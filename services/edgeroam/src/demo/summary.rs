//! The demo's result, before it is shown.

use std::collections::BTreeMap;

use edge_app::client::Report;
use hdrhistogram::Histogram;
use model::{InstanceId, Trigger, Verdict};
use serde_json::{Value, json};

use super::ledger::{Ledger, Relocations};
use super::observer::now;

/// All that the table and the JSON object show.
pub(super) struct Summary {
    pub(super) events: u64,
    pub(super) decisions: BTreeMap<Trigger, BTreeMap<Verdict, u64>>,
    pub(super) relocations: Relocations,
    pub(super) leftover: u64,
    pub(super) incomplete: u64,
    pub(super) ping_pong_percent: f64,
    pub(super) detour_percent: f64,
    pub(super) latency_ms: Quantiles,
    pub(super) relocation_ms: Quantiles,
    pub(super) followed: u64,
    pub(super) clients: Report,
    pub(super) troubles: Vec<String>,
}

/// Median, 99th percentile and maximum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Quantiles {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

impl Quantiles {
    fn of(histogram: &Histogram<u64>, unit: f64) -> Self {
        let value = |v: u64| if histogram.is_empty() { 0.0 } else { v as f64 * unit };
        Self {
            p50: value(histogram.value_at_quantile(0.5)),
            p99: value(histogram.value_at_quantile(0.99)),
            max: value(histogram.max()),
        }
    }

    fn json(self) -> Value {
        json!({"p50": rounded(self.p50), "p99": rounded(self.p99), "max": rounded(self.max)})
    }
}

impl Summary {
    pub(super) fn new(ledger: &mut Ledger, clients: Report) -> Self {
        Self {
            events: ledger.events,
            decisions: ledger.decisions.clone(),
            relocations: ledger.relocations(),
            leftover: ledger.leftover(),
            incomplete: ledger.incomplete(),
            ping_pong_percent: ledger.ping_pong_percent(),
            detour_percent: ledger.detour.percent(now()),
            latency_ms: Quantiles::of(&ledger.latency_us, 0.001),
            relocation_ms: Quantiles::of(&ledger.relocation_ms, 1.0),
            followed: followed(ledger, &clients),
            clients,
            troubles: ledger.troubles.clone(),
        }
    }

    /// The last line of `--json`.
    pub(super) fn json(&self) -> Value {
        let decisions: serde_json::Map<String, Value> = self
            .decisions
            .iter()
            .map(|(trigger, verdicts)| {
                let counts: serde_json::Map<String, Value> =
                    verdicts.iter().map(|(verdict, n)| (verdict.as_str().to_owned(), json!(n))).collect();
                (trigger.as_str().to_owned(), Value::Object(counts))
            })
            .collect();
        let r = self.relocations;
        json!({
            "events": self.events,
            "decisions": decisions,
            "relocations": {"completed": r.completed, "undone": r.undone, "failed": r.failed},
            "ping_pong_percent": rounded(self.ping_pong_percent),
            "not_nearest_percent": rounded(self.detour_percent),
            "latency_ms": self.latency_ms.json(),
            "relocation_ms": self.relocation_ms.json(),
            "client": {
                "requests": self.clients.requests,
                "failed": self.clients.failed,
                "longest_gap_ms": rounded(self.clients.longest_gap_ms),
                "followed": self.followed,
            },
        })
    }

    /// Whether all went as it should.
    ///
    /// # Errors
    /// What did not.
    pub(super) fn verdict(&self) -> Result<(), String> {
        let r = self.relocations;
        if r.ordered == 0 {
            return Err(
                "there were no relocations; try another --seed, more --ues or a longer --duration".into()
            );
        }
        if r.completed < r.ordered {
            return Err(format!("{} of {} relocations were completed", r.completed, r.ordered));
        }
        if self.incomplete > 0 {
            return Err(format!("{} orders were not completed", self.incomplete));
        }
        if self.clients.failed > 0 {
            return Err(format!("{} of {} requests failed", self.clients.failed, self.clients.requests));
        }
        if self.clients.requests == 0 {
            return Err("no client was ever served".into());
        }
        Ok(())
    }
}

/// How many completed relocations took their client along: it got answers of the new release.
fn followed(ledger: &Ledger, clients: &Report) -> u64 {
    let of = |instance: &InstanceId, client: &str| client.split('.').next() == Some(instance.as_str());
    let saw = |instance: &InstanceId, release: &str| {
        clients.releases.iter().any(|seen| of(instance, &seen.client) && seen.release == release)
    };
    ledger.moves().iter().filter(|moved| saw(&moved.instance, moved.release.as_str())).count() as u64
}

/// Three decimals are more than these figures mean.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
