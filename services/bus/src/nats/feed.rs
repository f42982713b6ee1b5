//! Messages of a stream in their order, from some position on.

use std::time::Duration;

use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::watch;

use super::link::{AGAIN, Link};
use crate::BusError;

/// How many messages are asked for at once.
const AHEAD: usize = 500;
/// The server says that it is still there at least this often.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long the server keeps a consumer that nobody asks.
const INACTIVE: Duration = Duration::from_secs(60);

/// A message and where it stands.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) sequence: u64,
    /// How many more there were when it was sent.
    pub(super) pending: u64,
    pub(super) message: Message,
}

/// What is read.
#[derive(Debug, Clone)]
pub(super) struct Source {
    /// The JetStream stream.
    pub(super) stream: String,
    /// Of these subjects; of all where there are none.
    pub(super) subjects: Vec<String>,
}

/// Messages of a stream in their order. The consumer at the server is a throw-away one: whenever it, the connection
/// or a message is lost, another one goes on where this one was.
pub(super) struct Feed {
    link: Link,
    source: Source,
    /// The position from which to read on.
    next: u64,
    connections: watch::Receiver<u64>,
    state: State,
}

enum State {
    /// A future of its own, because a read that is given up must not start all over again.
    Opening(BoxFuture<'static, Result<pull::Stream, BusError>>),
    Open {
        messages: Box<pull::Stream>,
        /// How many were delivered.
        delivered: u64,
    },
}

impl Feed {
    pub(super) fn new(link: &Link, source: Source, from: u64) -> Self {
        let state = State::Opening(open(link.clone(), source.clone(), from, Duration::ZERO).boxed());
        Self { link: link.clone(), source, next: from, connections: link.connections(), state }
    }

    /// Waits for the next message; a wait that is abandoned loses nothing. A position that lies behind the end is
    /// passed over: what comes then has a smaller one.
    ///
    /// # Errors
    /// Where the server is there and refuses to be read, and after the bus was closed.
    pub(super) async fn next(&mut self) -> Result<Found, BusError> {
        loop {
            if self.link.closed.is_cancelled() {
                return Err(BusError::Closed);
            }
            match &mut self.state {
                State::Opening(opening) => {
                    let opened = tokio::select! {
                        opened = opening => opened,
                        () = self.link.closed.cancelled() => return Err(BusError::Closed),
                    };
                    match opened {
                        Ok(messages) => {
                            self.connections = self.link.connections();
                            self.state = State::Open { messages: Box::new(messages), delivered: 0 };
                        }
                        Err(error) => {
                            self.reopen(AGAIN);
                            if self.link.is_connected() {
                                return Err(error);
                            }
                        }
                    }
                }
                State::Open { messages, delivered } => {
                    let message = tokio::select! {
                        biased;
                        message = messages.next() => message,
                        _ = self.connections.changed() => {
                            self.reopen(Duration::ZERO);
                            continue;
                        }
                        () = self.link.closed.cancelled() => return Err(BusError::Closed),
                    };
                    match message.map(|message| found(message, delivered)) {
                        Some(Ok(Some(found))) => {
                            self.next = found.sequence + 1;
                            return Ok(found);
                        }
                        Some(Ok(None)) => self.reopen(Duration::ZERO),
                        Some(Err(reason)) => {
                            tracing::debug!(stream = self.source.stream, reason, "reading anew");
                            self.reopen(AGAIN);
                        }
                        None => self.reopen(AGAIN),
                    }
                }
            }
        }
    }

    /// The next message, if it has arrived already.
    pub(super) fn next_ready(&mut self) -> Option<Found> {
        let State::Open { .. } = self.state else { return None };
        self.next().now_or_never()?.ok()
    }

    /// Refuses what comes after the end.
    pub(super) fn check(&self) -> Result<(), BusError> {
        if self.link.closed.is_cancelled() { Err(BusError::Closed) } else { Ok(()) }
    }

    /// Reads from this position on.
    pub(super) fn rewind(&mut self, to: u64) {
        self.next = to;
        self.reopen(Duration::ZERO);
    }

    fn reopen(&mut self, pause: Duration) {
        self.state = State::Opening(open(self.link.clone(), self.source.clone(), self.next, pause).boxed());
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("source", &self.source).field("next", &self.next).finish_non_exhaustive()
    }
}

/// The message, or nothing where one before it was lost on its way.
fn found(
    message: Result<Message, pull::MessagesError>,
    delivered: &mut u64,
) -> Result<Option<Found>, String> {
    let message = message.map_err(|error| error.to_string())?;
    let info = message.info().map_err(|error| error.to_string())?;
    let (sequence, pending, place) = (info.stream_sequence, info.pending, info.consumer_sequence);
    *delivered += 1;
    Ok((place == *delivered).then_some(Found { sequence, pending, message }))
}

async fn open(link: Link, source: Source, from: u64, pause: Duration) -> Result<pull::Stream, BusError> {
    tokio::time::sleep(pause).await;
    let what = format!("reading stream {}", source.stream);
    let config = pull::Config {
        deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: from.max(1) },
        ack_policy: AckPolicy::None,
        inactive_threshold: INACTIVE,
        memory_storage: true,
        num_replicas: 1,
        filter_subjects: source.subjects,
        ..pull::Config::default()
    };
    let consumer = link.jetstream.create_consumer_on_stream(config, source.stream).await;
    let consumer = consumer.map_err(|error| link.transient(&what, &error))?;
    let messages = consumer.stream().max_messages_per_batch(AHEAD).heartbeat(HEARTBEAT).messages().await;
    messages.map_err(|error| link.transient(&what, &error))
}
