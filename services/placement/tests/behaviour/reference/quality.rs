//! What is measured of qualities, from every report that ever came.

use std::time::Duration;

use model::{Guard, Measured, QosReport, QosTarget, Rule, SiteId, SiteQuality, Timestamp, Trigger};

use crate::country::At;
use crate::reference::Reference;
use crate::reference::wish::{Seen, Wish};
use crate::scene::supi;

/// When a report came, of what time it is, and what it says.
pub(super) type Heard = (Timestamp, Timestamp, Measured);

/// A figure: what it is, of what time, and since when it has been too high.
type Reading = (f64, Timestamp, Option<Timestamp>);

impl Reference {
    /// A report comes in: it is about the site that it names, or about where instances are that were there already.
    pub(crate) fn measured(&mut self, report: &QosReport, now: Timestamp) {
        let at = report.observed_at.min(now);
        let found = self.ues.iter().find(|(ue, (at, _))| supi(**ue) == report.supi && *at != At::Gone);
        let Some(ue) = found.map(|(ue, _)| *ue) else { return };
        for (app, wanted) in self.apps.iter().enumerate() {
            if wanted.qos.is_none() || report.app.as_ref().is_some_and(|id| *id != wanted.id) {
                continue;
            }
            let here = self.insts[&(app, ue)].serving.as_ref();
            let here = here.filter(|(_, since)| *since <= at).map(|(site, _)| site.clone());
            if let Some(site) = report.site.clone().or(here) {
                self.heard.entry((app, ue, site)).or_default().push((now, at, report.measured));
            }
        }
    }

    /// What counts of it now.
    pub(super) fn quality(&self, key: (usize, u64), site: &SiteId, now: Timestamp) -> Option<SiteQuality> {
        let target = self.apps[key.0].qos?;
        let heard = self.heard.get(&(key.0, key.1, site.clone()))?;
        let micros = |limit: Option<Duration>| limit.map(|limit| limit.as_micros() as f64);
        let replay = |limit, figure: fn(&Measured) -> Option<f64>| replay(&target, heard, limit, figure, now);
        let rtt = replay(micros(target.rtt), |measured| measured.rtt_us.map(f64::from));
        let jitter = replay(micros(target.jitter), |measured| measured.jitter_us.map(f64::from));
        let loss = replay(target.loss, |measured| measured.loss);
        // As a figure that is too high where QoS is not guaranteed.
        let broken = replay(Some(0.5), |measured| measured.guaranteed.map(|yes| if yes { 0.0 } else { 1.0 }));
        let limited =
            [(target.rtt.is_some(), rtt), (target.jitter.is_some(), jitter), (target.loss.is_some(), loss)];
        let unknown = limited.iter().any(|(limited, reading)| *limited && reading.is_none());
        let counted = [rtt, jitter, loss, broken.filter(|_| unknown)];
        let since = counted.into_iter().flatten().filter_map(|(_, _, since)| since).min();
        let quality = SiteQuality {
            rtt_us: rtt.map(|(value, ..)| value as u32),
            jitter_us: jitter.map(|(value, ..)| value as u32),
            loss: loss.map(|(value, ..)| value),
            guaranteed: broken.map(|(value, ..)| value < 0.5),
            violated_ms: since.map(|since| now.since(since).as_millis() as u64),
        };
        (quality != SiteQuality::default()).then_some(quality)
    }

    pub(super) fn poor_at(&self, key: (usize, u64), site: &SiteId, now: Timestamp) -> Option<Guard> {
        let quality = self.quality(key, site, now)?;
        quality.violated_ms.map(|_| Guard::QosViolated)
    }

    /// What the policy wants, or what quality wants instead.
    pub(super) fn weighed(
        &self,
        key: (usize, u64),
        site: &SiteId,
        seen: &[Seen],
        chosen: Wish,
        now: Timestamp,
    ) -> Wish {
        let violated = self.quality(key, site, now).and_then(|quality| quality.violated_ms);
        let enough = self.apps[key.0].qos.map(|target| target.violated_for);
        if violated.zip(enough).is_none_or(|(millis, enough)| Duration::from_millis(millis) < enough) {
            return chosen;
        }
        let open = || seen.iter().filter(|(_, other, guard)| other != site && guard.is_none());
        let good = |(_, other, _): &&Seen| {
            self.quality(key, other, now).is_some_and(|quality| {
                let figures =
                    quality.rtt_us.is_some() || quality.jitter_us.is_some() || quality.loss.is_some();
                figures && quality.violated_ms.is_none()
            })
        };
        match open().find(good).or_else(|| open().next()) {
            Some((_, better, _)) => Wish::Go(Rule::QosViolated, Some(better.clone()), Trigger::Qos),
            None => Wish::Poor(site.clone()),
        }
    }
}

/// One figure from every report, in the order in which they came.
fn replay(
    target: &QosTarget,
    heard: &[Heard],
    limit: Option<f64>,
    figure: fn(&Measured) -> Option<f64>,
    now: Timestamp,
) -> Option<Reading> {
    let limit = limit?;
    let valid = |at: Timestamp, now: Timestamp| now < at.plus(target.valid_for);
    let mut last: Option<Reading> = None;
    for (came, at, measured) in heard.iter().filter(|(came, at, _)| valid(*at, *came)) {
        let Some(value) = figure(measured) else { continue };
        let before = last.filter(|(_, at, _)| valid(*at, *came));
        if before.is_some_and(|(_, before, _)| *at <= before) {
            continue;
        }
        let since = before.and_then(|(_, _, since)| since).unwrap_or(*at);
        last = Some((value, *at, (value > limit).then_some(since)));
    }
    last.filter(|(_, at, _)| valid(*at, now))
}
