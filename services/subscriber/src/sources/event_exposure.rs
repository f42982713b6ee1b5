//! Requests of Namf_EventExposure (TS 29.518 clause 5.3).

use http::{HeaderMap, Method, StatusCode, header};
use sbi::oauth2::Scope;
use sbi::{Answer, CallError, Caller, Content, Request};
use sbi_schemas::Text;
use sbi_schemas::ts29518::{
    AmfCreateEventSubscription, AmfCreatedEventSubscription, AmfEvent, AmfEventMode, AmfEventSubscription,
    AmfEventTrigger, AmfEventType,
};
use url::Url;

use crate::amf::Amf;
use crate::translate::{Reported, Sightings, sightings};

/// Bodies above this are read on a thread of their own, so that they do not hold up notifications.
const LARGE: usize = 256 << 10;

/// The answer to a poll, read.
#[derive(Debug)]
pub(crate) struct Polled {
    /// The id that the AMF gave, in the form that it gave.
    pub(crate) subscription_id: String,
    /// Whether there were reports at all.
    pub(crate) any: bool,
    /// What they say.
    pub(crate) sightings: Sightings,
}

/// Asks for location and CM state of every UE, now and once.
pub(crate) fn poll_request(amf: &Amf, nf_id: &str) -> Result<Request, CallError> {
    let now = |kind| AmfEvent { kind, immediate_flag: Some(true) };
    let events = vec![now(AmfEventType::LocationReport), now(AmfEventType::ConnectivityStateReport)];
    let once = AmfEventMode { trigger: AmfEventTrigger::OneTime, max_reports: None, expiry: None };
    create(amf, nf_id, events, Some(once))
}

/// Asks to be notified of every UE's location from now on. Without `options`: an explicit CONTINUOUS ends at once
/// on Free5GC, and its absence means the same (TS 29.518 clause 5.3.2.2.2).
pub(crate) fn subscribe_request(amf: &Amf, nf_id: &str) -> Result<Request, CallError> {
    create(amf, nf_id, vec![AmfEvent { kind: AmfEventType::LocationReport, immediate_flag: None }], None)
}

fn create(
    amf: &Amf,
    nf_id: &str,
    event_list: Vec<AmfEvent>,
    options: Option<AmfEventMode<&str>>,
) -> Result<Request, CallError> {
    let body = AmfCreateEventSubscription {
        subscription: AmfEventSubscription {
            event_list,
            event_notify_uri: amf.callback.uri.as_str(),
            notify_correlation_id: &amf.callback.correlation,
            nf_id,
            supi: None,
            any_ue: Some(true),
            options,
        },
    };
    Ok(Request { method: Method::POST, url: collection(&amf.root)?, content: Content::json(&body)? })
}

/// Reads the answer to a poll.
///
/// # Errors
/// [`CallError`] where it is a refusal, or no answer to a poll.
pub(crate) async fn read(answer: Answer) -> Result<(Polled, Answer), CallError> {
    let answer = answer.expect(&[StatusCode::CREATED, StatusCode::OK])?;
    let whole = if answer.body.len() < LARGE {
        understand(&answer)?
    } else {
        let copy = answer.clone();
        let read = tokio::task::spawn_blocking(move || understand(&copy)).await;
        read.map_err(|e| CallError::Broken { url: answer.url.to_string(), reason: e.to_string() })??
    };
    Ok((whole, answer))
}

fn understand(answer: &Answer) -> Result<Polled, CallError> {
    let created: AmfCreatedEventSubscription<Text<'_>> = answer.json()?;
    let reports = created.report_list.unwrap_or_default();
    Ok(Polled {
        subscription_id: created.subscription_id.as_ref().to_owned(),
        any: !reports.is_empty(),
        sightings: sightings(&reports, Reported::Immediately),
    })
}

/// Ends a subscription; that there is none is as good.
///
/// # Errors
/// [`CallError`]; repeating it does no harm.
pub(crate) async fn delete(caller: &Caller, url: Url) -> Result<(), CallError> {
    let request = Request { method: Method::DELETE, url, content: Content::Empty };
    let answer = caller.call(Scope::AMF_EVENTS, &request).await?;
    answer.expect(&[StatusCode::NO_CONTENT, StatusCode::OK, StatusCode::NOT_FOUND]).map(drop)
}

/// Where a subscription lies, from the `Location` header, else from its id: a URI, or the bare number of Free5GC.
pub(crate) fn resource(root: &Url, headers: &HeaderMap, id: &str) -> Option<Url> {
    located(collection(root).ok()?, headers, id)
}

/// Where a resource of this collection lies, from the `Location` header, else from its id. Only an address inside the
/// collection is followed: what a peer names elsewhere would get our token.
pub(crate) fn located(base: Url, headers: &HeaderMap, id: &str) -> Option<Url> {
    let named = headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let candidates = named.into_iter().chain(id.contains('/').then_some(id));
    let own = candidates.filter_map(|text| base.join(text).ok()).find(|url| {
        url.origin() == base.origin() && url.path().starts_with(base.path()) && url.query().is_none()
    });
    own.or_else(|| {
        let last = id.trim_end_matches('/').rsplit('/').next().filter(|last| !last.is_empty())?;
        let mut url = base;
        url.path_segments_mut().ok()?.push(last);
        Some(url)
    })
}

fn collection(root: &Url) -> Result<Url, CallError> {
    sbi::nrf::under(root, "namf-evts/v1/subscriptions")
        .map_err(|e| CallError::Connect { url: root.to_string(), reason: e.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(location: Option<&str>, id: &str) -> Option<String> {
        let root: Url = "http://127.0.0.18:8000".parse().expect("URL");
        let mut headers = HeaderMap::new();
        if let Some(location) = location {
            headers.insert(header::LOCATION, location.parse().expect("header"));
        }
        resource(&root, &headers, id).map(|url| url.to_string())
    }

    #[test]
    fn a_subscription_is_found_by_header_uri_or_number() {
        let seven = Some("http://127.0.0.18:8000/namf-evts/v1/subscriptions/7".to_owned());
        assert_eq!(at(None, "7"), seven);
        assert_eq!(at(None, "http://127.0.0.18:8000/namf-evts/v1/subscriptions/7"), seven);
        assert_eq!(at(Some("/namf-evts/v1/subscriptions/7"), "x"), seven);
        assert_eq!(at(Some("http://127.0.0.18:8000/namf-evts/v1/subscriptions/7"), "x"), seven);
    }

    #[test]
    fn an_address_elsewhere_is_not_followed() {
        let own = "http://127.0.0.18:8000/namf-evts/v1/subscriptions/";
        for elsewhere in
            ["http://evil.example/namf-evts/v1/subscriptions/7", "http://127.0.0.18:8000/other/7"]
        {
            assert!(at(Some(elsewhere), "7").is_some_and(|url| url.starts_with(own)), "{elsewhere}");
            assert!(at(None, elsewhere).is_some_and(|url| url.starts_with(own)), "{elsewhere}");
        }
        assert_eq!(at(None, "../../x").as_deref(), Some(format!("{own}x").as_str()));
        assert_eq!(at(None, ""), None);
    }
}
