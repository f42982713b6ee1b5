//! One entry of the bucket: taken, renewed, given back.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::kv::{self, CreateErrorKind, UpdateErrorKind};

use crate::BusError;
use crate::nats::link::Link;

/// Where a replica writes its entries.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) link: Link,
    pub(super) bucket: kv::Store,
    pub(super) work: String,
    /// The replica.
    pub(super) id: Arc<str>,
    pub(super) lease: Duration,
}

/// What became of a renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Renewal {
    /// The lease runs from now on; this is its revision.
    Renewed(u64),
    /// Somebody else has it, or it had run out.
    Taken,
    /// The server did not say.
    Unknown,
}

impl Place {
    /// Says that this replica is there.
    pub(super) async fn announce(&self) -> Result<u64, BusError> {
        let key = self.member_key();
        let written = self.bucket.put(&key, bytes::Bytes::new()).await;
        written.map_err(|error| self.link.transient(&self.what("writing", &key), &error))
    }

    /// What is there, and then what is written.
    pub(super) async fn watch(&self) -> Result<kv::Watch, BusError> {
        let watch = self.bucket.watch_with_history(format!("{}.>", self.work)).await;
        watch.map_err(|error| {
            let what = format!("watching bucket {}", self.bucket.name);
            self.link.transient(&what, &error)
        })
    }

    /// Takes a part that nobody holds; nothing where somebody was faster or the server does not say.
    pub(super) async fn take(&self, part: u16) -> Option<u64> {
        let key = self.part_key(part);
        let value = bytes::Bytes::copy_from_slice(self.id.as_bytes());
        match self.bucket.create(&key, value).await {
            Ok(revision) => Some(revision),
            // The answer to an earlier attempt may have been lost.
            Err(error) if error.kind() == CreateErrorKind::AlreadyExists => self.own_revision(&key).await,
            Err(error) => {
                tracing::debug!(key, %error, "a part was not taken");
                None
            }
        }
    }

    /// Renews the lease of a part that was last written with this revision.
    pub(super) async fn renew(&self, part: u16, revision: u64) -> Renewal {
        let key = self.part_key(part);
        let value = bytes::Bytes::copy_from_slice(self.id.as_bytes());
        match self.bucket.update(&key, value.clone(), revision).await {
            Ok(revision) => Renewal::Renewed(revision),
            Err(error) if error.kind() == UpdateErrorKind::WrongLastRevision => {
                // An earlier renewal may have been stored though its answer was lost.
                let Some(own) = self.own_revision(&key).await else { return Renewal::Taken };
                match self.bucket.update(&key, value, own).await {
                    Ok(revision) => Renewal::Renewed(revision),
                    Err(_) => Renewal::Unknown,
                }
            }
            Err(_) => Renewal::Unknown,
        }
    }

    /// Gives a part back that was last written with this revision.
    pub(super) async fn give_back(&self, part: u16, revision: u64) -> Result<(), BusError> {
        let key = self.part_key(part);
        let deleted = self.bucket.delete_expect_revision(&key, Some(revision)).await;
        deleted.map_err(|error| self.link.transient(&self.what("deleting", &key), &error))
    }

    /// Says that this replica has gone.
    pub(super) async fn leave(&self) {
        if let Err(error) = self.bucket.delete(self.member_key()).await {
            tracing::debug!(%error, "the entry of this replica expires");
        }
    }

    fn member_key(&self) -> String {
        format!("{}.member.{}", self.work, self.id)
    }

    fn part_key(&self, part: u16) -> String {
        format!("{}.part.{part}", self.work)
    }

    async fn own_revision(&self, key: &str) -> Option<u64> {
        let entry = self.bucket.entry(key).await.ok()??;
        let own = entry.operation == kv::Operation::Put && entry.value == self.id.as_bytes();
        own.then_some(entry.revision)
    }

    fn what(&self, doing: &str, key: &str) -> String {
        format!("{doing} key {key} of bucket {}", self.bucket.name)
    }
}
