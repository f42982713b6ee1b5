//! The task of one replica.

use std::collections::BTreeMap;
use std::time::Duration;

use async_nats::jetstream::kv::{self, Operation};
use futures_util::{FutureExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::Release;
use super::lease::Place;
use super::table::{Name, Table};
use crate::{BusError, Change};

/// A part that this replica has to do with.
#[derive(Debug)]
pub(super) enum Part {
    Held(Held),
    /// It was told to stop and has not released the part yet; the lease still runs.
    Leaving(Held),
    /// Another may have it already; it was told to stop.
    Gone,
}

/// A lease that runs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) revision: u64,
    /// When it was last renewed: the moment before the server was asked.
    pub(super) renewed: Instant,
}

/// One replica: sees what others write, renews what it holds, takes and gives.
pub(super) struct Member {
    pub(super) place: Place,
    pub(super) parts: u16,
    pub(super) table: Table,
    pub(super) own: BTreeMap<u16, Part>,
    /// Parts that were given back though nobody asked for them, and when: others may have them first.
    pub(super) given_back: BTreeMap<u16, Instant>,
    pub(super) told: mpsc::Sender<Change>,
    /// When leases are renewed next.
    pub(super) renew_at: Instant,
    watch: Option<kv::Watch>,
    /// The revision that has to be seen before anything is decided: all older entries are known then.
    awaited: u64,
}

impl Member {
    /// Announces this replica and begins to watch the others.
    pub(super) async fn join(place: Place, parts: u16, told: mpsc::Sender<Change>) -> Result<Self, BusError> {
        let renew_at = Instant::now() + place.lease / 3;
        let awaited = place.announce().await?;
        let table = Table::new(place.lease);
        let (own, given_back) = (BTreeMap::new(), BTreeMap::new());
        let mut member = Self { place, parts, table, own, given_back, told, renew_at, watch: None, awaited };
        member.watch = Some(member.place.watch().await?);
        Ok(member)
    }

    /// Works until the share is dropped or the bus closed, and then gives everything back.
    pub(super) async fn run(mut self, mut asked: mpsc::Receiver<Release>, closing: CancellationToken) {
        loop {
            let tick = (self.place.lease / 10).min(Duration::from_millis(500));
            tokio::select! {
                ask = asked.recv() => match ask {
                    Some(Release { part, done }) => {
                        // Whoever asked and went away does not want to know.
                        let _ = done.send(self.release(part).await);
                    }
                    None => break,
                },
                () = self.see() => {}
                () = tokio::time::sleep(tick) => {}
                () = closing.cancelled() => break,
            }
            self.act().await;
        }
        self.leave().await;
    }

    /// Whether everything that was there when this replica came is known.
    pub(super) fn is_informed(&self) -> bool {
        self.awaited == 0
    }

    /// Waits until entries were written, and notes them.
    async fn see(&mut self) {
        let Some(watch) = &mut self.watch else {
            match self.place.watch().await {
                Ok(watch) => self.watch = Some(watch),
                Err(_) => tokio::time::sleep(self.place.lease / 10).await,
            }
            return;
        };
        let mut found = vec![watch.next().await];
        while let Some(more) = watch.next().now_or_never() {
            let over = !matches!(more, Some(Ok(_)));
            found.push(more);
            if over {
                break;
            }
        }
        for entry in found {
            match entry {
                Some(Ok(entry)) => self.note(&entry),
                // Begun anew, a watch tells everything that is there.
                Some(Err(_)) | None => self.watch = None,
            }
        }
    }

    fn note(&mut self, entry: &kv::Entry) {
        if entry.revision >= self.awaited {
            self.awaited = 0;
        }
        let work = entry.key.strip_prefix(&self.place.work).and_then(|rest| rest.strip_prefix('.'));
        let Some(name) = work.and_then(Name::parse) else { return };
        match entry.operation {
            Operation::Put => {
                let owner = String::from_utf8_lossy(&entry.value);
                self.table.written(name, &owner, Instant::now());
            }
            Operation::Delete | Operation::Purge => self.table.deleted(&name),
        }
    }
}
