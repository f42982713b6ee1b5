//! Which events were seen before.

use std::collections::{HashSet, VecDeque};

/// Tells an event that comes again. Delivery is at least once; `source` and `id` say what is the same event.
///
/// It remembers the newest `limit` events and forgets with the process: what an event does to other systems must
/// not hang on it alone.
#[derive(Debug)]
pub(crate) struct Seen {
    limit: usize,
    known: HashSet<(String, String)>,
    oldest_first: VecDeque<(String, String)>,
}

impl Seen {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, known: HashSet::new(), oldest_first: VecDeque::new() }
    }

    /// Whether it is the first time.
    pub(crate) fn first(&mut self, source: &str, id: &str) -> bool {
        let event = (source.to_owned(), id.to_owned());
        if !self.known.insert(event.clone()) {
            return false;
        }
        self.oldest_first.push_back(event);
        if self.oldest_first.len() > self.limit
            && let Some(forgotten) = self.oldest_first.pop_front()
        {
            self.known.remove(&forgotten);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_told_by_source_and_id_until_it_is_forgotten() {
        let mut seen = Seen::new(2);
        assert!(seen.first("/a", "1") && seen.first("/b", "1"));
        assert!(!seen.first("/a", "1") && !seen.first("/b", "1"));
        assert!(seen.first("/a", "2"));
        assert!(seen.first("/a", "1"), "forgotten as the oldest of three");
        assert!(!seen.first("/a", "2"));
    }
}
