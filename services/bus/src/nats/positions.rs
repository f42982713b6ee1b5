//! How far consumers are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::jetstream::kv;
use model::Stream;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::link::{AGAIN, Link};
use super::names::bucket_token;
use crate::BusError;

/// Positions are written no more often than this.
const GATHER: Duration = Duration::from_millis(20);

/// Positions of consumers: a bucket at the broker, and in front of it what was acknowledged and is not written yet.
///
/// An acknowledgement that is lost in a crash costs a redelivery, so it does not wait for the broker.
#[derive(Debug)]
pub(super) struct Positions {
    link: Link,
    bucket: kv::Store,
    unwritten: Mutex<HashMap<Box<str>, u64>>,
    changed: Notify,
}

impl Positions {
    pub(super) fn new(link: &Link, bucket: kv::Store) -> Arc<Self> {
        let unwritten = Mutex::default();
        Arc::new(Self { link: link.clone(), bucket, unwritten, changed: Notify::new() })
    }

    /// The key of a consumer's position.
    pub(super) fn key(stream: Stream, consumer: &str) -> Box<str> {
        format!("{}.{}", stream.name(), bucket_token(consumer)).into()
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<u64>, BusError> {
        if let Some(position) = self.unwritten().get(key) {
            return Ok(Some(*position));
        }
        let what = format!("reading key {key} of bucket {}", self.bucket.name);
        let value = self.bucket.get(key).await.map_err(|error| self.link.transient(&what, &error))?;
        let position = value.and_then(|value| std::str::from_utf8(&value).ok()?.parse().ok());
        Ok(position)
    }

    pub(super) fn set(&self, key: &str, position: u64) {
        let mut unwritten = self.unwritten();
        match unwritten.get_mut(key) {
            Some(known) => *known = position,
            None => {
                unwritten.insert(key.into(), position);
            }
        }
        drop(unwritten);
        self.changed.notify_one();
    }

    /// Writes positions until `closing`, and then once more, for as long as `last` at most.
    pub(super) async fn run(self: Arc<Self>, closing: CancellationToken, last: Duration) {
        while !closing.is_cancelled() {
            tokio::select! {
                () = self.changed.notified() => {}
                () = closing.cancelled() => break,
            }
            if let Err(error) = self.write().await {
                tracing::warn!(%error, "positions of consumers are not written; it is tried again");
                tokio::select! {
                    () = tokio::time::sleep(AGAIN) => {}
                    () = closing.cancelled() => {}
                }
            }
            tokio::time::sleep(GATHER).await;
        }
        let deadline = Instant::now() + last;
        while let Err(error) = self.write().await {
            if Instant::now() >= deadline {
                tracing::warn!(%error, "positions of consumers are not written: records will come again");
                return;
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn write(&self) -> Result<(), BusError> {
        let all: Vec<_> = self.unwritten().iter().map(|(key, position)| (key.clone(), *position)).collect();
        for (key, position) in all {
            if let Err(error) = self.bucket.put(&*key, position.to_string().into()).await {
                self.changed.notify_one();
                let what = format!("writing key {key} of bucket {}", self.bucket.name);
                return Err(self.link.transient(&what, &error));
            }
            let mut unwritten = self.unwritten();
            // Another replica may go on from here: what is written is not remembered.
            if unwritten.get(&key) == Some(&position) {
                unwritten.remove(&key);
            }
        }
        Ok(())
    }

    fn unwritten(&self) -> MutexGuard<'_, HashMap<Box<str>, u64>> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
