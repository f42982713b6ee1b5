//! What publishers, consumers, writer and keeper share.

use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;

use super::config::Config;
use super::failure::Failure;
use super::pending::{Pending, State};
use super::slots::PerSlot;
use super::view::View;
use crate::BusError;

/// What publishers, consumers, writer and keeper share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) dir: PathBuf,
    pub(super) config: Config,
    pub(super) seed: u32,
    /// The writer sleeps on it, with `pending` locked.
    pub(super) work: Condvar,
    /// Consumers of each slot wait on it.
    pub(super) arrived: PerSlot<Notify>,
    pending: Mutex<Pending>,
    view: Mutex<View>,
    end: OnceLock<Option<Arc<Failure>>>,
    /// Whether syncs fail from now on.
    #[cfg(test)]
    pub(super) broken: std::sync::atomic::AtomicBool,
}

impl Shared {
    pub(super) fn new(dir: PathBuf, config: Config, seed: u32, pending: Pending, view: View) -> Self {
        Self {
            dir,
            config,
            seed,
            work: Condvar::new(),
            arrived: PerSlot::default(),
            pending: Mutex::new(pending),
            view: Mutex::new(view),
            end: OnceLock::new(),
            #[cfg(test)]
            broken: std::sync::atomic::AtomicBool::new(false),
        }
    }

    /// What waits for the writer. Never locked together with the view.
    pub(super) fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is committed.
    pub(super) fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why nothing more comes, once that is so.
    pub(super) fn ended(&self) -> Option<BusError> {
        self.end.get().map(|end| end.as_ref().map_or(BusError::Closed, |failure| failure.error()))
    }

    /// Ends the bus with the first failure: nobody gets an acknowledgement any more.
    pub(super) fn fail(&self, failure: Failure) -> Arc<Failure> {
        let failure = Arc::new(failure);
        let group = {
            let mut pending = self.pending();
            if !matches!(pending.state, State::Failed(_)) {
                pending.state = State::Failed(failure.clone());
            }
            pending.group.clone()
        };
        tracing::error!(error = %failure.error(), "the bus has failed and takes nothing more");
        group.finish(Err(failure.clone()));
        self.end(Some(failure.clone()));
        self.work.notify_all();
        failure
    }

    /// Tells consumers that nothing more comes.
    pub(super) fn end(&self, failure: Option<Arc<Failure>>) {
        let _ = self.end.set(failure);
        for arrived in &self.arrived {
            arrived.notify_waiters();
        }
    }
}

/// This machine's clock, in microseconds since the Unix epoch.
pub(super) fn now_micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
