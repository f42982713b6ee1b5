//! Posts each question whether an instance may be moved to whoever is configured to answer. An answer counts once it
//! stands on stream `commands`, as every operator's does.

mod exchange;

use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, Record};
use model::{OperatorCommand, Stream, Timestamp};
use placement::Question;
use runtime::access::TokenError;
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock::Clock;
use crate::config::WebhookConfig;
use exchange::{Client, Reply};

/// Questions that may wait to be posted. What finds no room is answered by other ways, or asked again after it has expired.
const WAITING: usize = 4_096;
/// How many are posted at a time.
const TOGETHER: usize = 16;
/// The pause before the second attempt; it doubles, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Who answers, for the record.
const BY: &str = "webhook";
/// The namespace of the ids of such commands: the same answer to the same question is the same command.
const ANSWERS: Uuid = Uuid::from_u128(0x71c2_09d4_5a4e_5d0f_8b57_4544_4745_524f);

/// Why nothing can be posted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// There is no client.
    #[error("decider.confirmation_webhook.url: {0}")]
    Client(String),
    /// The token cannot be read.
    #[error(transparent)]
    Token(#[from] TokenError),
}

/// Where questions go. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Webhook(mpsc::Sender<Question>);

impl Webhook {
    /// Starts to post what comes, until `stop`.
    ///
    /// # Errors
    /// [`WebhookError`] names the setting that is wrong. Whether anybody listens does not matter.
    pub(crate) fn start(
        config: &WebhookConfig,
        bus: Arc<dyn Bus>,
        clock: Clock,
        stop: CancellationToken,
    ) -> Result<Self, WebhookError> {
        let (questions, waiting) = mpsc::channel(WAITING);
        let post = Post { client: Client::new(config)?, bus, clock, stop };
        tokio::spawn(post.run(waiting));
        Ok(Self(questions))
    }

    /// Posts a question soon. Never waits.
    pub(crate) fn ask(&self, question: Question) {
        if self.0.try_send(question).is_err() {
            tracing::warn!("too many questions wait for the confirmation webhook: one is not posted");
        }
    }
}

#[derive(Clone)]
struct Post {
    client: Client,
    bus: Arc<dyn Bus>,
    clock: Clock,
    stop: CancellationToken,
}

impl Post {
    async fn run(self, mut waiting: mpsc::Receiver<Question>) {
        let mut posting = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                Some(_) = posting.join_next() => {}
                question = waiting.recv(), if posting.len() < TOGETHER => match question {
                    Some(question) => drop(posting.spawn(self.clone().settle(question))),
                    None => return,
                },
            }
        }
    }

    /// Posts a question until somebody has it, or it is open no longer.
    async fn settle(self, question: Question) {
        let mut pause = FIRST_PAUSE;
        while (self.clock)() < question.expires {
            match self.client.post(&question).await {
                Ok(Reply::Later) => return,
                Ok(Reply::Now { agrees }) => {
                    match self.put(answer(&question, agrees, (self.clock)())).await {
                        Ok(()) => return,
                        Err(error) => tracing::warn!(%error, "cannot put an answer on stream commands yet"),
                    }
                }
                Err(reason) => {
                    tracing::warn!(relocation = %question.relocation, %reason, "the confirmation webhook failed");
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn put(&self, command: OperatorCommand) -> Result<(), bus::BusError> {
        // A struct of strings and numbers always serialises.
        let data = serde_json::to_vec(&command).unwrap_or_default().into();
        let id = Some(command.id.to_string().into());
        let record = Record { key: command.ask.key().into(), id, data };
        self.bus.publish(Stream::Commands, vec![record]).await.map(drop)
    }
}

fn answer(question: &Question, agrees: bool, at: Timestamp) -> OperatorCommand {
    let Question { relocation, to, since, .. } = question;
    let name = format!("{relocation} {to} {} {agrees}", since.as_micros());
    let ask = question.clone().answered(agrees);
    OperatorCommand { id: Uuid::new_v5(&ANSWERS, name.as_bytes()), at, by: BY.into(), reason: None, ask }
}
