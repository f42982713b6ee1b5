//! Live subscriptions and what they are told.

use super::Smf;
use super::measure::{Measurement, PacketDelay};
use super::request::{Accepted, Method};
use crate::amf::Amf;
use crate::push::{Pusher, Queue};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Events in one notification.
const EVENTS: usize = 500;

/// A live subscription.
pub(super) struct Subscription {
    sent: Map<String, Value>,
    notif_id: String,
    supi: Option<String>,
    measures: bool,
    remaining: Option<u32>,
    expiry: Timestamp,
    /// When the next notification is due, and the period after it.
    due: Option<(Instant, Duration)>,
    /// Tells at every change.
    on_change: bool,
    queue: Queue,
}

/// NsmfEventExposureNotification (TS 29.508 clause 5.6.2.3).
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification<'a> {
    notif_id: &'a str,
    event_notifs: &'a [Measurement<'a>],
}

impl Subscription {
    /// One that ends after `longest` at the latest.
    pub(super) fn new(
        accepted: Accepted,
        id: u64,
        longest: Duration,
        pusher: &Pusher,
        scope: &CancellationToken,
    ) -> Self {
        let end = Timestamp::now() + longest;
        let expiry = accepted.expiry.map_or(end, |asked| asked.min(end));
        let mut sent = accepted.sent;
        sent.insert("subId".to_owned(), json!(format!("sub-{id}")));
        sent.insert("expiry".to_owned(), json!(expiry));
        let now = Instant::now();
        let due = match accepted.method {
            Method::Periodic(seconds) => {
                let period = Duration::from_secs(seconds.into());
                Some((now + period, period))
            }
            Method::OneTime => Some((now, Duration::ZERO)),
            Method::OnEventDetection => None,
        };
        Subscription {
            sent,
            notif_id: accepted.notif_id,
            supi: accepted.supi,
            measures: accepted.measures,
            remaining: accepted.remaining,
            expiry,
            due,
            on_change: accepted.method == Method::OnEventDetection,
            queue: pusher.open(accepted.to, scope.clone()),
        }
    }

    /// The representation, with immediate reports where there are some.
    pub(super) fn shown(&self, immediate: &[(String, PacketDelay)]) -> Map<String, Value> {
        let mut shown = self.sent.clone();
        let now = Timestamp::now();
        let concerned = immediate.iter().filter(|(supi, _)| self.concerns(supi));
        let events: Vec<_> = concerned.map(|(supi, delay)| Measurement::of(supi, *delay, now)).collect();
        if !events.is_empty() {
            shown.insert("eventNotifs".to_owned(), json!(events));
        }
        shown
    }

    fn live(&self, now: Timestamp) -> bool {
        self.remaining.is_none_or(|left| left > 0) && self.expiry > now
    }

    fn concerns(&self, supi: &str) -> bool {
        self.measures && self.supi.as_deref().is_none_or(|wanted| wanted == supi)
    }

    fn tell(&mut self, measured: &[(String, PacketDelay)], at: Timestamp) {
        let concerned = measured.iter().filter(|(supi, _)| self.concerns(supi));
        let events: Vec<_> = concerned.map(|(supi, delay)| Measurement::of(supi, *delay, at)).collect();
        if events.is_empty() {
            return;
        }
        for event_notifs in events.chunks(EVENTS) {
            let notification = Notification { notif_id: &self.notif_id, event_notifs };
            if let Ok(body) = serde_json::to_vec(&notification) {
                self.queue.send(body.into());
            }
        }
        self.remaining = self.remaining.map(|left| left.saturating_sub(1));
    }
}

impl Smf {
    /// Sends the notifications that are due, and ends subscriptions whose time is over.
    pub(super) fn serve_due(&mut self, amfs: &[Amf], now: Instant) {
        let is_due = |subscription: &Subscription| subscription.due.is_some_and(|(due, _)| due <= now);
        let measured = if self.live.values().any(is_due) { self.measured(amfs) } else { Vec::new() };
        let at = Timestamp::now();
        self.live.retain(|_, subscription| {
            if let Some((due, period)) = subscription.due.filter(|(due, _)| *due <= now)
                && subscription.live(at)
            {
                subscription.due = Some((due + period, period));
                subscription.tell(&measured, at);
            }
            subscription.live(at)
        });
    }

    /// What is measured of a UE has changed.
    pub(super) fn tell_change(&mut self, amfs: &[Amf], supi: &str) {
        let Some(delay) = self.measured_of(amfs, supi) else { return };
        let (changed, at) = ([(supi.to_owned(), delay)], Timestamp::now());
        for subscription in self.live.values_mut().filter(|s| s.on_change && s.live(at)) {
            subscription.tell(&changed, at);
        }
    }
}
