//! Which complaints were logged already.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// After how long a complaint is worth another line.
const AGAIN: Duration = Duration::from_secs(300);
/// How many different complaints are remembered.
const MOST: usize = 256;

/// Which complaints were logged, and when.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Mutex<BTreeMap<String, Instant>>);

impl Complaints {
    /// Whether this was not logged lately; it counts as logged from now on.
    pub(crate) fn is_news(&self, what: &str) -> bool {
        self.is_news_at(what, Instant::now())
    }

    fn is_news_at(&self, what: &str, now: Instant) -> bool {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logged.retain(|_, at| now.duration_since(*at) < AGAIN);
        if logged.contains_key(what) {
            return false;
        }
        if logged.len() < MOST {
            logged.insert(what.to_owned(), now);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_logged_once_and_again_after_a_while() {
        let (complaints, now) = (Complaints::default(), Instant::now());
        assert!(complaints.is_news_at("EMCO is away", now));
        assert!(!complaints.is_news_at("EMCO is away", now) && complaints.is_news_at("DNS is away", now));
        assert!(complaints.is_news_at("EMCO is away", now + AGAIN));
    }
}
