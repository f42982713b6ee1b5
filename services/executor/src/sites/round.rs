//! One look at the labels of every site's cluster.

use std::collections::BTreeMap;
use std::sync::Arc;

use bus::{Bus, BusError, Record, Sequence};
use emco::{Labels, Reason};
use model::{Site, SiteCondition, SiteId, SiteRecord, SiteReport, SiteSource, Stream};

use super::metrics::{Metrics, Query};
use crate::clock;

/// What a look needs.
pub(super) struct Round {
    pub(super) labels: Labels,
    pub(super) sites: Vec<Site>,
    pub(super) emco: emco::Client,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) metrics: Metrics,
    /// Why the last look failed, if it did: what goes on is told once.
    pub(super) failing: Option<String>,
}

/// The last report of a site.
struct Last {
    condition: SiteCondition,
    position: Sequence,
}

/// Why a cluster's labels could not be seen.
struct Unseen {
    reason: String,
    /// Nobody answered: the rest of the round would fare no better.
    silent: bool,
}

impl Round {
    /// Publishes what has changed since the last report. What cannot be seen has not changed.
    pub(super) async fn look(&mut self) {
        let looked = self.changes().await;
        let failed = match looked {
            Ok((changes, failed)) => {
                let published = if changes.is_empty() { Ok(()) } else { self.publish(changes).await };
                published.err().map(|error| error.to_string()).or(failed)
            }
            Err(error) => Some(error.to_string()),
        };
        match &failed {
            Some(reason) if self.failing.as_ref() != Some(reason) => {
                tracing::warn!(%reason, "labels of clusters cannot be seen or reported; sites stay as they were");
            }
            None if self.failing.is_some() => tracing::info!("labels of clusters are seen again"),
            Some(_) | None => {}
        }
        self.failing = failed;
    }

    /// The reports to be published, and why a site could not be seen, if one could not.
    async fn changes(&self) -> Result<(Vec<Record>, Option<String>), BusError> {
        let last = last(&self.bus.latest(Stream::Sites).await?.0);
        let (mut changes, mut failed) = (Vec::new(), None);
        // One after the other: most of EMCO's budget is for relocations.
        for site in &self.sites {
            // When it was so is known no better than by when it was asked.
            let at = clock::now();
            let labels = match self.labels_of(site).await {
                Ok(labels) => labels,
                Err(unseen) => {
                    let silent = unseen.silent;
                    failed.get_or_insert(unseen.reason);
                    if silent {
                        break;
                    }
                    continue;
                }
            };
            let (condition, reason) = condition(&self.labels, &labels);
            let known = last.get(&site.id);
            if known.map_or(SiteCondition::InService, |last| last.condition) == condition {
                continue;
            }
            let source = SiteSource::Emco;
            let report = SiteReport { site: site.id.clone(), source, at, condition, reason };
            changes.push(record(report, known.map_or(Sequence(0), |last| last.position)));
        }
        Ok((changes, failed))
    }

    async fn labels_of(&self, site: &Site) -> Result<Vec<String>, Unseen> {
        let (provider, cluster) = (&site.cluster.provider, &site.cluster.cluster);
        let (query, seen) = match self.emco.cluster_labels(provider, cluster).await {
            Ok(Some(labels)) => (Query::Read, Ok(labels)),
            Ok(None) => {
                let reason = format!("site {}: EMCO knows no cluster {provider}/{cluster}", site.id);
                (Query::NoCluster, Err(Unseen { reason, silent: false }))
            }
            Err(error) => {
                let silent = matches!(error.reason, Reason::Connect(_) | Reason::NoAnswer(_));
                (Query::Failed, Err(Unseen { reason: error.to_string(), silent }))
            }
        };
        self.metrics.queried(query);
        seen
    }

    async fn publish(&self, changes: Vec<Record>) -> Result<(), BusError> {
        let count = changes.len() as u64;
        self.bus.publish(Stream::Sites, changes).await?;
        self.metrics.reports.inc_by(count);
        Ok(())
    }
}

/// The last report of EMCO's labels for each site. What cannot be read counts as never said.
fn last(records: &[bus::Delivery]) -> BTreeMap<SiteId, Last> {
    let reported = |delivery: &bus::Delivery| match serde_json::from_slice(&delivery.data) {
        Ok(SiteRecord::Reported(report)) if report.source == SiteSource::Emco => {
            Some((report.site, Last { condition: report.condition, position: delivery.sequence }))
        }
        Ok(SiteRecord::Reported(_) | SiteRecord::Load(_) | SiteRecord::Status(_)) | Err(_) => None,
    };
    records.iter().filter_map(reported).collect()
}

/// What labels say of a site, and which one says so.
fn condition(names: &Labels, labels: &[String]) -> (SiteCondition, Option<String>) {
    let named = |name: &str| labels.iter().any(|label| label == name);
    let because = |name: &str| Some(format!("label {name}"));
    if named(&names.drain) {
        (SiteCondition::Draining { deadline: None }, because(&names.drain))
    } else if named(&names.cordon) {
        (SiteCondition::Cordoned, because(&names.cordon))
    } else {
        (SiteCondition::InService, None)
    }
}

/// A report with the id that everybody gives it who sees this change after the report at `before`.
fn record(report: SiteReport, before: Sequence) -> Record {
    let id = format!("{}/emco/{}/{}", report.site, before.0, report.condition.as_str());
    let record = SiteRecord::Reported(report);
    // A struct of strings and numbers always serialises.
    let data = serde_json::to_vec(&record).unwrap_or_default().into();
    Record { key: record.key().into(), id: Some(id.into()), data }
}

#[cfg(test)]
mod tests {
    use model::Timestamp;

    use super::*;

    #[test]
    fn the_graver_label_counts_and_others_say_nothing() {
        let names = Labels::default();
        let says = |labels: &[&str]| {
            let labels: Vec<String> = labels.iter().map(ToString::to_string).collect();
            condition(&names, &labels).0
        };
        let draining = SiteCondition::Draining { deadline: None };
        assert_eq!(says(&["zone-a", "edgeroam-cordon", "edgeroam-drain"]), draining);
        assert_eq!(says(&["edgeroam-cordon"]), SiteCondition::Cordoned);
        assert_eq!(says(&["zone-a", "edgeroam-drained"]), SiteCondition::InService);
        assert_eq!(says(&[]), SiteCondition::InService);
    }

    #[test]
    fn two_that_see_one_change_give_one_id_and_the_same_change_later_gives_another() {
        let report = |at| SiteReport {
            site: "north".parse().expect("valid"),
            source: SiteSource::Emco,
            at: Timestamp::from_micros(at),
            condition: SiteCondition::Cordoned,
            reason: None,
        };
        let (one, other) = (record(report(1), Sequence(7)), record(report(2), Sequence(7)));
        assert_eq!((&one.id, &*one.key), (&other.id, "north/emco"));
        assert_ne!(one.id, record(report(1), Sequence(9)).id);
    }
}
