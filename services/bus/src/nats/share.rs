//! Work that is shared out by leases in a bucket whose entries expire.
//!
//! Every replica writes `<work>.member.<id>`, and `<work>.part.<n>` for each part that it holds, and again whenever a
//! third of the lease has passed. A part is taken by creating its entry and kept by updating the revision that one
//! wrote last, so the server says who holds it. Everybody sees the same entries in the same order, and so comes to
//! the same [`table::Table`] of who should hold how many.

mod balance;
mod lease;
mod member;
mod table;

use std::time::Duration;

use async_nats::jetstream::kv;
use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::member::Member;
use super::link::Link;
use super::names::bucket_token;
use crate::{BusError, Change, Share};

/// What this bus takes part in.
#[derive(Debug)]
pub(super) struct Shares {
    link: Link,
    bucket: kv::Store,
    lease: Duration,
    closing: CancellationToken,
    tasks: TaskTracker,
}

impl Shares {
    pub(super) fn new(
        link: &Link,
        bucket: kv::Store,
        lease: Duration,
        closing: CancellationToken,
        tasks: TaskTracker,
    ) -> Self {
        Self { link: link.clone(), bucket, lease, closing, tasks }
    }

    /// Joins the replicas that share this work.
    pub(super) async fn join(&self, work: &str, parts: u16) -> Result<Box<dyn Share>, BusError> {
        // A part is gained and lost once each before it is released: more changes are never under way.
        let (told, changes) = mpsc::channel(usize::from(parts) * 2 + 1);
        let (asks, asked) = mpsc::channel(1);
        let place = lease::Place {
            link: self.link.clone(),
            bucket: self.bucket.clone(),
            work: bucket_token(work),
            id: self.link.session(),
            lease: self.lease,
        };
        let member = Member::join(place, parts, told).await?;
        self.tasks.spawn(member.run(asked, self.closing.clone()));
        Ok(Box::new(LeasedShare { changes, asks }))
    }
}

/// Says that work on a part has stopped.
#[derive(Debug)]
struct Release {
    part: u16,
    done: oneshot::Sender<Result<(), BusError>>,
}

/// A share whose leases a task renews, until this is dropped.
#[derive(Debug)]
struct LeasedShare {
    changes: mpsc::Receiver<Change>,
    asks: mpsc::Sender<Release>,
}

#[async_trait]
impl Share for LeasedShare {
    async fn change(&mut self) -> Result<Change, BusError> {
        self.changes.recv().await.ok_or(BusError::Closed)
    }

    async fn release(&mut self, part: u16) -> Result<(), BusError> {
        let (done, is_done) = oneshot::channel();
        self.asks.send(Release { part, done }).await.map_err(|_| BusError::Closed)?;
        is_done.await.unwrap_or(Err(BusError::Closed))
    }
}
