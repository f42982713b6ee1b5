//! What status queries may cost an EMCO: each takes it about 30 ms, and every relocation asks several times.

use std::time::Duration;

use tokio::sync::{Mutex, Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until};

/// At most so many at once, and so many a second.
#[derive(Debug)]
pub(crate) struct Budget {
    permits: Semaphore,
    spacing: Duration,
    next: Mutex<Instant>,
}

impl Budget {
    pub(crate) fn new(concurrency: u32, per_second: u32) -> Self {
        Self {
            permits: Semaphore::new(concurrency as usize),
            spacing: Duration::from_secs(1) / per_second.max(1),
            next: Mutex::new(Instant::now()),
        }
    }

    /// Waits for a turn; the turn lasts as long as the permit.
    pub(crate) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let permit = self.permits.acquire().await.ok();
        let mine = {
            let mut next = self.next.lock().await;
            let mine = (*next).max(Instant::now());
            *next = mine + self.spacing;
            mine
        };
        sleep_until(mine).await;
        permit
    }
}
