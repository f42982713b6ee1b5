//! Follows one stream and puts out what follows from it.

use std::sync::Arc;
use std::time::Duration;

use bus::public::{Outlet, PublicEvent};
use bus::{Bus, BusError, Class, Consumer, Delivery, Sequence, Start};
use contract::Deriver;
use model::Stream;
use tokio_util::sync::CancellationToken;

use crate::derive::derive;
use crate::metrics::Metrics;

/// The consumer's name on every stream.
const CONSUMER: &str = "relay";
/// The most records that are taken at once.
const BATCH: usize = 512;
/// Before what failed is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// What all streams are relayed with.
pub(crate) struct Way {
    pub(crate) bus: Arc<dyn Bus>,
    pub(crate) outlet: Arc<dyn Outlet>,
    pub(crate) deriver: Deriver,
    pub(crate) metrics: Metrics,
}

/// Relays one stream until `stop`. What fails is tried again for ever: nothing is skipped but what retention took.
pub(crate) async fn follow(way: Arc<Way>, stream: Stream, stop: CancellationToken) {
    let mut start = Start::Oldest;
    while !stop.is_cancelled() {
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            ended = relay(&way, stream, start) => ended,
        };
        start = Start::Oldest;
        let Err(error) = ended;
        if let BusError::FellBehind { oldest, .. } = error {
            tracing::error!(stream = stream.name(), %error, "events are missing; going on with the oldest record kept");
            way.metrics.behind(stream);
            start = Start::After(Sequence(oldest.saturating_sub(1)));
            continue;
        }
        tracing::warn!(stream = stream.name(), %error, "cannot relay now; trying again");
        tokio::select! { () = stop.cancelled() => return, () = tokio::time::sleep(PAUSE) => {} }
    }
}

async fn relay(way: &Way, stream: Stream, start: Start) -> Result<std::convert::Infallible, BusError> {
    let mut consumer = way.bus.consume(stream, CONSUMER, start).await?;
    loop {
        let deliveries = consumer.next(BATCH).await?;
        hand_on(way, stream, consumer.as_mut(), deliveries).await?;
    }
}

/// Puts out what follows from these records, then acknowledges them.
async fn hand_on(
    way: &Way,
    stream: Stream,
    consumer: &mut dyn Consumer,
    deliveries: Vec<Delivery>,
) -> Result<(), BusError> {
    let Some(through) = deliveries.last().map(|delivery| delivery.sequence) else { return Ok(()) };
    let mut events = Vec::new();
    for delivery in &deliveries {
        match derive(&way.deriver, stream, delivery) {
            Ok(more) => events.extend(more),
            Err(reason) => {
                let sequence = delivery.sequence.0;
                tracing::warn!(
                    stream = stream.name(),
                    sequence,
                    "a record cannot be read and goes to dead-letter"
                );
                let letter = bus::dead_letter(stream, delivery, CONSUMER, &reason);
                way.bus.publish(Stream::DeadLetter, vec![letter]).await?;
                way.metrics.dead(stream);
            }
        }
    }
    put(way, events).await?;
    consumer.ack(through).await
}

/// Puts events out, again while that helps: whoever reads them tells a repeated one by its id.
async fn put(way: &Way, events: Vec<PublicEvent>) -> Result<(), BusError> {
    if events.is_empty() {
        return Ok(());
    }
    loop {
        match way.outlet.put(events.clone()).await {
            Ok(()) => break,
            Err(error) => {
                let pause = match error.class() {
                    Class::Transient(pause) => pause,
                    Class::Unknown => PAUSE,
                    Class::Permanent => return Err(error),
                };
                tracing::warn!(%error, "the broker does not take public events; trying again");
                tokio::time::sleep(pause).await;
            }
        }
    }
    events.iter().for_each(|event| way.metrics.put(event.topic));
    Ok(())
}
