//! What SMFs notify (TS 29.508 clause 4.2.2).

use model::Timestamp;
use sbi::problem::cause;
use sbi_schemas::Text;
use sbi_schemas::ts29508::NsmfEventExposureNotification;

use super::issued::Known;
use super::refusal::Refusal;
use crate::config::QosConfig;
use crate::qos::{Measurements, measurements};

/// Reads a notification that came to this address. One of whose events none can be used is refused; of others the
/// usable ones count.
pub(super) fn understand(
    body: &[u8],
    known: &Known,
    sessions: &QosConfig,
    observed_at: Timestamp,
) -> Result<Measurements, Refusal> {
    let notification: NsmfEventExposureNotification<Text<'_>> =
        serde_json::from_slice(body).map_err(|error| Refusal::unreadable(&error))?;
    if notification.notif_id.as_ref() != known.correlation {
        return Err(Refusal::unknown_subscription());
    }
    if notification.event_notifs.is_empty() {
        return Err(Refusal::malformed(cause::MANDATORY_IE_INCORRECT, "eventNotifs is empty"));
    }
    let read = measurements(&notification.event_notifs, sessions, observed_at);
    match &read.problem {
        Some(problem) if read.unreadable == notification.event_notifs.len() as u64 => {
            Err(Refusal::malformed(cause::MANDATORY_IE_INCORRECT, problem.as_str()))
        }
        Some(_) | None => Ok(read),
    }
}
