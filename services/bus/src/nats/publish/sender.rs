//! Sends one group after the other.

use std::collections::HashMap;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::batch::Batch;
use super::pace::Pace;
use super::verdict::Failure;
use super::{Message, Options};
use crate::Class;
use crate::nats::link::{AGAIN, Link};

/// The server takes no more messages in one atomic batch, unless it is configured to.
const BATCH: usize = 1_000;
/// No more bytes in one batch: what a server has to take in one go.
const BATCH_BYTES: usize = 4 << 20;

/// Sends one group after the other.
#[derive(Debug)]
pub(super) struct Sender {
    pub(super) link: Link,
    pub(super) options: Options,
    pub(super) pace: Pace,
    /// How many batches there were.
    pub(super) batches: u64,
    closing: CancellationToken,
}

impl Sender {
    pub(super) fn new(link: Link, options: Options, closing: CancellationToken) -> Self {
        Self { link, options, pace: Pace::default(), batches: 0, closing }
    }

    /// Returns what became of each message, once all of it is known or given up.
    pub(super) async fn send(&mut self, messages: &[Message]) -> Vec<Result<u64, Failure>> {
        let mut answers = Vec::with_capacity(messages.len());
        let mut rest = messages;
        while !rest.is_empty() {
            let (chunk, behind) = rest.split_at(fitting(rest));
            answers.extend(self.send_chunk(chunk).await);
            rest = behind;
            if answers.iter().any(is_given_up) {
                // What lies behind it must not come before it.
                answers.resize(messages.len(), unsent());
                break;
            }
        }
        answers
    }

    async fn send_chunk(&mut self, chunk: &[Message]) -> Vec<Result<u64, Failure>> {
        let waves = waves(chunk);
        if chunk.len() > 1 && self.options.atomic && self.pace.prefers_batch(chunk.len(), waves.len()) {
            match self.batch(chunk).await {
                Batch::Stored { last } => {
                    let first = last + 1 - chunk.len() as u64;
                    return (first..=last).map(Ok).collect();
                }
                Batch::GivenUp(failure) => return vec![Err(failure); chunk.len()],
                Batch::Singly => {}
            }
        }
        let mut answers = vec![None; chunk.len()];
        for wave in waves {
            self.wave(chunk, wave, &mut answers).await;
            if answers.iter().flatten().any(is_given_up) {
                break;
            }
        }
        answers.into_iter().map(|answer| answer.unwrap_or_else(unsent)).collect()
    }

    /// Whether to stop trying: time is up, or the bus is being closed.
    pub(super) fn is_over(&self, deadline: Instant) -> bool {
        Instant::now() >= deadline || self.closing.is_cancelled()
    }

    /// Waits a little, unless the bus is being closed.
    pub(super) async fn pause(&self) {
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            () = self.closing.cancelled() => {}
        }
    }
}

/// Whether a message's fate was not known when time was up.
fn is_given_up(answer: &Result<u64, Failure>) -> bool {
    answer.as_ref().is_err_and(|failure| failure.class != Class::Permanent)
}

fn unsent() -> Result<u64, Failure> {
    Err(Failure::given_up("it was not sent, because one before it was not stored in time", false))
}

/// How many messages fit into one batch; at least one.
fn fitting(messages: &[Message]) -> usize {
    let mut bytes = 0;
    let fit = |message: &&Message| {
        bytes += message.payload.len();
        bytes <= BATCH_BYTES
    };
    messages.iter().take(BATCH).take_while(fit).count().max(1)
}

/// The places of the first messages of all keys, then of the second ones, and so on.
fn waves(messages: &[Message]) -> Vec<Vec<usize>> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut waves: Vec<Vec<usize>> = Vec::new();
    for (place, message) in messages.iter().enumerate() {
        let wave = seen.entry(&message.key).or_default();
        if waves.len() == *wave {
            waves.push(Vec::new());
        }
        waves[*wave].push(place);
        *wave += 1;
    }
    waves
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(key: &str, bytes: usize) -> Message {
        Message {
            key: key.into(),
            id: "id".into(),
            subject: "subject".into(),
            headers: async_nats::HeaderMap::new(),
            payload: vec![0; bytes].into(),
        }
    }

    #[test]
    fn a_wave_has_one_message_of_a_key_and_waves_keep_order() {
        let messages: Vec<_> = ["a", "b", "a", "c", "a", "b"].map(|key| message(key, 0)).into();
        assert_eq!(waves(&messages), [vec![0, 1, 3], vec![2, 5], vec![4]]);
    }

    #[test]
    fn batches_have_bounds() {
        assert_eq!(fitting(&vec![message("a", 0); BATCH + 1]), BATCH);
        assert_eq!(fitting(&vec![message("a", BATCH_BYTES / 2); 3]), 2);
        assert_eq!(fitting(&[message("a", BATCH_BYTES + 1)]), 1);
    }
}
