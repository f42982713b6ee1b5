//! What the publishers of one commit wait on.

use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use super::failure::Failure;

/// One commit, from its first record to its end. All its publishers wait on the same one and are woken together.
#[derive(Debug, Default)]
pub(super) struct Group {
    result: OnceLock<Result<(), Arc<Failure>>>,
    done: Notify,
}

impl Group {
    /// Ends the group; only the first end counts.
    pub(super) fn finish(&self, result: Result<(), Arc<Failure>>) {
        let _ = self.result.set(result);
        self.done.notify_waiters();
    }

    /// Whether it has ended.
    pub(super) fn is_finished(&self) -> bool {
        self.result.get().is_some()
    }

    /// Waits for the end.
    pub(super) async fn finished(&self) -> Result<(), Arc<Failure>> {
        let mut done = std::pin::pin!(self.done.notified());
        loop {
            // A waiter that is registered before the look cannot miss the end.
            done.as_mut().enable();
            if let Some(result) = self.result.get() {
                return result.clone();
            }
            done.as_mut().await;
            done.set(self.done.notified());
        }
    }
}
