//! From a record to what goes out.

use bus::Delivery;
use bus::public::{PublicEvent, Topic};
use contract::{Deriver, Event};
use model::Stream;

/// The streams that public events are derived from.
pub(crate) const STREAMS: [Stream; 7] = [
    Stream::UeEvents,
    Stream::Qos,
    Stream::Decisions,
    Stream::Orders,
    Stream::Outcomes,
    Stream::Instances,
    Stream::Sites,
];

/// The public events of one record.
///
/// # Errors
/// Says why the record cannot be read.
pub(crate) fn derive(
    deriver: &Deriver,
    stream: Stream,
    delivery: &Delivery,
) -> Result<Vec<PublicEvent>, String> {
    fn read<'a, T: serde::Deserialize<'a>>(delivery: &'a Delivery) -> Result<T, String> {
        serde_json::from_slice(&delivery.data).map_err(|e| e.to_string())
    }
    let at = delivery.sequence.0;
    let events = match stream {
        Stream::UeEvents => deriver.ue_event(at, &read(delivery)?),
        Stream::Qos => deriver.qos_report(at, &read(delivery)?),
        Stream::Decisions => deriver.decision(at, &read(delivery)?),
        Stream::Orders => deriver.order(at, &read(delivery)?),
        Stream::Outcomes => deriver.outcome(at, &read(delivery)?),
        Stream::Instances => deriver.instance(at, &read(delivery)?),
        Stream::Sites => deriver.site(at, &read(delivery)?),
        Stream::Commands | Stream::DeadLetter | Stream::Sagas => Vec::new(),
    };
    Ok(events.into_iter().filter_map(public).collect())
}

fn public(event: Event) -> Option<PublicEvent> {
    let topic = Topic::ALL.into_iter().find(|topic| topic.name() == event.kind.topic())?;
    Some(PublicEvent {
        topic,
        kind: event.kind.subject_token().into(),
        app: event.app,
        key: event.key,
        attributes: event.attributes,
        data: event.data.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_event_has_a_topic() {
        for kind in contract::Kind::ALL {
            assert!(Topic::ALL.iter().any(|topic| topic.name() == kind.topic()), "{}", kind.topic());
        }
    }
}
