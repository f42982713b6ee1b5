//! Asks the cluster what there is.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::metadata::Metadata;

use super::Config;
use super::client::{self, Listener};
use super::failure;
use crate::BusError;

/// A client that neither reads nor writes. Its questions block, so they run beside the runtime.
#[derive(Clone)]
pub(super) struct Asker {
    client: Arc<BaseConsumer<Listener>>,
    server: Arc<str>,
    timeout: Duration,
}

impl std::fmt::Debug for Asker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asker").field("server", &self.server).finish_non_exhaustive()
    }
}

/// What may be asked again is asked again after this.
const AGAIN: Duration = Duration::from_millis(100);
/// Between two attempts to reach the cluster its complaints are looked through.
const LOOK: Duration = Duration::from_millis(250);

impl Asker {
    pub(super) fn new(config: &Config) -> Result<Self, BusError> {
        let server: Arc<str> = config.server().into();
        let client = client::settings(config)?
            .create_with_context(Listener::new("asker"))
            .map_err(|error| setting_refused(&server, &error))?;
        Ok(Self { client: Arc::new(client), server, timeout: config.connect_timeout })
    }

    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// Waits until a broker answers.
    ///
    /// # Errors
    /// [`BusError::Broker`] after `connect_timeout`, with the reason that librdkafka gives; at once where the login
    /// or the certificate is refused.
    pub(super) async fn reach(&self) -> Result<(), BusError> {
        let asker = self.clone();
        beside(move || {
            let end = Instant::now() + asker.timeout;
            let mut complaint: Option<(RDKafkaErrorCode, String)> = None;
            loop {
                let answer = asker.client.fetch_metadata(None, LOOK);
                let Err(error) = answer else { return Ok(()) };
                // Complaints reach the listener when the client is polled.
                client::attend(&asker.client);
                complaint = match (asker.client.client().context().complaint(), complaint) {
                    // That all brokers are down follows the reason why they are.
                    (Some((RDKafkaErrorCode::AllBrokersDown, _)) | None, Some(before)) => Some(before),
                    (now, _) => now,
                };
                let hopeless =
                    matches!(&complaint, Some((RDKafkaErrorCode::Authentication | RDKafkaErrorCode::SSL, _)));
                if hopeless || Instant::now() >= end {
                    return Err(match complaint {
                        Some((code, reason)) => {
                            failure::complaint(&asker.server, "connecting", code, &reason)
                        }
                        None => failure::refused(&asker.server, "connecting", &error),
                    });
                }
            }
        })
        .await
    }

    /// The client, for as long as it is there.
    pub(super) fn client(&self) -> Weak<BaseConsumer<Listener>> {
        Arc::downgrade(&self.client)
    }

    /// Every topic that there is.
    pub(super) async fn metadata(&self) -> Result<Metadata, BusError> {
        let asker = self.clone();
        beside(move || {
            let answer = patiently(asker.timeout, |left| asker.client.fetch_metadata(None, left));
            answer.map_err(|error| failure::refused(&asker.server, "asking for topics", &error))
        })
        .await
    }

    /// The first offset that is kept, and the one that the next record will get.
    pub(super) async fn watermarks(&self, topic: &str, partition: i32) -> Result<(u64, u64), BusError> {
        let (asker, topic) = (self.clone(), topic.to_owned());
        beside(move || {
            let answer =
                patiently(asker.timeout, |left| asker.client.fetch_watermarks(&topic, partition, left));
            let (low, high) = answer.map_err(|error| {
                failure::refused(&asker.server, format!("asking for positions of topic {topic}"), &error)
            })?;
            Ok((u64::try_from(low).unwrap_or(0), u64::try_from(high).unwrap_or(0)))
        })
        .await
    }
}

/// Asks until there is an answer, it is refused for good, or the time is over. A partition whose leader has just been
/// chosen, or a group whose coordinator was, is not known to everybody at once. Blocks.
pub(super) fn patiently<T>(
    patience: Duration,
    ask: impl Fn(Duration) -> Result<T, KafkaError>,
) -> Result<T, KafkaError> {
    let end = Instant::now() + patience;
    loop {
        // The last attempt gets some time, too.
        let left = end.saturating_duration_since(Instant::now()).max(AGAIN);
        match ask(left) {
            Err(error) if !failure::is_final(&error) && Instant::now() + AGAIN < end => {
                std::thread::sleep(AGAIN)
            }
            answer => return answer,
        }
    }
}

/// What blocks runs on a thread of its own.
pub(super) async fn beside<T: Send + 'static>(
    block: impl FnOnce() -> Result<T, BusError> + Send + 'static,
) -> Result<T, BusError> {
    // Fails only where the runtime is going away.
    tokio::task::spawn_blocking(block).await.unwrap_or(Err(BusError::Closed))
}

/// librdkafka refuses what it cannot read before it connects: a bad certificate, an unknown property.
pub(super) fn setting_refused(server: &str, error: &KafkaError) -> BusError {
    BusError::Config(format!("{server}: {error}"))
}
