//! One AMF under the probe.

use std::time::Duration;

use http::StatusCode;
use model::UeSource;
use sbi::oauth2::Scope;
use sbi::{Answer, CallError};
use sbi_schemas::ts29518::AmfCreatedEventSubscription;
use tokio::time::Instant;
use url::Url;

use super::{AmfProbe, Probe};
use crate::amf::Amf;
use crate::callback::Notifier;
use crate::ending::{GOODBYE, seen_through};
use crate::pace::Pace;
use crate::sources::event_exposure;
use crate::track::{AmfLife, AmfSlot, Limits, Seen, Track};
use crate::translate::Sightings;

/// Polls and watches one AMF.
pub(super) async fn probe(probe: &Probe, root: Url, slot: AmfSlot) -> AmfProbe {
    let amf = Amf::new(root, slot, probe.callbacks.issue(Notifier::Amf(slot)), AmfLife::default(), false);
    let mut report = AmfProbe { url: amf.root.to_string(), ..AmfProbe::default() };
    let subscription = subscribe(probe, &amf, &mut report).await;
    watch(probe, &amf, &mut report).await;
    if let Some(url) = subscription
        && let Some(why) = end(probe, url).await
    {
        report.subscription = format!("{}; could not be ended: {why}", report.subscription);
    }
    report.notifications = probe.callbacks.received(&amf.callback.correlation);
    probe.callbacks.revoke(&amf.callback.correlation);
    choose(probe.deaf, &mut report);
    report
}

async fn subscribe(probe: &Probe, amf: &Amf, report: &mut AmfProbe) -> Option<Url> {
    match seen_through(try_subscribe(probe, amf), &probe.stop).await? {
        Ok((answer, id)) => {
            report.subscription_accepted = true;
            let named = if answer.headers.contains_key(http::header::LOCATION) { "with" } else { "without" };
            report.subscription = format!("accepted as `{id}`, {named} a Location header");
            event_exposure::resource(&amf.root, &answer.headers, &id)
        }
        Err(error) => {
            report.subscription = format!("refused: {}", probe.told(&error));
            None
        }
    }
}

async fn try_subscribe(probe: &Probe, amf: &Amf) -> Result<(Answer, String), CallError> {
    let request = event_exposure::subscribe_request(amf, &probe.nf_instance_id)?;
    let answer = probe.link.caller.call(Scope::AMF_EVENTS, &request).await?;
    let answer = answer.expect(&[StatusCode::CREATED, StatusCode::OK])?;
    let id = answer.json::<AmfCreatedEventSubscription>()?.subscription_id;
    Ok((answer, id))
}

/// Ends the subscription; says why, where that fails.
async fn end(probe: &Probe, url: Url) -> Option<String> {
    match tokio::time::timeout(GOODBYE, event_exposure::delete(&probe.link.caller, url)).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(probe.told(&error)),
        Err(_) => Some("no answer in time".into()),
    }
}

async fn watch(probe: &Probe, amf: &Amf, report: &mut AmfProbe) {
    let settings = &probe.config.poll;
    let limits = Limits { gone_after: settings.gone_after, idle_gone_after: settings.idle_gone_after };
    let mut track = Track::new(limits);
    let mut pace = Pace::default();
    let mut times: Vec<Duration> = Vec::new();
    let end = Instant::now() + probe.watch;
    while !probe.stop.is_cancelled() {
        let mut pause = settings.min_interval;
        report.polls_made += 1;
        // An empty answer leaves something behind at some AMFs, so a poll that is out is seen through.
        let Some(polled) = seen_through(poll(probe, amf), &probe.stop).await else { break };
        match polled {
            Ok((answer, sightings)) => {
                times.push(answer.took);
                pause = pace.after(settings, answer.took, answer.body.len(), 1);
                report.bytes = answer.body.len();
                report.ues = sightings.seen.len();
                let first = times.len() == 1;
                let changes = compare(&mut track, amf.slot, &sightings);
                report.changes_seen += if first { 0 } else { changes };
            }
            Err(error) => {
                report.polls_failed += 1;
                report.last_failure = Some(probe.told(&error));
            }
        }
        if Instant::now() + pause >= end {
            break;
        }
        tokio::select! {
            () = probe.stop.cancelled() => {}
            () = tokio::time::sleep(pause) => {}
        }
    }
    times.sort_unstable();
    let Some(longest) = times.last().copied() else { return };
    let median = times[times.len() / 2];
    let interval = Pace::default().after(settings, median, report.bytes, 1);
    report.polls = true;
    report.poll_ms_p50 = median.as_secs_f64() * 1e3;
    report.poll_ms_max = longest.as_secs_f64() * 1e3;
    report.interval_ms = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
    report.requests_per_second = 1.0 / interval.as_secs_f64();
    report.bytes_per_second = report.bytes as f64 / interval.as_secs_f64();
}

async fn poll(probe: &Probe, amf: &Amf) -> Result<(Answer, Sightings), CallError> {
    let request = event_exposure::poll_request(amf, &probe.nf_instance_id)?;
    let answer = probe.link.caller.call(Scope::AMF_EVENTS, &request).await?;
    let (polled, answer) = event_exposure::read(answer).await?;
    if !polled.any
        && let Some(url) = event_exposure::resource(&amf.root, &answer.headers, &polled.subscription_id)
    {
        let _ = event_exposure::delete(&probe.link.caller, url).await;
    }
    Ok((answer, polled.sightings))
}

fn compare(track: &mut Track, amf: AmfSlot, sightings: &Sightings) -> usize {
    let seen = Seen { amf, epoch: track.begin_poll(), source: UeSource::Poll };
    let mut changes = 0;
    for sighting in &sightings.seen {
        changes += track.judge(sighting, seen).changes.iter().flatten().count();
        track.keep(sighting, seen);
    }
    changes
}

fn choose(deaf: bool, report: &mut AmfProbe) {
    let changes = report.changes_seen;
    let failure = report.last_failure.as_deref().unwrap_or("none was answered");
    let (source, why) = match (report.polls, report.notifications) {
        (true, 0) if deaf => ("poll", "it answers; whether it notifies cannot be told here".into()),
        (true, 0) if changes > 0 => ("poll", format!("{changes} changes happened and none was notified")),
        (true, 0) => ("poll", "it answers, and nothing moved that could have been notified".into()),
        (true, notified) => {
            ("poll and push", format!("it answers, and {notified} notifications came as well"))
        }
        (false, 0) => ("none", format!("it answers no poll and notifies nothing: {failure}")),
        (false, notified) => ("push", format!("{notified} notifications came; polls fail: {failure}")),
    };
    report.source = source.into();
    report.why = why;
}
