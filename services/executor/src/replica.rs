//! One replica among those that share the instances: starts a cell for every part that it gains and stops those that
//! it loses.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bus::{BusError, Change, Share};
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::cell::{Cell, Process};
use crate::journal::End;
use crate::parcel::Parcel;

/// The work as brokers know it.
const WORK: &str = "executor";
/// The wait before what could not be had is tried again.
const WAIT: Duration = Duration::from_secs(2);
/// How long a part is left to whoever has claimed it, although we are said to hold it. By then a lease that moved is
/// known to have moved.
const CLAIMED_WAIT: Duration = Duration::from_secs(15);

/// Joins the replicas.
pub(crate) async fn join(process: &Process) -> Result<Box<dyn Share>, BusError> {
    process.bus.share(WORK, process.config.parts()).await
}

/// Works on what is this replica's until `stop`.
pub(crate) async fn run(process: Arc<Process>, mut share: Box<dyn Share>, stop: CancellationToken) {
    let mut held = Held::new(Arc::clone(&process), stop.clone());
    loop {
        let change = tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = held.tasks.join_next() => {
                if let Some(part) = held.ended(ended)
                    && let Some(Err(error)) = stop.run_until_cancelled(share.release(part)).await
                {
                    tracing::warn!(part, %error, "a part cannot be given back; it moves when its lease runs out");
                }
                continue;
            }
            change = share.change() => change,
        };
        match change {
            Ok(Change::Gained(part)) => held.gained(part),
            Ok(Change::Lost(part)) => held.lost(part),
            Err(error) => {
                tracing::error!(%error, "cannot share work with other replicas; everything stops until it can");
                held.lose_all().await;
                share = loop {
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(WAIT) => {}
                    }
                    match stop.run_until_cancelled(join(&process)).await {
                        None => return,
                        Some(Ok(share)) => break share,
                        Some(Err(error)) => tracing::warn!(%error, "cannot join the replicas; trying again"),
                    }
                };
            }
        }
    }
    // Parts go back, with the share, only once nothing works on them.
    held.lose_all().await;
}

/// The parts on which this replica works.
struct Held {
    process: Arc<Process>,
    stop: CancellationToken,
    parts: BTreeMap<u16, Part>,
    /// Each yields its part when nothing works on it any more.
    tasks: JoinSet<u16>,
}

struct Part {
    stop: CancellationToken,
    task: AbortHandle,
    /// It was lost and gained again before its cell had stopped.
    again: bool,
}

impl Held {
    fn new(process: Arc<Process>, stop: CancellationToken) -> Self {
        Self { process, stop, parts: BTreeMap::new(), tasks: JoinSet::new() }
    }

    fn gained(&mut self, part: u16) {
        if let Some(held) = self.parts.get_mut(&part) {
            held.again = held.stop.is_cancelled();
            return;
        }
        tracing::info!(part, "a part of the instances is this replica's");
        let stop = self.stop.child_token();
        let task = self.tasks.spawn(tend(Arc::clone(&self.process), part, stop.clone()));
        self.parts.insert(part, Part { stop, task, again: false });
    }

    fn lost(&mut self, part: u16) {
        if let Some(held) = self.parts.get_mut(&part) {
            tracing::info!(part, "a part of the instances is given up");
            held.again = false;
            held.stop.cancel();
        }
    }

    /// A cell has stopped; its part, where it is to be given back.
    fn ended(&mut self, ended: Result<u16, JoinError>) -> Option<u16> {
        let part = match ended {
            Ok(part) => part,
            Err(error) => {
                tracing::error!(%error, "work on a part of the instances ended badly; it is given back");
                *self.parts.iter().find(|(_, part)| part.task.id() == error.id())?.0
            }
        };
        let held = self.parts.remove(&part)?;
        if held.again {
            self.gained(part);
            return None;
        }
        Some(part)
    }

    async fn lose_all(&mut self) {
        self.parts.values().for_each(|part| part.stop.cancel());
        while self.tasks.join_next().await.is_some() {}
        self.parts.clear();
    }
}

/// Keeps a cell at work on a part until the part is lost.
async fn tend(process: Arc<Process>, part: u16, stop: CancellationToken) -> u16 {
    let parcel = Parcel { part, parts: process.config.parts() };
    while !stop.is_cancelled() {
        let wait = match Cell::start(&process, parcel, &stop).await {
            Ok(cell) => {
                process.metrics.parts.inc();
                let end = cell.join().await;
                process.metrics.parts.dec();
                match end {
                    None => continue,
                    Some(End::Fenced) => {
                        process.metrics.fenced.inc();
                        tracing::warn!(
                            part,
                            "another replica has claimed a part that we held; we do nothing more on it"
                        );
                        CLAIMED_WAIT
                    }
                    Some(End::Unsure) => {
                        tracing::warn!(
                            part,
                            "the bus did not say what became of a record; the part is claimed anew"
                        );
                        WAIT
                    }
                }
            }
            Err(_) if stop.is_cancelled() => break,
            Err(error) => {
                tracing::error!(part, %error, "a part of the instances cannot be taken over; trying again");
                WAIT
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    part
}
