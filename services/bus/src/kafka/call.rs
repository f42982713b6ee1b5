//! The records of one call to publish, until the brokers have answered for each.

use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::error::RDKafkaErrorCode;
use tokio::sync::oneshot;

/// What the brokers said about a call's records: the offset of each, in the order of the call.
pub(super) type Answer = Result<Vec<i64>, (RDKafkaErrorCode, Box<str>)>;

/// The records of one call. Every [`Ticket`] is redeemed once; the last one answers.
#[derive(Debug)]
pub(super) struct Call {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    outstanding: usize,
    offsets: Vec<i64>,
    failure: Option<(RDKafkaErrorCode, Box<str>)>,
    answer: Option<oneshot::Sender<Answer>>,
}

/// Stands for one record on its way.
#[derive(Debug)]
pub(super) struct Ticket {
    call: Arc<Call>,
    place: usize,
}

impl Call {
    pub(super) fn new(records: usize) -> (Arc<Self>, oneshot::Receiver<Answer>) {
        let (answer, answered) = oneshot::channel();
        let state =
            State { outstanding: records, offsets: vec![0; records], failure: None, answer: Some(answer) };
        (Arc::new(Self { state: Mutex::new(state) }), answered)
    }

    pub(super) fn ticket(self: &Arc<Self>, place: usize) -> Box<Ticket> {
        Box::new(Ticket { call: self.clone(), place })
    }
}

impl Ticket {
    /// The broker has the record, or it will not be heard of any more.
    pub(super) fn redeem(&self, offset: Result<i64, (RDKafkaErrorCode, &str)>) {
        let mut state = self.call.state.lock().unwrap_or_else(PoisonError::into_inner);
        match offset {
            Ok(offset) => state.offsets[self.place] = offset,
            // The first failure is the reason; what follows it is its consequence.
            Err((code, topic)) => _ = state.failure.get_or_insert((code, topic.into())),
        }
        state.outstanding -= 1;
        if state.outstanding > 0 {
            return;
        }
        let answer = match state.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(std::mem::take(&mut state.offsets)),
        };
        if let Some(sender) = state.answer.take() {
            // A publisher that has gone away does not hear it.
            let _ = sender.send(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_answered_by_its_last_record_in_the_order_of_the_call() {
        let (call, mut answered) = Call::new(2);
        let (first, second) = (call.ticket(0), call.ticket(1));
        second.redeem(Ok(8));
        assert!(answered.try_recv().is_err());
        first.redeem(Ok(7));
        assert_eq!(answered.try_recv().expect("answered"), Ok(vec![7, 8]));
    }

    #[test]
    fn the_first_failure_is_the_reason() {
        let (call, mut answered) = Call::new(2);
        call.ticket(0).redeem(Err((RDKafkaErrorCode::MessageSizeTooLarge, "topic")));
        call.ticket(1).redeem(Err((RDKafkaErrorCode::PurgeQueue, "topic")));
        let failure = answered.try_recv().expect("answered").expect_err("failed");
        assert_eq!(failure.0, RDKafkaErrorCode::MessageSizeTooLarge);
    }
}
