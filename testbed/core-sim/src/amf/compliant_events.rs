//! Namf_EventExposure as specified (TS 29.518 clause 5.3): Location header, notifications to `eventNotifyUri`,
//! `maxReports`, `expiry` and periodic reports honoured.

use super::mobility::Change;
use super::report::{About, EventState, Report};
use super::request::{Event, Mode, Wanted};
use super::{Amf, Ue};
use crate::http::{Call, Problem, Reply};
use crate::push::{self, Queue};
use crate::world::World;
use http::header;
use jiff::Timestamp;
use json_patch::Patch;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};

/// A live subscription.
pub(super) struct Subscription {
    sent: Map<String, Value>,
    events: Vec<Event>,
    /// `None`: any UE, those to come included.
    supi: Option<String>,
    correlation: String,
    change_correlation: Option<String>,
    uri: String,
    remaining: Option<i32>,
    expiry: Option<Timestamp>,
    period: Option<(Duration, Instant)>,
    queue: Queue,
}

/// AmfCreatedEventSubscription.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    subscription: &'a Map<String, Value>,
    subscription_id: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    report_list: Vec<Report>,
}

/// AmfEventNotification.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification<'a> {
    notify_correlation_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subs_change_notify_correlation_id: Option<&'a str>,
    report_list: Vec<Report>,
}

/// POST: 201 with Location; the immediate reports of the UEs known now are in the answer.
pub(super) fn create(world: &World, amf: &mut Amf, sent: Map<String, Value>, wanted: Wanted) -> Reply {
    let missing = |member: &str| Problem::cause(400, "MANDATORY_IE_MISSING").detail(member).reply();
    let events = wanted.event_list.unwrap_or_default();
    if events.is_empty() || events.iter().any(|event| event.kind.is_empty()) {
        return missing("eventList");
    }
    if wanted.notify_correlation_id.is_empty() {
        return missing("notifyCorrelationId");
    }
    if wanted.nf_id.is_empty() {
        return missing("nfId");
    }
    let Some(to) = push::receiver(&wanted.event_notify_uri) else {
        return Problem::cause(400, "MANDATORY_IE_INCORRECT").detail("eventNotifyUri").reply();
    };
    let supi = (!wanted.any_ue).then_some(wanted.supi);
    // Groups are known to the UDM only, so a group's subscription finds nobody here.
    if supi.as_ref().is_some_and(|supi| !amf.ues.contains_key(supi)) {
        return Problem::cause(403, "UE_NOT_SERVED_BY_AMF").reply();
    }
    let mode = wanted.options.unwrap_or_default();
    let Some(id) = amf.allocate() else { return Problem::cause(500, "INSUFFICIENT_RESOURCES").reply() };
    let uri = format!("{}/namf-evts/v1/subscriptions/{id}", amf.url());
    let mut subscription = Subscription {
        events,
        supi,
        correlation: wanted.notify_correlation_id,
        change_correlation: wanted.subs_change_notify_correlation_id,
        uri: uri.clone(),
        remaining: reports_allowed(&mode),
        expiry: mode.expiry,
        period: period(&mode),
        queue: world.pusher.open(to, amf.scope.clone()),
        sent,
    };
    let report_list = subscription.immediate(amf);
    let reply = Created { subscription: &subscription.sent, subscription_id: &uri, report_list };
    let reply = Reply::json(201, &reply).header(header::LOCATION, &*uri);
    if subscription.live(Timestamp::now()) {
        amf.live.insert(id, subscription);
    }
    reply
}

/// How many reports a mode allows; ONE_TIME is one for each event and UE, which all come together.
fn reports_allowed(mode: &Mode) -> Option<i32> {
    if mode.trigger == "ONE_TIME" { Some(1) } else { mode.max_reports }
}

fn period(mode: &Mode) -> Option<(Duration, Instant)> {
    let seconds = mode.rep_period.filter(|seconds| *seconds > 0 && mode.trigger == "PERIODIC")?;
    let period = Duration::from_secs(seconds.into());
    Some((period, Instant::now() + period))
}

/// PATCH with an RFC 6902 document on the subscription (options and events).
pub(super) fn modify(world: &World, index: usize, call: &Call, id: &str) -> Reply {
    let Ok(patch) = serde_json::from_slice::<Patch>(&call.body) else {
        return Problem::cause(400, "INVALID_MSG_FORMAT").reply();
    };
    let mut state = world.lock();
    let found = state.amfs.get_mut(index).and_then(|amf| amf.live.get_mut(&id.parse().ok()?));
    let Some(subscription) = found else { return Problem::cause(404, "SUBSCRIPTION_NOT_FOUND").reply() };
    let mut body = Value::Object(subscription.sent.clone());
    // The paths of the specification are relative to the subscription: /options/expiry, /eventList/0.
    let wanted = json_patch::patch(&mut body, &patch)
        .map_err(|error| error.to_string())
        .and_then(|()| serde_json::from_value::<Wanted>(body.clone()).map_err(|error| error.to_string()));
    let (Ok(wanted), Value::Object(body)) = (wanted, body) else {
        return Problem::cause(400, "MODIFICATION_NOT_ALLOWED").reply();
    };
    let mode = wanted.options.unwrap_or_default();
    subscription.events = wanted.event_list.unwrap_or_default();
    subscription.remaining = reports_allowed(&mode);
    subscription.expiry = mode.expiry;
    subscription.period = period(&mode);
    subscription.sent = body;
    Reply::json(200, &json!({ "subscription": subscription.sent }))
}

impl Subscription {
    fn live(&self, now: Timestamp) -> bool {
        self.remaining.is_none_or(|left| left > 0) && self.expiry.is_none_or(|expiry| expiry > now)
    }

    fn concerns(&self, supi: &str) -> bool {
        self.supi.as_deref().is_none_or(|wanted| wanted == supi)
    }

    /// Counts one round of reports and says what state the event is in afterwards.
    fn spend(&mut self, now: Timestamp) -> EventState {
        self.remaining = self.remaining.map(|left| left.saturating_sub(1));
        let seconds = self.expiry.map(|expiry| expiry.duration_since(now).as_secs());
        EventState {
            active: self.live(now),
            remain_reports: self.remaining.filter(|left| *left > 0),
            remain_duration: seconds.filter(|seconds| *seconds > 0),
        }
    }

    fn report(
        &self,
        kind: &str,
        supi: &str,
        ue: &Ue,
        state: EventState,
        at: Timestamp,
        registered: bool,
    ) -> Report {
        let any_ue = self.supi.is_none();
        Report::of(supi, ue, &About { kind, state, at, subscription: &self.uri, any_ue, registered })
    }

    fn immediate(&mut self, amf: &Amf) -> Vec<Report> {
        if !self.events.iter().any(|event| event.immediate_flag) {
            return Vec::new();
        }
        let ues: Vec<_> = amf.ues.iter().filter(|(supi, _)| self.concerns(supi)).collect();
        if ues.is_empty() {
            return Vec::new();
        }
        let at = Timestamp::now();
        let state = self.spend(at);
        let events = self.events.iter().filter(|event| event.immediate_flag);
        events
            .flat_map(|event| ues.iter().map(|(supi, ue)| (event.kind.as_str(), supi, ue)))
            .map(|(kind, supi, ue)| self.report(kind, supi, ue, state, at, true))
            .collect()
    }

    fn send(&self, report_list: Vec<Report>) {
        let notification = Notification {
            notify_correlation_id: &self.correlation,
            subs_change_notify_correlation_id: self.change_correlation.as_deref(),
            report_list,
        };
        if let Ok(body) = serde_json::to_vec(&notification) {
            self.queue.send(body.into());
        }
    }
}

impl Amf {
    /// Queues what the subscribers are to be told of a change of a UE.
    pub(super) fn notify(&mut self, supi: &str, ue: &Ue, change: Change) {
        let at = Timestamp::now();
        self.live.retain(|_, subscription| {
            if !subscription.concerns(supi) || subscription.period.is_some() {
                return subscription.live(at);
            }
            let kinds: Vec<String> = subscription
                .events
                .iter()
                .filter(|event| change.concerns(&event.kind))
                .map(|event| event.kind.clone())
                .collect();
            if kinds.is_empty() || !subscription.live(at) {
                return subscription.live(at);
            }
            let state = subscription.spend(at);
            let registered = change != Change::Deregistered;
            let reports =
                kinds.iter().map(|kind| subscription.report(kind, supi, ue, state, at, registered)).collect();
            subscription.send(reports);
            subscription.live(at)
        });
    }

    /// Sends the periodic reports that are due, and ends subscriptions whose time is over.
    pub(super) fn serve_periodic(&mut self, now: Instant) {
        let at = Timestamp::now();
        let ues = &self.ues;
        self.live.retain(|_, subscription| {
            let Some((period, due)) = subscription.period.filter(|(_, due)| *due <= now) else {
                return subscription.live(at);
            };
            subscription.period = Some((period, due + period));
            if !subscription.live(at) {
                return false;
            }
            let state = subscription.spend(at);
            let concerned = ues.iter().filter(|(supi, _)| subscription.concerns(supi));
            let kinds = subscription.events.iter().map(|event| event.kind.as_str());
            let reports: Vec<Report> = concerned
                .flat_map(|(supi, ue)| kinds.clone().map(move |kind| (kind, supi, ue)))
                .map(|(kind, supi, ue)| subscription.report(kind, supi, ue, state, at, true))
                .collect();
            if !reports.is_empty() {
                subscription.send(reports);
            }
            subscription.live(at)
        });
    }
}
