//! One message: who waits for it, and what became of it.

use async_nats::jetstream::context::{PublishAckFuture, PublishError};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::verdict::{Failure, Verdict};
use super::{Message, Room};

/// A message and the one who waits for it.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) message: Message,
    answer: oneshot::Sender<Result<u64, Failure>>,
    /// Counts messages in the order in which they came.
    pub(super) number: u64,
    /// Until when it is sent again; from its first sending on.
    pub(super) deadline: Option<Instant>,
    /// Whether it may have been stored already.
    pub(super) in_doubt: bool,
    _room: Room,
}

impl Item {
    pub(super) const fn new(
        message: Message,
        answer: oneshot::Sender<Result<u64, Failure>>,
        room: Room,
    ) -> Self {
        Self { message, answer, number: 0, deadline: None, in_doubt: false, _room: room }
    }

    pub(super) fn bytes(&self) -> usize {
        self.message.payload.len()
    }

    /// Tells what became of it.
    pub(super) fn answer(self, answer: Result<u64, Failure>) {
        // A caller that has gone does not want to know.
        let _ = self.answer.send(answer);
    }

    /// It was not stored in time, nor shall it be.
    pub(super) fn give_up(self, reason: &str) {
        let failure = Failure::given_up(reason, self.in_doubt);
        self.answer(Err(failure));
    }

    /// It was not sent, because one before it was not stored.
    pub(super) fn unsent(self) {
        self.give_up("it was not sent, because one before it was not stored in time");
    }
}

/// The answer of the server, still to come.
pub(super) type Ack = <PublishAckFuture as IntoFuture>::IntoFuture;

/// A message that was sent and is not answered yet.
pub(super) struct Flight {
    pub(super) item: Item,
    /// By which of its kind no other is in flight.
    pub(super) lock: u64,
    /// What the client said at once, or the answer of the server.
    pub(super) ack: Result<Ack, Verdict>,
    pub(super) sent: Instant,
    /// Whether nothing else was in flight when it was sent.
    pub(super) alone: bool,
}

impl Flight {
    /// Waits for the answer; may be called again if it was dropped.
    pub(super) async fn answered(&mut self) -> Result<u64, Verdict> {
        match &mut self.ack {
            Ok(ack) => judge(ack.await),
            Err(verdict) => Err(verdict.clone()),
        }
    }
}

fn judge(answer: Result<async_nats::jetstream::publish::PublishAck, PublishError>) -> Result<u64, Verdict> {
    answer.map(|ack| ack.sequence).map_err(|error| Verdict::of(&error))
}
