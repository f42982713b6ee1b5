//! Asking again, less and less often.

use std::time::Duration;

use crate::Config;

/// The waits between two looks: from the shortest, doubling up to the longest.
pub(crate) struct Poll {
    next: Duration,
    shortest: Duration,
    longest: Duration,
}

impl Poll {
    pub(crate) fn new(config: &Config) -> Self {
        let shortest = config.poll_min.max(Duration::from_millis(10));
        Self { next: shortest, shortest, longest: config.poll_max.max(shortest) }
    }

    /// Waits for the next look.
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = self.longest.min(self.next * 2);
    }

    /// Waits as short as at the beginning: the end is near.
    pub(crate) async fn wait_shortly(&mut self) {
        self.next = self.shortest;
        tokio::time::sleep(self.shortest).await;
    }
}
