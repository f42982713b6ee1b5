//! A bare client of JetStream.

use std::time::Instant;

use anyhow::Context as _;
use async_nats::jetstream::{self, stream};
use futures_util::StreamExt as _;
use hdrhistogram::Histogram;

use crate::Peer;
use crate::publishing::{AT_ONCE, payload};

pub(crate) struct Nats {
    url: String,
}

impl Nats {
    pub(crate) fn new(url: &str) -> Self {
        Self { url: url.into() }
    }

    async fn stream(&self) -> anyhow::Result<(jetstream::Context, stream::Stream)> {
        let context = jetstream::new(async_nats::connect(&self.url).await?);
        let config = stream::Config {
            name: "BARE".into(),
            subjects: vec!["bare".into()],
            duplicate_window: std::time::Duration::from_secs(120),
            ..stream::Config::default()
        };
        let stream = context.get_or_create_stream(config).await?;
        Ok((context, stream))
    }
}

impl Peer for Nats {
    async fn publish(&self, records: usize) -> anyhow::Result<f64> {
        let (context, _) = self.stream().await?;
        let run = uuid::Uuid::new_v4();
        let began = Instant::now();
        let mut acks = futures_util::stream::iter(0..records)
            .map(|number| {
                let context = context.clone();
                async move {
                    let mut headers = async_nats::HeaderMap::new();
                    headers.insert("Nats-Msg-Id", format!("{run}/{number}"));
                    headers.insert("Edgeroam-Key", format!("imsi-{:015}", number % 1_000));
                    let sent = context.publish_with_headers("bare", headers, payload(number).into()).await?;
                    sent.await
                }
            })
            .buffer_unordered(AT_ONCE);
        while let Some(acknowledged) = acks.next().await {
            acknowledged.context("publishing")?;
        }
        Ok(records as f64 / began.elapsed().as_secs_f64())
    }

    async fn round_trips(&self, times: usize) -> anyhow::Result<Histogram<u64>> {
        let (context, stream) = self.stream().await?;
        let config = jetstream::consumer::pull::Config {
            deliver_policy: jetstream::consumer::DeliverPolicy::New,
            ack_policy: jetstream::consumer::AckPolicy::None,
            ..Default::default()
        };
        let mut messages = stream.create_consumer(config).await?.messages().await?;
        let mut micros = Histogram::new(3)?;
        for number in 0..times {
            let began = Instant::now();
            context.publish("bare", payload(number).into()).await?.await?;
            messages.next().await.context("the end of the stream")??;
            micros.record(u64::try_from(began.elapsed().as_micros())?)?;
        }
        Ok(micros)
    }
}
