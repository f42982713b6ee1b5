//! Reads what already stands on the bus.

use std::time::Duration;

use bus::{Bus, BusError, Delivery, Sequence, Start};

use crate::feed::Feed;

/// A consumer that never acknowledges: each reading begins where it is told to.
const CONSUMER: &str = "decider-history";
const BATCH: usize = 4096;
/// A stream whose kept part ended before its newest position (everything was too old) never delivers it.
const SILENCE: Duration = Duration::from_secs(10);
/// The same where that is the rule: nothing has been measured for a while.
const SHORT_SILENCE: Duration = Duration::from_secs(1);

/// Hands the records of a stream from `start` up to and including `through` to `each`, in order.
///
/// # Errors
/// [`BusError::FellBehind`] where the records after `start` are no longer kept, and what the bus says else.
pub(crate) async fn read(
    bus: &dyn Bus,
    feed: Feed,
    start: Start,
    through: Sequence,
    mut each: impl FnMut(Delivery),
) -> Result<(), BusError> {
    let nothing = match start {
        Start::After(position) => position >= through,
        Start::Oldest => through == Sequence(0),
        Start::Newest => true,
    };
    if nothing {
        return Ok(());
    }
    let mut consumer = bus.consume(feed.stream(), CONSUMER, start).await?;
    let silence = if feed.fades() { SHORT_SILENCE } else { SILENCE };
    loop {
        let Ok(batch) = tokio::time::timeout(silence, consumer.next(BATCH)).await else {
            if !feed.fades() {
                tracing::warn!(stream = feed.stream().name(), through = through.0, "history ends early");
            }
            return Ok(());
        };
        for delivery in batch? {
            let at = delivery.sequence;
            if at <= through {
                each(delivery);
            }
            if at >= through {
                return Ok(());
            }
        }
    }
}

/// The oldest record of a stream that is kept; `None` where there is none.
///
/// # Errors
/// What the bus says.
pub(crate) async fn oldest(bus: &dyn Bus, feed: Feed) -> Result<Option<Delivery>, BusError> {
    if bus.newest(feed.stream()).await? == Sequence(0) {
        return Ok(None);
    }
    let mut consumer = bus.consume(feed.stream(), CONSUMER, Start::Oldest).await?;
    match tokio::time::timeout(SILENCE, consumer.next(1)).await {
        Ok(batch) => Ok(batch?.into_iter().next()),
        Err(_) => Ok(None),
    }
}
