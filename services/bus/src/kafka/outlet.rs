//! Puts public events on their topics.

use std::sync::Arc;

use async_trait::async_trait;

use super::asker::Asker;
use super::producer::{Outgoing, Producer};
use super::topics::{self, Wanted};
use super::{Config, event, failure, setup};
use crate::BusError;
use crate::public::{ContentMode, Outlet, PublicEvent};

/// Puts public events on their topics, by their key. A repetition is a second record with the same `ce_id`.
#[derive(Debug)]
pub struct KafkaOutlet {
    producer: Producer,
    mode: ContentMode,
    server: String,
    limit: usize,
}

impl KafkaOutlet {
    /// Reaches the cluster, and makes or checks the public topics as `create` says.
    ///
    /// # Errors
    /// [`BusError::Config`] names the setting, [`BusError::Broker`] the cluster and what it lacks.
    pub async fn connect(config: &Config, mode: ContentMode) -> Result<Arc<dyn Outlet>, BusError> {
        config.check()?;
        let asker = Asker::new(config)?;
        asker.reach().await?;
        setup::topics(config, &asker, Wanted::public(config)).await?;
        let producer = Producer::new(config)?;
        let limit = config.max_record_bytes.in_memory();
        Ok(Arc::new(Self { producer, mode, server: config.server(), limit }))
    }
}

#[async_trait]
impl Outlet for KafkaOutlet {
    async fn put(&self, events: Vec<PublicEvent>) -> Result<(), BusError> {
        let mut records = Vec::with_capacity(events.len());
        for event in &events {
            let topic = topics::public(event.topic);
            let (headers, data) = event::encode(event, self.mode)
                .map_err(|reason| failure::permanent(&self.server, format!("writing to {topic}"), reason))?;
            let attributes = event.attributes.iter().map(|(name, value)| name.len() + value.len());
            let bytes = event.key.len() + attributes.sum::<usize>() + data.len();
            if bytes > self.limit {
                return Err(BusError::TooLarge { bytes, limit: self.limit });
            }
            records.push((topic, headers, data));
        }
        let outgoing = events.iter().zip(&mut records).map(|(event, (topic, headers, data))| Outgoing {
            topic,
            partition: None,
            key: &event.key,
            headers: Some(std::mem::take(headers)),
            data,
        });
        self.producer.send(outgoing.collect()).await.map(drop)
    }
}
