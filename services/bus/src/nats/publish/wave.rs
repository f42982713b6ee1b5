//! Messages of different keys, all at once.

use async_nats::jetstream::context::PublishErrorKind;
use futures_util::FutureExt;
use tokio::time::Instant;

use super::Message;
use super::sender::Sender;
use super::verdict::{Failure, Verdict};

impl Sender {
    /// Sends these messages at once, each again until it is stored or refused. No two have the same key, so in which
    /// order they arrive does not matter.
    pub(super) async fn wave(
        &mut self,
        messages: &[Message],
        mut places: Vec<usize>,
        answers: &mut [Option<Result<u64, Failure>>],
    ) {
        let deadline = Instant::now() + self.options.retry_for;
        let mut in_doubt = vec![false; messages.len()];
        loop {
            let (begun, count) = (Instant::now(), places.len());
            let mut failed: Vec<(usize, Verdict)> = Vec::new();
            for (place, answer) in self.attempt(messages, &places).await {
                match answer {
                    Ok(position) => answers[place] = Some(Ok(position)),
                    Err(verdict) => failed.push((place, verdict)),
                }
            }
            if failed.is_empty() {
                self.pace.took_wave(count, begun.elapsed());
                return;
            }
            let over = self.is_over(deadline);
            let mut patient = true;
            places.clear();
            for (place, verdict) in failed {
                let reason = match verdict {
                    Verdict::Refused(reason) => {
                        answers[place] = Some(Err(Failure::refused(&reason)));
                        continue;
                    }
                    Verdict::InDoubt(reason) => {
                        in_doubt[place] = true;
                        patient = false;
                        reason
                    }
                    Verdict::Again(reason) => reason,
                    // Answers to batches only.
                    Verdict::Duplicates | Verdict::Incomplete => "an answer to a batch".into(),
                };
                answers[place] = over.then(|| Err(Failure::given_up(&reason, in_doubt[place])));
                places.push(place);
            }
            if over || places.is_empty() {
                return;
            }
            if patient {
                self.pause().await;
            }
        }
    }

    async fn attempt(&self, messages: &[Message], places: &[usize]) -> Vec<(usize, Result<u64, Verdict>)> {
        let mut answers = Vec::with_capacity(places.len());
        // Nothing is put on a connection that is not there: what is known not to be sent was not stored.
        let mut stuck = !self.link.ready().await;
        let mut connections = self.link.connections();
        let mut sent = Vec::with_capacity(places.len());
        for place in places {
            if stuck {
                answers.push((*place, Err(Verdict::Again("there is no connection".into()))));
                continue;
            }
            let message = &messages[*place];
            let (subject, headers) = (message.subject.clone(), message.headers.clone());
            let ack =
                self.link.jetstream.publish_with_headers(subject, headers, message.payload.clone()).await;
            stuck = ack.as_ref().is_err_and(|error| error.kind() == PublishErrorKind::TimedOut);
            sent.push((*place, ack));
        }
        let mut lost = false;
        for (place, ack) in sent {
            let mut ack = match ack {
                Ok(ack) => ack.into_future(),
                Err(error) => {
                    answers.push((place, Err(Verdict::of(&error))));
                    continue;
                }
            };
            let answer = if lost {
                ack.now_or_never()
            } else {
                tokio::select! {
                    biased;
                    answer = &mut ack => Some(answer),
                    _ = connections.changed() => {
                        lost = true;
                        None
                    }
                }
            };
            let answer = match answer {
                Some(Ok(ack)) => Ok(ack.sequence),
                Some(Err(error)) => Err(Verdict::of(&error)),
                None => Err(Verdict::InDoubt("the connection was lost before it was acknowledged".into())),
            };
            answers.push((place, answer));
        }
        answers
    }
}
