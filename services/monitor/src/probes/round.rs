//! One look at all sites.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, BusError};
use futures_util::StreamExt as _;
use model::{SiteCondition, SiteId, SiteSource, Stream};

use super::judge::{Needed, Seen, Streak};
use super::reach::Target;
use crate::clock;
use crate::crowd;
use crate::metrics::{Metrics, ProbeResult};
use crate::said::{Change, Said};
use crate::trouble::Trouble;

/// How many probes are under way at once.
const AT_ONCE: usize = 64;

/// What looks need, and what they have seen in a row.
pub(super) struct Round {
    pub(super) targets: Vec<(SiteId, Target)>,
    /// Sites that cannot be probed.
    pub(super) without: Vec<SiteId>,
    pub(super) timeout: Duration,
    pub(super) degraded_rtt: Option<Duration>,
    pub(super) needed: Needed,
    pub(super) most_failing: f64,
    pub(super) bus: Arc<dyn Bus>,
    pub(super) metrics: Metrics,
    pub(super) streaks: BTreeMap<SiteId, Streak>,
    pub(super) trouble: Trouble,
    /// Whether our own network seemed to have failed at the last look.
    pub(super) our_own: bool,
}

/// What a probe saw, and why it was not answered.
struct Sight<'a> {
    site: &'a SiteId,
    seen: Seen,
    reason: String,
}

impl Round {
    /// Probes every site and publishes what has changed since it was said last.
    pub(super) async fn look(&mut self) {
        let judged = self.judge().await;
        self.trouble.tell("probes of sites", judged.err().map(|error| error.to_string()));
    }

    async fn judge(&mut self) -> Result<(), BusError> {
        // When it was so is known no better than by when it was asked.
        let at = clock::now();
        let probing: Vec<_> = self.targets.iter().map(|(site, target)| self.probe(site, target)).collect();
        let sights: Vec<_> = futures_util::stream::iter(probing).buffer_unordered(AT_ONCE).collect().await;
        let said = Said::read(self.bus.as_ref(), SiteSource::Probe).await?;
        let doubtful = too_many(&sights, &said, self.most_failing);
        match doubtful {
            Some((failing, of)) if !self.our_own => tracing::warn!(
                failing,
                of,
                most = self.most_failing,
                "so many sites do not fail at one time: our own network has failed, nothing is said of any site"
            ),
            None if self.our_own => tracing::info!("sites are reached again: what probes see is told again"),
            Some(_) | None => {}
        }
        self.our_own = doubtful.is_some();
        self.metrics.our_own(SiteSource::Probe, self.our_own);
        if self.our_own {
            return Ok(());
        }
        let changes = changes(&mut self.streaks, self.needed, sights, &self.without, &said);
        for change in &changes {
            let (site, condition) = (&change.site, change.condition.as_str());
            tracing::info!(%site, condition, reason = change.reason, "a site is seen in another condition");
        }
        let conditions: Vec<_> = changes.iter().map(|change| change.condition).collect();
        let records: Vec<_> = changes.into_iter().map(|change| said.record(change, at)).collect();
        if !records.is_empty() {
            self.bus.publish(Stream::Sites, records).await?;
            conditions.iter().for_each(|condition| self.metrics.site_report(SiteSource::Probe, *condition));
        }
        Ok(())
    }

    async fn probe<'a>(&self, site: &'a SiteId, target: &Target) -> Sight<'a> {
        let (seen, reason) = match target.reach(self.timeout).await {
            Ok(took) => {
                self.metrics.probe_rtt(site, took);
                match self.degraded_rtt {
                    Some(most) if took > most => {
                        (Seen::Slow, format!("connecting takes {took:.1?}, more than {most:?}"))
                    }
                    Some(_) | None => (Seen::Well, format!("answers within {took:.1?}")),
                }
            }
            Err(reason) => (Seen::Silent, reason),
        };
        self.metrics.probe(match seen {
            Seen::Well => ProbeResult::Well,
            Seen::Slow => ProbeResult::Slow,
            Seen::Silent => ProbeResult::Silent,
        });
        Sight { site, seen, reason }
    }
}

/// How many sites are silent of how many that were well, where these are so many that nothing can be said of any.
fn too_many(sights: &[Sight<'_>], said: &Said, most: f64) -> Option<(usize, usize)> {
    let were_well = sights.iter().filter(|sight| said.condition(sight.site) != SiteCondition::Failed);
    let failing = were_well.clone().filter(|sight| sight.seen == Seen::Silent).count();
    let of = were_well.count();
    crowd::is_our_own(failing, of, most).then_some((failing, of))
}

/// What has changed of sites by what was seen of them, and by what was seen of them before.
fn changes(
    streaks: &mut BTreeMap<SiteId, Streak>,
    needed: Needed,
    sights: Vec<Sight<'_>>,
    without: &[SiteId],
    said: &Said,
) -> Vec<Change> {
    let mut changes = said.taken_back(without.iter(), "no longer probed: it has no ingress");
    for Sight { site, seen, reason } in sights {
        let streak = streaks.entry(site.clone()).or_default();
        streak.count(seen);
        let (before, silent) = (said.condition(site), streak.silent());
        let condition = streak.condition(before, needed);
        if condition != before {
            let failed = condition == SiteCondition::Failed;
            let reason = if failed { format!("{reason}; {silent} probes in a row") } else { reason };
            changes.push(Change { site: site.clone(), condition, reason });
        }
    }
    changes
}
