//! The ids that this process has published, so that a repetition is no second record.
//!
//! Kafka does not know ids. What other processes published, or this one before it was restarted, is suppressed by
//! readers.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::dedup::{Dedup, Fingerprint, Hashed};
use crate::{Record, Sequence};

/// Ids of one stream: those that are published and those that are on their way.
#[derive(Debug, Default)]
pub(super) struct Ids {
    state: Mutex<State>,
    landed: Notify,
}

#[derive(Debug, Default)]
struct State {
    known: Dedup,
    flying: HashSet<Fingerprint, Hashed>,
}

/// A call's ids while its records are on their way. Nobody else publishes them meanwhile.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    ids: &'a Ids,
    /// For each record of the call, its id and where its position comes from.
    entries: Vec<(Option<Fingerprint>, Place)>,
}

/// Where a record's position comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It was published before.
    Known(u64),
    /// It is the one with this number among those that are published now.
    New(usize),
}

impl Ids {
    /// Takes the ids of these records. Waits while one of them is on its way in another call: that call's fate
    /// decides what is to be done with it.
    pub(super) async fn claim(&self, records: &[Record]) -> Claim<'_> {
        loop {
            let landed = self.landed.notified();
            if let Some(claim) = self.try_claim(records) {
                return claim;
            }
            landed.await;
        }
    }

    fn try_claim(&self, records: &[Record]) -> Option<Claim<'_>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let prints: Vec<_> =
            records.iter().map(|record| record.id.as_deref().map(|id| state.known.print(id))).collect();
        if prints.iter().flatten().any(|print| state.flying.contains(print)) {
            return None;
        }
        let mut within: HashMap<Fingerprint, usize, Hashed> = HashMap::default();
        let mut new = 0;
        let mut entry = |print: Option<Fingerprint>| {
            let known = print.and_then(|print| state.known.known(print)).map(Place::Known);
            let repeated = || print.and_then(|print| within.get(&print).copied()).map(Place::New);
            let place = known.or_else(repeated).unwrap_or(Place::New(new));
            if place == Place::New(new) {
                new += 1;
                if let Some(print) = print {
                    state.flying.insert(print);
                    // A single record is no repetition of another one.
                    if records.len() > 1 {
                        within.insert(print, new - 1);
                    }
                }
            }
            (print, place)
        };
        let entries = prints.into_iter().map(&mut entry).collect();
        Some(Claim { ids: self, entries })
    }
}

impl Claim<'_> {
    /// Which of the call's records are to be published.
    pub(super) fn new_ones<'a>(&self, records: &'a [Record]) -> Vec<&'a Record> {
        let mut next = 0;
        let mut new = Vec::new();
        for (record, place) in records.iter().zip(&self.entries) {
            if place.1 == Place::New(next) {
                new.push(record);
                next += 1;
            }
        }
        new
    }

    /// Remembers what was published at these positions, and says where each record of the call is.
    pub(super) fn published(self, new: &[Sequence]) -> Vec<Sequence> {
        let mut state = self.ids.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut positions = Vec::with_capacity(self.entries.len());
        for (print, place) in &self.entries {
            let position = match *place {
                Place::Known(position) => Sequence(position),
                Place::New(place) => new[place],
            };
            if let Some(print) = *print {
                state.known.first_print(print, position.0);
            }
            positions.push(position);
        }
        positions
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut state = self.ids.state.lock().unwrap_or_else(PoisonError::into_inner);
        for (print, place) in &self.entries {
            if let (Some(print), Place::New(_)) = (print, place) {
                state.flying.remove(print);
            }
        }
        drop(state);
        self.ids.landed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn records(ids: &[Option<&str>]) -> Vec<Record> {
        let record = |id: &Option<&str>| Record { key: "k".into(), id: id.map(Into::into), data: "".into() };
        ids.iter().map(record).collect()
    }

    #[tokio::test]
    async fn an_id_is_published_once_and_every_repetition_learns_where() {
        let ids = Ids::default();
        let batch = records(&[Some("a"), None, Some("a"), Some("b"), None]);
        let claim = ids.claim(&batch).await;
        assert_eq!(claim.new_ones(&batch).len(), 4);
        let at = claim.published(&[Sequence(5), Sequence(6), Sequence(7), Sequence(8)]);
        assert_eq!(at, [5, 6, 5, 7, 8].map(Sequence));
        let again = records(&[Some("c"), Some("b")]);
        let claim = ids.claim(&again).await;
        assert_eq!(claim.new_ones(&again), [&again[0]]);
        assert_eq!(claim.published(&[Sequence(9)]), [9, 7].map(Sequence));
    }

    #[tokio::test]
    async fn an_id_on_its_way_holds_its_repetition_until_its_fate_is_known() {
        let ids = Ids::default();
        let batch = records(&[Some("a")]);
        let first = ids.claim(&batch).await;
        assert!(ids.claim(&batch).now_or_never().is_none());
        // The first one failed: it is forgotten, and the second publishes it.
        drop(first);
        let second = ids.claim(&batch).now_or_never().expect("free");
        assert_eq!(second.new_ones(&batch).len(), 1);
    }
}
