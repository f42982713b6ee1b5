//! Opens a reader where it is to begin.

use std::sync::Arc;

use model::Stream;
use rdkafka::ClientConfig;
use rdkafka::consumer::StreamConsumer;

use super::asker::{beside, setting_refused};
use super::bus::Shared;
use super::client::{self, EndsAside, Listener};
use super::reader::Reader;
use super::{Config, group};
use crate::{BusError, Start};

/// Opens the named consumer of a stream.
pub(super) async fn open(
    shared: &Arc<Shared>,
    stream: Stream,
    consumer: &str,
    start: Start,
) -> Result<Reader, BusError> {
    let position = shared.positions.of(&shared.config, stream, consumer)?;
    // What was acknowledged under this name is kept before it is asked for.
    position.settled().await;
    let stored = match start {
        Start::After(_) => None,
        Start::Oldest | Start::Newest => {
            let position = position.clone();
            beside(move || position.kept()).await?
        }
    };
    let client: StreamConsumer<Listener> = settings(&shared.config, consumer)?
        .create_with_context(Listener::new("reader"))
        .map_err(|error| setting_refused(&shared.server, &error))?;
    let (newest, oldest) = shared.reach(stream).await?;
    let behind = match (start, stored) {
        (Start::After(position), _) => position.0,
        (_, Some(stored)) => stored,
        (Start::Oldest, None) => oldest - 1,
        (Start::Newest, None) => newest,
    };
    if behind > newest {
        tracing::warn!(stream = stream.name(), consumer, behind, newest, "position ahead of the stream");
    }
    let client = EndsAside::new(client);
    // A position that lies ahead must not hide what is published until it is reached.
    let behind = behind.min(newest);
    let acknowledged = stored.unwrap_or(0);
    let mut reader = Reader::new(shared.clone(), client, position, (stream, consumer), behind, acknowledged);
    reader.place(newest, oldest)?;
    Ok(reader)
}

/// Settings of a client that reads. It needs a group's name and does nothing with it.
pub(super) fn settings(config: &Config, consumer: &str) -> Result<ClientConfig, BusError> {
    let mut settings = client::settings(config)?;
    let largest = config.max_message_bytes().to_string();
    let defaults = [
        // What a reader that does not read holds in memory.
        ("queued.max.messages.kbytes", "16384"),
        ("fetch.message.max.bytes", &largest),
        // A reader whose queue was full goes on at once.
        ("fetch.queue.backoff.ms", "10"),
    ];
    for (name, value) in defaults.into_iter().filter(|(name, _)| !config.properties.contains_key(*name)) {
        settings.set(name, value);
    }
    settings
        .set("group.id", group::name(config, consumer))
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        // Nothing is skipped silently.
        .set("auto.offset.reset", "error");
    Ok(settings)
}
