//! A bare client of Kafka.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use futures_util::StreamExt as _;
use hdrhistogram::Histogram;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{Consumer as _, StreamConsumer};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::Peer;
use crate::publishing::{AT_ONCE, payload};

const TOPIC: &str = "bare";

pub(crate) struct Kafka {
    client: ClientConfig,
}

impl Kafka {
    pub(crate) fn new(broker: &str) -> Self {
        let mut client = ClientConfig::new();
        client.set("bootstrap.servers", broker);
        Self { client }
    }

    async fn producer(&self) -> anyhow::Result<FutureProducer> {
        let admin: AdminClient<DefaultClientContext> = self.client.create()?;
        // As the bus has its topics.
        let topic = NewTopic::new(TOPIC, 1, TopicReplication::Fixed(1))
            .set("message.timestamp.type", "LogAppendTime");
        // It is there already after the first time.
        let _ = admin.create_topics(&[topic], &AdminOptions::new()).await?;
        // As the bus has it: nothing waits for company.
        Ok(self.client.clone().set("enable.idempotence", "true").set("linger.ms", "0").create()?)
    }
}

impl Peer for Kafka {
    async fn publish(&self, records: usize) -> anyhow::Result<f64> {
        let producer = self.producer().await?;
        let began = Instant::now();
        let mut sent = futures_util::stream::iter(0..records)
            .map(|number| {
                let producer = &producer;
                async move {
                    let (key, data) = (format!("imsi-{:015}", number % 1_000), payload(number));
                    // The bytes that the bus writes: an id beside key and data.
                    let id = format!("round/{number}");
                    let headers = OwnedHeaders::new().insert(Header { key: "edgeroam-id", value: Some(&id) });
                    let record =
                        FutureRecord::to(TOPIC).partition(0).key(&key).payload(&data).headers(headers);
                    producer.send(record, Duration::from_secs(60)).await.map_err(|(error, _)| error)
                }
            })
            .buffer_unordered(AT_ONCE);
        while let Some(delivered) = sent.next().await {
            delivered.context("publishing")?;
        }
        Ok(records as f64 / began.elapsed().as_secs_f64())
    }

    async fn round_trips(&self, times: usize) -> anyhow::Result<Histogram<u64>> {
        let producer = self.producer().await?;
        let consumer: StreamConsumer = self
            .client
            .clone()
            .set("group.id", "bare")
            .set("enable.auto.commit", "false")
            .set("fetch.wait.max.ms", "100")
            .create()?;
        let mut from = TopicPartitionList::new();
        let (_, end) = consumer.fetch_watermarks(TOPIC, 0, Duration::from_secs(10))?;
        from.add_partition_offset(TOPIC, 0, Offset::Offset(end))?;
        consumer.assign(&from)?;
        let mut micros = Histogram::new(3)?;
        for number in 0..times {
            let (key, data) = ("key", payload(number));
            let began = Instant::now();
            let record = FutureRecord::to(TOPIC).key(key).payload(&data);
            producer.send(record, Duration::from_secs(60)).await.map_err(|(error, _)| error)?;
            consumer.recv().await?;
            micros.record(u64::try_from(began.elapsed().as_micros())?)?;
        }
        Ok(micros)
    }
}
