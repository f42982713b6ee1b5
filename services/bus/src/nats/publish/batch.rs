//! Messages that are stored all or none.

use async_nats::header::HeaderValue;
use async_nats::jetstream::context::PublishAckFuture;
use tokio::time::Instant;

use super::Message;
use super::sender::Sender;
use super::verdict::{Failure, Verdict};

/// What became of a batch.
#[derive(Debug)]
pub(super) enum Batch {
    /// All of it is stored, the last message here and the others right before it.
    Stored {
        /// Position of the last message.
        last: u64,
    },
    /// None of it is stored, or it was stored before; each message has to be asked for by itself.
    Singly,
    GivenUp(Failure),
}

impl Sender {
    /// Sends these messages as one atomic batch, again until it is stored or refused. A batch that was stored though
    /// its answer was lost is refused when it is sent again: its messages are duplicates then.
    pub(super) async fn batch(&mut self, messages: &[Message]) -> Batch {
        let deadline = Instant::now() + self.options.retry_for;
        let mut in_doubt = false;
        loop {
            let begun = Instant::now();
            let (reason, patient) = match self.attempt_batch(messages).await {
                Ok(last) => {
                    self.pace.took_batch(messages.len(), begun.elapsed());
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

    async fn attempt_batch(&mut self, messages: &[Message]) -> Result<u64, Verdict> {
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
    async fn send_batch(&mut self, messages: &[Message]) -> Result<PublishAckFuture, Verdict> {
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
