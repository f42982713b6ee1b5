//! One round of all queries.

use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError, Record};
use futures_util::StreamExt as _;
use model::{Site, SiteCondition, SiteId, SiteRecord, SiteSource, Stream, Timestamp};

use super::client::Client;
use super::conditions::{Finding, condition};
use super::found::{Found, Verdicts};
use super::loads::is_due;
use super::qos::Qualities;
use super::sites::Sites;
use crate::clock;
use crate::config::PrometheusConfig;
use crate::crowd;
use crate::metrics::{Asked, Metrics};
use crate::said::{self, Change, Said};
use crate::trouble::Trouble;

/// How many queries are under way at once.
const AT_ONCE: usize = 4;
/// How many reports of quality are put on the bus at once.
const BATCH: usize = 1_000;

/// What rounds need.
pub(super) struct Round {
    config: PrometheusConfig,
    client: Client,
    most_failing: f64,
    sites: Sites,
    bus: Arc<dyn Bus>,
    metrics: Metrics,
    valid_for: Duration,
    /// Of each query.
    troubles: Vec<Trouble>,
    trouble: Trouble,
    /// Whether so many sites seemed to have failed at the last look that nothing was said of it.
    our_own: bool,
}

impl Round {
    pub(super) fn new(
        config: PrometheusConfig,
        client: Client,
        most_failing: f64,
        sites: &[Site],
        bus: Arc<dyn Bus>,
        metrics: Metrics,
    ) -> Self {
        Self {
            valid_for: config.valid_for(),
            troubles: config.queries.iter().map(|_| Trouble::default()).collect(),
            config,
            client,
            most_failing,
            sites: Sites::of(sites),
            bus,
            metrics,
            trouble: Trouble::default(),
            our_own: false,
        }
    }

    /// Asks every query and publishes what follows.
    pub(super) async fn look(&mut self) {
        // When it was so is known no better than by when it was asked.
        let at = clock::now();
        let found = self.ask().await;
        let published = self.publish(found, at).await;
        self.trouble.tell("what prometheus says", published.err().map(|error| error.to_string()));
    }

    async fn ask(&mut self) -> Found {
        let queries = &self.config.queries;
        let asking: Vec<_> = queries.iter().map(|query| self.client.ask(&query.query)).collect();
        let answers: Vec<_> = futures_util::stream::iter(asking).buffered(AT_ONCE).collect().await;
        let mut found = Found::new();
        for (at, (query, answer)) in queries.iter().zip(answers).enumerate() {
            let (answer, failed) = match answer {
                Ok(answer) => (Some(answer), None),
                Err(reason) => (None, Some(reason)),
            };
            let result = if answer.is_some() { Asked::Answered } else { Asked::Failed };
            self.metrics.query(query.what, result);
            let unused = found.add(at, query, answer.as_ref(), &self.sites, &self.metrics);
            let warned =
                answer.and_then(|answer| answer.warnings).map(|warnings| format!("warning: {warnings}"));
            self.troubles[at].tell(&named(at, query.what.as_str()), failed.or(unused).or(warned));
        }
        found
    }

    async fn publish(&mut self, found: Found, at: Timestamp) -> Result<(), BusError> {
        let said = Said::read(self.bus.as_ref(), SiteSource::Metrics).await?;
        let Found { loads, qualities, mut verdicts } = found;
        self.doubt(&said, &mut verdicts);
        let loads = loads.into_iter().flat_map(|loads| loads.of(at, self.valid_for));
        let due = loads.filter(|load| load.problem().is_none() && is_due(load, said.load(&load.site)));
        let mut records: Vec<Record> = due.map(|load| said::record(&SiteRecord::Load(load))).collect();
        let (loads, changes) = (records.len() as u64, self.changes(&said, &verdicts));
        let conditions: Vec<_> = changes.iter().map(|change| change.condition).collect();
        records.extend(changes.into_iter().map(|change| said.record(change, at)));
        if !records.is_empty() {
            self.bus.publish(Stream::Sites, records).await?;
            self.metrics.load_reports.inc_by(loads);
            conditions.iter().for_each(|condition| self.metrics.site_report(SiteSource::Metrics, *condition));
        }
        self.publish_qos(qualities, at).await
    }

    async fn publish_qos(&self, qualities: Qualities, at: Timestamp) -> Result<(), BusError> {
        let record = |report: model::QosReport| {
            // A struct of strings and numbers always serialises.
            let data = serde_json::to_vec(&report).unwrap_or_default().into();
            Record { key: report.key().into(), id: None, data }
        };
        let mut records = qualities.of(at).map(record).peekable();
        while records.peek().is_some() {
            let batch: Vec<_> = records.by_ref().take(BATCH).collect();
            let count = batch.len() as u64;
            self.bus.publish(Stream::Qos, batch).await?;
            self.metrics.qos_reports.inc_by(count);
        }
        Ok(())
    }

    /// So many sites do not fail at one time: what a query says that has them all fail is not known.
    fn doubt(&mut self, said: &Said, verdicts: &mut [Verdicts]) {
        let mut our_own = false;
        for verdicts in verdicts.iter_mut().filter(|verdicts| verdicts.condition == SiteCondition::Failed) {
            let was_well = |of: &(&SiteId, &Finding)| said.condition(of.0) != SiteCondition::Failed;
            let seen = verdicts
                .of
                .iter()
                .filter(was_well)
                .filter(|(_, finding)| matches!(finding, Finding::Holds(_) | Finding::Clear));
            let failing = seen.clone().filter(|(_, finding)| matches!(finding, Finding::Holds(_))).count();
            let were_well = seen.count();
            if crowd::is_our_own(failing, were_well, self.most_failing) {
                if !self.our_own {
                    let query = named(verdicts.query, "failed");
                    tracing::warn!(
                        query,
                        failing,
                        of = were_well,
                        "so many sites do not fail at one time: it is ignored"
                    );
                }
                our_own = true;
                verdicts.of.values_mut().for_each(|finding| *finding = Finding::Unknown);
            }
        }
        self.our_own = our_own;
        self.metrics.our_own(SiteSource::Metrics, our_own);
    }

    fn changes(&self, said: &Said, verdicts: &[Verdicts]) -> Vec<Change> {
        let mut changes = Vec::new();
        for site in self.sites.all() {
            let of_site = |verdicts: &Verdicts| {
                (verdicts.condition, verdicts.of.get(site).copied().unwrap_or(Finding::Absent))
            };
            let before = said.condition(site);
            let condition = condition(before, verdicts.iter().map(of_site));
            if condition == before {
                continue;
            }
            let because = verdicts.iter().find_map(|verdicts| match of_site(verdicts) {
                (own, Finding::Holds(value)) if own == condition => {
                    Some(format!("{} gives {value}", named(verdicts.query, own.as_str())))
                }
                (_, Finding::Holds(_) | Finding::Clear | Finding::Absent | Finding::Unknown) => None,
            });
            let reason = because.unwrap_or_else(|| "no query says otherwise".into());
            tracing::info!(%site, condition = condition.as_str(), reason, "a site is in another condition by its metrics");
            changes.push(Change { site: site.clone(), condition, reason });
        }
        changes
    }
}

/// A query as messages name it.
fn named(at: usize, what: &str) -> String {
    format!("monitor.prometheus.queries[{at}] ({what})")
}
