//! The poll: one any-UE request a tick for the location and CM state of every UE of an AMF.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bus::BusError;
use sbi::oauth2::Scope;
use sbi::{CallError, Class};
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::event_exposure;
use crate::amf::Amf;
use crate::baseline;
use crate::clock::timestamp;
use crate::context::Core;
use crate::ending::seen_through;
use crate::metrics::PollResult;
use crate::pace::{Backoff, Pace};
use crate::quiet::Complaint;

/// The longest pause between two attempts at an AMF that fails.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

#[derive(Debug, Error)]
enum PollError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("the bus does not take events: {0}")]
    Bus(#[from] BusError),
}

/// Polls until `stop`.
pub(crate) async fn run(amf: Arc<Amf>, core: Arc<Core>, stop: CancellationToken) {
    let mut complaint = Complaint::about(format!("polling {}", amf.root));
    let mut backoff = Backoff::new(core.config.poll.min_interval, LONGEST_PAUSE);
    let mut pace = Pace::default();
    loop {
        let Some(polled) = seen_through(poll(&amf, &core, &mut pace), &stop).await else { break };
        let pause = match polled {
            Ok(pause) => {
                complaint.works();
                backoff.succeeded();
                pause
            }
            Err(error) => {
                core.publisher.track().does_not_answer(amf.slot);
                complaint.failed(&error);
                backoff.failed(asked(&error))
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = tokio::time::sleep(pause) => {}
        }
    }
    core.publisher.track().does_not_answer(amf.slot);
}

/// One poll; returns the pause after it.
async fn poll(amf: &Amf, core: &Core, pace: &mut Pace) -> Result<Duration, PollError> {
    let epoch = core.publisher.begin_poll();
    let request = event_exposure::poll_request(amf, &core.nf_instance_id)?;
    let answer = core.link.caller.call(Scope::AMF_EVENTS, &request).await.inspect_err(|error| {
        core.metrics.poll(PollResult::Failed);
        match error {
            CallError::Connect { .. }
            | CallError::Broken { .. }
            | CallError::NeverSent { .. }
            | CallError::Timeout { .. } => amf.away(),
            CallError::TooLarge { .. }
            | CallError::Refused { .. }
            | CallError::Malformed { .. }
            | CallError::BadToken { .. }
            | CallError::NotSerialisable(_)
            | CallError::Token(_) => {}
        }
    })?;
    amf.answered(epoch);
    let (took, bytes, first_byte_at) = (answer.took, answer.body.len(), answer.first_byte_at);
    core.metrics.poll_seconds.observe(took.as_secs_f64());
    core.metrics.poll_bytes.inc_by(bytes as u64);
    let read = event_exposure::read(answer).await;
    let (polled, answer) = read.inspect_err(|_| core.metrics.poll(PollResult::Refused))?;
    let restarted = amf.gave(epoch, &polled.subscription_id);
    core.publisher.track().note(amf.slot, amf.life());
    if restarted {
        // Whoever takes over from here must know it too.
        baseline::keep(core).await;
    }
    if !polled.any {
        leave_nothing_behind(amf, core, &answer.headers, &polled.subscription_id).await;
    }
    let complete =
        amf.gave_reports(polled.any).then(|| amf.remembers_since(core.config.poll.idle_gone_after));
    let told = core
        .publisher
        .poll(amf.slot, epoch, &polled.sightings, complete, timestamp(first_byte_at))
        .await
        .inspect_err(|_| core.metrics.poll(PollResult::NotPublished))?;
    core.metrics.poll(if polled.any { PollResult::Complete } else { PollResult::Empty });
    if told > 0 {
        tracing::debug!(amf = %amf.root, events = told, ues = polled.sightings.seen.len(), ?took, "poll");
    }
    let amfs = core.amfs.load(Ordering::Relaxed);
    Ok(pace.after(&core.config.poll, took, bytes, amfs))
}

/// A one-time subscription that found no UE waits for the first one (Free5GC keeps it, and one more at every
/// tick): it is ended.
async fn leave_nothing_behind(amf: &Amf, core: &Core, headers: &http::HeaderMap, id: &str) {
    let Some(url) = event_exposure::resource(&amf.root, headers, id) else { return };
    if let Err(error) = event_exposure::delete(&core.link.caller, url).await {
        tracing::debug!(%error, "a one-time subscription without reports could not be ended");
    }
}

fn asked(error: &PollError) -> Option<Duration> {
    match error {
        PollError::Call(error) => match error.class() {
            Class::Transient(after) => after,
            Class::Permanent | Class::Unknown => None,
        },
        PollError::Bus(_) => None,
    }
}
