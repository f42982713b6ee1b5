//! Asking again, less and less often.

use std::time::Duration;

use tokio::time::Instant;

use crate::Config;

/// How long it stays at the shortest wait: most of what is waited for comes within this.
const BRISK: Duration = Duration::from_secs(5);

/// The waits between two looks: the shortest for a while, then growing by a quarter up to the longest.
pub(crate) struct Poll {
    began: Instant,
    next: Duration,
    shortest: Duration,
    longest: Duration,
}

impl Poll {
    pub(crate) fn new(config: &Config) -> Self {
        let shortest = config.poll_min.max(Duration::from_millis(10));
        Self { began: Instant::now(), next: shortest, shortest, longest: config.poll_max.max(shortest) }
    }

    /// Waits for the next look.
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next).await;
        self.grow(self.began.elapsed());
    }

    fn grow(&mut self, waited: Duration) {
        if waited >= BRISK {
            self.next = self.longest.min(self.next * 5 / 4);
        }
    }

    /// Waits as short as at the beginning: the end is near.
    pub(crate) async fn wait_shortly(&mut self) {
        self.next = self.shortest;
        tokio::time::sleep(self.shortest).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_brisk_for_five_seconds_and_grows_gently_after_that() {
        let mut poll = Poll::new(&Config::default());
        let (mut waits, mut waited) = (Vec::new(), Duration::ZERO);
        for _ in 0..32 {
            waits.push(poll.next);
            waited += poll.next;
            poll.grow(waited);
        }
        assert!(waits[..20].iter().all(|wait| *wait == Duration::from_millis(250)), "{waits:?}");
        assert!(
            waits[20..].windows(2).all(|pair| pair[0] <= pair[1] && pair[1] <= pair[0] * 5 / 4),
            "{waits:?}"
        );
        assert_eq!(waits.last(), Some(&Duration::from_secs(2)));
    }
}
