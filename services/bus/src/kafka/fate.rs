//! What becomes of the records of one call to publish.

use std::future::poll_fn;
use std::sync::{Arc, OnceLock};
use std::task::Poll;

use futures_util::task::AtomicWaker;
use rdkafka::error::RDKafkaErrorCode;

use super::producer::Few;

/// Why a record is not on its topic.
pub(super) type Failure = (RDKafkaErrorCode, Box<str>);

/// What becomes of one record: its offset once enough brokers have it. Told once, awaited by one.
#[derive(Debug, Default)]
pub(super) struct Fate {
    told: OnceLock<Result<i64, Failure>>,
    waiting: AtomicWaker,
}

impl Fate {
    /// The broker has the record, or it will not be heard of any more.
    pub(super) fn tell(&self, offset: Result<i64, (RDKafkaErrorCode, &str)>) {
        // Only the first word counts; there is no second one.
        let _ = self.told.set(offset.map_err(|(code, topic)| (code, topic.into())));
        self.waiting.wake();
    }

    async fn known(&self) -> &Result<i64, Failure> {
        poll_fn(|context| {
            if let Some(told) = self.told.get() {
                return Poll::Ready(told);
            }
            self.waiting.register(context.waker());
            self.told.get().map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }
}

/// Waits until the fate of every record of a call is known: their offsets, or why the call failed.
pub(super) async fn all(fates: &[Arc<Fate>]) -> Result<Few<i64>, Failure> {
    let mut offsets = Few::with_capacity(fates.len());
    let mut failure: Option<&Failure> = None;
    for fate in fates {
        match fate.known().await {
            Ok(offset) => offsets.push(*offset),
            // What was thrown out is the consequence of another failure.
            Err(other) if failure.is_none_or(|first| is_thrown_out(first) && !is_thrown_out(other)) => {
                failure = Some(other);
            }
            Err(_) => {}
        }
    }
    failure.map_or(Ok(offsets), |failure| Err(failure.clone()))
}

fn is_thrown_out((code, _): &Failure) -> bool {
    matches!(code, RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight)
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt as _;

    use super::*;

    fn fates(count: usize) -> Vec<Arc<Fate>> {
        (0..count).map(|_| Arc::default()).collect()
    }

    #[test]
    fn a_call_is_answered_by_its_last_record_in_the_order_of_the_call() {
        let fates = fates(2);
        let mut answer = pin!(all(&fates));
        fates[1].tell(Ok(8));
        assert!(answer.as_mut().now_or_never().is_none());
        fates[0].tell(Ok(7));
        assert_eq!(answer.now_or_never().expect("answered"), Ok(Few::from_slice(&[7, 8])));
    }

    #[test]
    fn what_was_thrown_out_is_not_the_reason() {
        let fates = fates(3);
        fates[0].tell(Err((RDKafkaErrorCode::PurgeQueue, "topic")));
        fates[1].tell(Err((RDKafkaErrorCode::MessageSizeTooLarge, "topic")));
        fates[2].tell(Err((RDKafkaErrorCode::PurgeInflight, "topic")));
        let failure = all(&fates).now_or_never().expect("answered").expect_err("failed");
        assert_eq!(failure.0, RDKafkaErrorCode::MessageSizeTooLarge);
    }
}
