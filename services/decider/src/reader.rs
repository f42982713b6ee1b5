//! Follows one stream and hands over decoded batches.

use bus::{BusError, Consumer, Delivery, Sequence};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::feed::Feed;
use crate::wire::{Item, decode};

/// What a reader hands over.
#[derive(Debug)]
pub(crate) enum Handed {
    /// Records in order.
    Batch(Batch),
    /// Retention overtook the reader, which has ended.
    FellBehind(Feed, BusError),
    /// The bus failed; the reader has ended.
    Broken(Feed, BusError),
}

/// Consecutive records of one stream.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) feed: Feed,
    pub(crate) items: Vec<Item>,
    /// What could not be read, with the reasons.
    pub(crate) poison: Vec<(Delivery, String)>,
    /// The position of the last one.
    pub(crate) through: Sequence,
}

impl Batch {
    /// Decodes deliveries; `None` where there are none.
    pub(crate) fn decode(feed: Feed, deliveries: Vec<Delivery>) -> Option<Self> {
        let through = deliveries.last()?.sequence;
        let (mut items, mut poison) = (Vec::with_capacity(deliveries.len()), Vec::new());
        for delivery in deliveries {
            match decode(feed, &delivery) {
                Ok(item) => items.push(item),
                Err(reason) => poison.push((delivery, reason)),
            }
        }
        Some(Self { feed, items, poison, through })
    }
}

/// Follows the stream until `stop`, acknowledging up to what `done` says. A wait for the next record is never
/// abandoned half-way, so an acknowledgement goes out with the next batch, or at the stop.
pub(crate) async fn follow(
    feed: Feed,
    mut consumer: Box<dyn Consumer>,
    batch: usize,
    to: mpsc::Sender<Handed>,
    mut done: watch::Receiver<Sequence>,
    stop: CancellationToken,
) {
    let mut acked = Sequence(0);
    let mut handed = Sequence(0);
    loop {
        let taken = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            taken = consumer.next(batch) => taken,
        };
        let message = match taken {
            Ok(deliveries) => match Batch::decode(feed, deliveries) {
                Some(batch) => {
                    handed = batch.through;
                    Handed::Batch(batch)
                }
                None => continue,
            },
            Err(error @ BusError::FellBehind { .. }) => Handed::FellBehind(feed, error),
            Err(error) => Handed::Broken(feed, error),
        };
        let ended = !matches!(message, Handed::Batch(_));
        if to.send(message).await.is_err() || ended {
            break;
        }
        ack(feed, consumer.as_mut(), &done, &mut acked).await;
    }
    // What was handed over is worked off before the publisher ends and with it the other side of `done`.
    let _ = done.wait_for(|position| *position >= handed).await;
    ack(feed, consumer.as_mut(), &done, &mut acked).await;
}

async fn ack(
    feed: Feed,
    consumer: &mut dyn Consumer,
    done: &watch::Receiver<Sequence>,
    acked: &mut Sequence,
) {
    let position = *done.borrow();
    if position <= *acked {
        return;
    }
    match consumer.ack(position).await {
        Ok(()) => *acked = position,
        // The snapshot's position is what a restart goes by; a later acknowledgement makes up for this one.
        Err(error) => tracing::warn!(stream = feed.stream().name(), %error, "cannot acknowledge"),
    }
}
