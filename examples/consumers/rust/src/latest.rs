//! The last state of every instance, for whoever joins late.

use anyhow::Context as _;
use async_nats::jetstream::Context;
use async_nats::jetstream::consumer::pull::OrderedConfig;
use futures_util::StreamExt as _;

use crate::event::Event;
use crate::ledger::Ledger;

/// The stream that keeps the last event of every instance and site.
const STREAM: &str = "EDGEROAM_EVENTS_LATEST";

/// Shows the last state of every instance, in no order.
pub(crate) async fn show(jetstream: &Context) -> anyhow::Result<()> {
    let stream = jetstream.get_stream(STREAM).await.with_context(|| format!("stream {STREAM}"))?;
    let config =
        OrderedConfig { filter_subject: "edgeroam.v1.instance.>".into(), ..OrderedConfig::default() };
    let consumer = stream.create_consumer(config).await.with_context(|| format!("reading {STREAM}"))?;
    if consumer.cached_info().num_pending == 0 {
        return Ok(());
    }
    let mut messages = consumer.messages().await?;
    while let Some(message) = messages.next().await {
        let message = message.with_context(|| format!("reading {STREAM}"))?;
        if let Some(event) = Event::of(&message.message) {
            Ledger::state(&event)?;
        }
        if message.info().map_err(anyhow::Error::from_boxed)?.pending == 0 {
            return Ok(());
        }
    }
    anyhow::bail!("stream {STREAM} ended before its last message")
}
