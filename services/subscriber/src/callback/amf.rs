//! What AMFs notify (TS 29.518 clause 5.3.2.4).

use sbi::problem::cause;
use sbi_schemas::Text;
use sbi_schemas::ts29518::AmfEventNotification;

use super::issued::Known;
use super::refusal::Refusal;
use crate::translate::{Reported, Sightings, sightings};

/// Reads a notification that came to this address.
pub(super) fn understand(body: &[u8], known: &Known) -> Result<Sightings, Refusal> {
    let notification: AmfEventNotification<Text<'_>> =
        serde_json::from_slice(body).map_err(|error| Refusal::unreadable(&error))?;
    let id = notification.notify_correlation_id.as_ref();
    if id.is_some_and(|id| id.as_ref() != known.correlation) {
        return Err(Refusal::unknown_subscription());
    }
    match (&notification.report_list, &notification.subs_change_notify_correlation_id) {
        (Some(reports), _) => Ok(sightings(reports, Reported::InNotification)),
        (None, Some(_)) => Ok(Sightings::default()),
        (None, None) => Err(Refusal::malformed(cause::MANDATORY_IE_MISSING, "reportList is missing")),
    }
}
