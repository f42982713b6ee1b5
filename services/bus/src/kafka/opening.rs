//! Opens a reader where it is to begin.

use std::sync::Arc;

use model::Stream;
use rdkafka::consumer::{Consumer, StreamConsumer};
use rdkafka::error::KafkaError;
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use super::asker::{beside, setting_refused};
use super::bus::Shared;
use super::client::{self, EndsAside, Listener};
use super::positions::Keeper;
use super::reader::Reader;
use super::{Config, failure};
use crate::{BusError, Start};

/// Opens the named consumer of a stream.
pub(super) async fn open(
    shared: &Arc<Shared>,
    stream: Stream,
    consumer: &str,
    start: Start,
) -> Result<Reader, BusError> {
    let position = shared.positions.of(stream, consumer);
    // What was acknowledged under this name is kept before it is asked for.
    position.settled().await;
    let settings = settings(&shared.config, consumer)?;
    let (own, topic) = (shared.clone(), shared.topic(stream));
    let asks = !matches!(start, Start::After(_));
    let (client, stored) = beside(move || {
        let client: StreamConsumer<Listener> = settings
            .create_with_context(Listener::new("reader"))
            .map_err(|error| setting_refused(&own.server, &error))?;
        let stored = if asks { committed(&own, &client, &topic)? } else { None };
        Ok((client, stored))
    })
    .await?;
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
    let keeper = Keeper {
        client: Arc::new(EndsAside::new(client)),
        server: shared.server.as_str().into(),
        topic: shared.topic(stream).into(),
    };
    let acknowledged = if asks { stored.unwrap_or(0) } else { 0 };
    // A position that lies ahead must not hide what is published until it is reached.
    let mut reader =
        Reader::new(shared.clone(), keeper, position, stream, consumer, behind.min(newest), acknowledged);
    reader.place(newest, oldest)?;
    Ok(reader)
}

/// Settings of a client that reads. It is in its group only for the positions kept there.
pub(super) fn settings(config: &Config, consumer: &str) -> Result<ClientConfig, BusError> {
    let mut settings = client::settings(config)?;
    let largest = config.max_message_bytes().max(1 << 20).to_string();
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
        .set("group.id", format!("{}.{consumer}", config.prefix))
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        // Nothing is skipped silently.
        .set("auto.offset.reset", "error");
    Ok(settings)
}

/// The position that is kept under the client's group.
fn committed(
    shared: &Shared,
    client: &StreamConsumer<Listener>,
    topic: &str,
) -> Result<Option<u64>, BusError> {
    let ask = || -> Result<Offset, KafkaError> {
        let mut list = TopicPartitionList::new();
        list.add_partition(topic, 0);
        let kept = client.committed_offsets(list, shared.config.connect_timeout)?;
        let found = kept.find_partition(topic, 0);
        found.map_or(Ok(Offset::Invalid), |element| element.error().map(|()| element.offset()))
    };
    let kept = ask().map_err(|error| {
        failure::refused(&shared.server, format!("asking for a kept position of {topic}"), &error)
    })?;
    match kept {
        Offset::Offset(offset) => Ok(u64::try_from(offset).ok()),
        Offset::Beginning | Offset::End | Offset::Stored | Offset::Invalid | Offset::OffsetTail(_) => Ok(None),
    }
}
