//! Messages that are stored all or none.

use std::collections::HashSet;

use async_nats::header::HeaderValue;
use async_nats::jetstream::context::PublishAckFuture;
use tokio::time::Instant;

use super::Message;
use super::flight::Item;
use super::lane::Lane;
use super::verdict::{Failure, Verdict};

/// What became of a batch.
#[derive(Debug)]
enum Batch {
    /// All of it is stored, the last message here and the others right before it.
    Stored {
        /// Position of the last message.
        last: u64,
    },
    /// None of it is stored, or it was stored before; each message has to be asked for by itself.
    Singly,
    GivenUp(Failure),
}

/// The server takes no more messages in one atomic batch, unless it is configured to.
const BATCH: usize = 1_000;
/// No more bytes in one batch: what a server has to take in one go.
const BATCH_BYTES: usize = 4 << 20;

impl Lane {
    /// Sends what waits, as much of it as fits, as one atomic batch. Nothing else is in flight.
    pub(super) async fn batch(&mut self) {
        let count = fitting(self.waiting.iter().map(|item| &item.message));
        let items: Vec<Item> = self.waiting.drain(..count).collect();
        let messages: Vec<&Message> = items.iter().map(|item| &item.message).collect();
        match self.store(&messages).await {
            Batch::Stored { last } => {
                let first = last + 1 - items.len() as u64;
                items.into_iter().zip(first..).for_each(|(item, position)| item.answer(Ok(position)));
            }
            Batch::GivenUp(failure) => {
                items.into_iter().for_each(|item| item.answer(Err(failure.clone())));
                // What lies behind it must not come before it.
                self.waiting.drain(..).for_each(Item::unsent);
            }
            Batch::Singly => {
                self.singly = items.len();
                items.into_iter().rev().for_each(|item| self.waiting.push_front(item));
            }
        }
    }

    /// Sends one batch again until it is stored or refused. One that was stored though its answer was lost is refused
    /// when it is sent again: its messages are duplicates then.
    async fn store(&mut self, messages: &[&Message]) -> Batch {
        let deadline = Instant::now() + self.options.retry_for;
        let mut in_doubt = false;
        loop {
            let begun = Instant::now();
            let (reason, patient) = match self.attempt(messages).await {
                Ok(last) => {
                    self.pace.took_batch(messages.len(), begun, Instant::now());
                    return Batch::Stored { last };
                }
                Err(Verdict::Duplicates) => return Batch::Singly,
                Err(Verdict::Refused(reason)) => {
                    // Each message by itself shows which one it is about.
                    tracing::debug!(stream = self.options.stream, reason, "an atomic batch was refused");
                    return Batch::Singly;
                }
                Err(Verdict::Incomplete) => ("a part of the batch was lost".to_owned(), true),
                Err(Verdict::Again(reason)) => (reason, true),
                Err(Verdict::InDoubt(reason)) => {
                    in_doubt = true;
                    (reason, false)
                }
            };
            if self.is_over(deadline) {
                return Batch::GivenUp(Failure::given_up(&reason, in_doubt));
            }
            if patient {
                self.pause().await;
            }
        }
    }

    async fn attempt(&mut self, messages: &[&Message]) -> Result<u64, Verdict> {
        if !self.link.ready().await {
            return Err(Verdict::Again("there is no connection".into()));
        }
        let mut connections = self.link.connections();
        let Some(sent) = self.link.clone().in_time(self.send_batch(messages)).await else {
            // Without its last message a batch is not stored.
            return Err(Verdict::Again("the batch could not be sent in time".into()));
        };
        tokio::select! {
            biased;
            answer = sent?.into_future() => match answer {
                Ok(ack) => Ok(ack.sequence),
                Err(error) => Err(Verdict::of(&error)),
            },
            _ = connections.changed() => {
                Err(Verdict::InDoubt("the connection was lost before the batch was acknowledged".into()))
            }
        }
    }

    /// Sends all of a batch; only its last message is answered.
    async fn send_batch(&mut self, messages: &[&Message]) -> Result<PublishAckFuture, Verdict> {
        // A batch that is sent again is another one: the server may still wait for the rest of the first.
        self.batches += 1;
        let id = HeaderValue::from(format!("{}.{}", self.options.session, self.batches));
        let Some((commit, others)) = messages.split_last() else {
            return Err(Verdict::Refused("an empty batch".into()));
        };
        let headers = |message: &Message, before: usize| {
            let mut headers = message.headers.clone();
            headers.insert("Nats-Batch-Id", id.clone());
            headers.insert("Nats-Batch-Sequence", HeaderValue::from(before as u64 + 1));
            headers
        };
        for (before, message) in others.iter().enumerate() {
            let (subject, payload) = (message.subject.clone(), message.payload.clone());
            let sent = self.link.client.publish_with_headers(subject, headers(message, before), payload);
            sent.await.map_err(|error| Verdict::Again(error.to_string()))?;
        }
        let mut headers = headers(commit, others.len());
        headers.insert("Nats-Batch-Commit", "1");
        let (subject, payload) = (commit.subject.clone(), commit.payload.clone());
        let sent = self.link.jetstream.publish_with_headers(subject, headers, payload).await;
        sent.map_err(|error| Verdict::of(&error))
    }
}

/// How many of these fit into one batch, which takes an id once; at least one.
fn fitting<'m>(messages: impl Iterator<Item = &'m Message>) -> usize {
    let (mut bytes, mut ids) = (0, HashSet::new());
    let fits = |message: &'m Message| {
        bytes += message.payload.len();
        bytes <= BATCH_BYTES && ids.insert(&*message.id)
    };
    messages.take(BATCH).map(fits).take_while(|fits| *fits).count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: usize, bytes: usize) -> Message {
        Message {
            key: "key".into(),
            id: id.to_string().into(),
            subject: "subject".into(),
            headers: async_nats::HeaderMap::new(),
            payload: vec![0; bytes].into(),
        }
    }

    #[test]
    fn batches_have_bounds() {
        let fits = |bytes: usize, count: usize| {
            let messages: Vec<_> = (0..count).map(|id| message(id, bytes)).collect();
            fitting(messages.iter())
        };
        assert_eq!(fits(0, BATCH + 1), BATCH);
        assert_eq!(fits(BATCH_BYTES / 2, 3), 2);
        assert_eq!(fits(BATCH_BYTES + 1, 1), 1);
    }

    #[test]
    fn a_batch_has_an_id_once() {
        let messages = [1, 2, 1, 3].map(|id| message(id, 0));
        assert_eq!(fitting(messages.iter()), 2);
    }
}
