//! One replica's share of some work: a member of a consumer group.
//!
//! The work's topic has a partition for each part and carries nothing; Kafka's group protocol says who has which
//! partition. A thread polls the client, so that the member counts as alive whatever its replica is busy with.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use async_trait::async_trait;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::asker::setting_refused;
use super::bus::Shared;
use super::rebalance::{Handing, Rebalance};
use super::{client, failure, topics};
use crate::{BusError, Change, Class, Share};

/// Words of the replica are heard within this time.
const LOOK: Duration = Duration::from_millis(50);

/// One replica's share. Dropping it leaves the group.
#[derive(Debug)]
pub(super) struct Member {
    changes: UnboundedReceiver<Result<Change, BusError>>,
    words: mpsc::Sender<u16>,
}

/// Joins the group that shares this work.
pub(super) fn join(shared: &Arc<Shared>, work: &str) -> Result<Member, BusError> {
    let config = &shared.config;
    let topic = topics::work(&config.prefix, work);
    let lease = config.lease.as_millis();
    let mut settings = client::settings(config)?;
    settings
        // Not the name of a consumer's group: positions are not kept in a group with members.
        .set("group.id", &topic)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        // Other parts go on being worked on while one moves.
        .set("partition.assignment.strategy", "cooperative-sticky")
        .set("session.timeout.ms", lease.to_string())
        // A member that does not take part in a rebalance in this time is out.
        .set("max.poll.interval.ms", lease.to_string())
        .set("heartbeat.interval.ms", (lease / 6).clamp(100, 1_000).to_string());
    let (told, changes) = unbounded_channel();
    let client: BaseConsumer<Rebalance> = settings
        .create_with_context(Rebalance::new(told.clone()))
        .map_err(|error| setting_refused(&shared.server, &error))?;
    client
        .subscribe(&[&topic])
        .map_err(|error| failure::refused(&shared.server, format!("joining group {topic}"), &error))?;
    let (words, heard) = mpsc::channel();
    // Nothing that holds the bus: a thread must not be the last to let go of it.
    let attendance = Attendance {
        client,
        topic,
        server: shared.server.clone(),
        lease: config.lease,
        closed: shared.closed.clone(),
        told,
    };
    std::thread::Builder::new()
        .name("kafka-share".into())
        .spawn(move || attendance.run(&heard))
        .map_err(|source| BusError::Io { what: "starting a thread for", path: work.into(), source })?;
    Ok(Member { changes, words })
}

#[async_trait]
impl Share for Member {
    async fn change(&mut self) -> Result<Change, BusError> {
        self.changes.recv().await.unwrap_or(Err(BusError::Closed))
    }

    async fn release(&mut self, part: u16) -> Result<(), BusError> {
        self.words.send(part).map_err(|_| BusError::Closed)
    }
}

/// The thread that takes part in the group.
struct Attendance {
    client: BaseConsumer<Rebalance>,
    topic: String,
    server: String,
    lease: Duration,
    closed: CancellationToken,
    told: UnboundedSender<Result<Change, BusError>>,
}

impl Attendance {
    fn run(self, heard: &mpsc::Receiver<u16>) {
        loop {
            if let Some(Err(error)) = self.client.poll(LOOK)
                && self.fails(&error)
            {
                break;
            }
            let gone = loop {
                match heard.try_recv() {
                    Ok(part) => match self.client.context().released(&self.client, part) {
                        Handing::Done => {}
                        Handing::Held => self.rejoin(),
                    },
                    Err(mpsc::TryRecvError::Empty) => break false,
                    Err(mpsc::TryRecvError::Disconnected) => break true,
                }
            };
            if gone || self.closed.is_cancelled() {
                break;
            }
            self.client.context().look(&self.client, self.lease);
        }
        // Dropping the client leaves the group; nobody is waited for then.
        self.client.context().leave(&self.client);
    }

    /// Whether the group cannot be a member's any more; everything else librdkafka tries again by itself.
    fn fails(&self, error: &KafkaError) -> bool {
        let what = format!("sharing by group {}", self.topic);
        let failed = failure::refused(&self.server, what, error);
        let fatal = error.rdkafka_error_code() == Some(RDKafkaErrorCode::Fatal);
        if failed.class() != Class::Permanent && !fatal {
            tracing::debug!(topic = self.topic, %error, "the group is joined again when it can be");
            return false;
        }
        self.client.context().lose_all(&self.client);
        // A replica that has gone away does not hear it.
        let _ = self.told.send(Err(failed));
        true
    }

    /// Kafka has no way to give a single part back: the member leaves with everything and joins anew.
    fn rejoin(&self) {
        self.client.unsubscribe();
        if let Err(error) = self.client.subscribe(&[&self.topic]) {
            let what = format!("joining group {} again", self.topic);
            let _ = self.told.send(Err(failure::refused(&self.server, what, &error)));
        }
    }
}
