//! Requests of Nsmf_EventExposure (TS 29.508 clause 4.2.3).

use http::{HeaderMap, Method, StatusCode};
use model::Timestamp;
use sbi::oauth2::Scope;
use sbi::{CallError, Caller, Content, Request};
use sbi_schemas::ts29508::{EventSubscription, NotificationMethod, NsmfEventExposure, SmfEvent};
use sbi_schemas::ts29571::Snssai;
use url::Url;

use crate::callback::IssuedCallback;
use crate::config::QosConfig;
use crate::sources::event_exposure::located;

/// What is asked for: the packet delays of every UE's sessions, at intervals, until `ends`.
pub(crate) fn subscription(to: &IssuedCallback, qos: &QosConfig, ends: Timestamp) -> NsmfEventExposure {
    let snssai = qos.snssai.clone().map(|slice| Snssai { sst: slice.sst, sd: slice.sd });
    NsmfEventExposure {
        any_ue_ind: Some(true),
        dnn: qos.dnn.clone(),
        snssai,
        notif_id: to.correlation.clone(),
        notif_uri: to.uri.to_string(),
        event_subs: vec![EventSubscription { event: SmfEvent::QosMon }],
        notif_method: Some(NotificationMethod::Periodic),
        expiry: Some(ends.to_string()),
        rep_period: u32::try_from(qos.period.as_secs()).ok(),
    }
}

/// Makes a subscription.
pub(crate) fn create(root: &Url, body: &NsmfEventExposure) -> Result<Request, CallError> {
    Ok(Request { method: Method::POST, url: collection(root)?, content: Content::json(body)? })
}

/// Replaces one.
pub(super) fn replace(url: Url, body: &NsmfEventExposure) -> Result<Request, CallError> {
    Ok(Request { method: Method::PUT, url, content: Content::json(body)? })
}

/// Looks at one.
pub(super) fn read(url: Url) -> Request {
    Request { method: Method::GET, url, content: Content::Empty }
}

/// Ends one; that there is none is as good.
///
/// # Errors
/// [`CallError`]; repeating it does no harm.
pub(crate) async fn delete(caller: &Caller, url: Url) -> Result<(), CallError> {
    let request = Request { method: Method::DELETE, url, content: Content::Empty };
    let answer = caller.call(Scope::SMF_EVENTS, &request).await?;
    answer.expect(&[StatusCode::NO_CONTENT, StatusCode::OK, StatusCode::NOT_FOUND]).map(drop)
}

/// Where a subscription that was made lies; `None` where the SMF does not say, or names an address elsewhere.
pub(crate) fn resource(root: &Url, headers: &HeaderMap) -> Option<Url> {
    located(collection(root).ok()?, headers, "")
}

/// Whether the refusal says that there is no such service at all: nothing under its path, or nothing behind it.
pub(crate) fn has_no_service(error: &CallError) -> bool {
    let without = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED, StatusCode::NOT_IMPLEMENTED];
    error.status().is_some_and(|status| without.contains(&status))
}

fn collection(root: &Url) -> Result<Url, CallError> {
    sbi::nrf::under(root, "nsmf-event-exposure/v1/subscriptions")
        .map_err(|e| CallError::Connect { url: root.to_string(), reason: e.to_string() })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::config::Slice;

    #[test]
    fn any_ue_is_asked_for_and_sessions_are_restricted_where_that_is_set() {
        let uri: Url = "http://a/x".parse().expect("URL");
        let to = IssuedCallback { uri, correlation: "er-1".into() };
        let snssai = Some(Slice { sst: 1, sd: Some("010203".into()) });
        let qos = QosConfig { period: Duration::from_secs(7), snssai, ..QosConfig::default() };
        let body = subscription(&to, &qos, Timestamp::from_micros(1_500_000));
        let expected = json!({"anyUeInd": true, "snssai": {"sst": 1, "sd": "010203"}, "notifId": "er-1",
            "notifUri": "http://a/x", "eventSubs": [{"event": "QOS_MON"}], "notifMethod": "PERIODIC",
            "expiry": "1970-01-01T00:00:01.500Z", "repPeriod": 7});
        assert_eq!(serde_json::to_value(&body).expect("JSON"), expected);
    }

    #[test]
    fn a_subscription_lies_where_the_header_says_and_nowhere_else() {
        let root: Url = "http://127.0.0.2:8000".parse().expect("URL");
        let at = |location: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(location) = location {
                headers.insert(http::header::LOCATION, location.parse().expect("header"));
            }
            resource(&root, &headers).map(|url| url.to_string())
        };
        let own = "http://127.0.0.2:8000/nsmf-event-exposure/v1/subscriptions/sub-1";
        assert_eq!(at(Some(own)).as_deref(), Some(own));
        assert_eq!(at(Some("/nsmf-event-exposure/v1/subscriptions/sub-1")).as_deref(), Some(own));
        assert_eq!(at(Some("http://evil.example/nsmf-event-exposure/v1/subscriptions/sub-1")), None);
        assert_eq!(at(None), None);
    }
}
