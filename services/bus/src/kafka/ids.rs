//! The ids that this process has published, so that a repetition is no second record.
//!
//! Kafka does not know ids. What other processes published, or this one before it was restarted, is suppressed by
//! readers.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::dedup::Dedup;
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
    flying: HashSet<Box<str>>,
}

/// A call's ids while its records are on their way. Nobody else publishes them meanwhile.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    ids: &'a Ids,
    flying: Vec<Box<str>>,
    /// For each record of the call.
    places: Vec<Place>,
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
        let ids = || records.iter().filter_map(|record| record.id.as_deref());
        if !state.flying.is_empty() && ids().any(|id| state.flying.contains(id)) {
            return None;
        }
        let mut flying: Vec<Box<str>> = Vec::new();
        let mut places = Vec::with_capacity(records.len());
        let mut within = HashMap::new();
        let mut new = 0;
        for record in records {
            let id = record.id.as_deref();
            let before = id.and_then(|id| {
                let known = state.known.known(id).map(Place::Known);
                known.or_else(|| within.get(id).copied().map(Place::New))
            });
            places.push(before.unwrap_or(Place::New(new)));
            if before.is_none() {
                if let Some(id) = id {
                    within.insert(id, new);
                    flying.push(id.into());
                }
                new += 1;
            }
        }
        state.flying.extend(flying.iter().cloned());
        Some(Claim { ids: self, flying, places })
    }
}

impl Claim<'_> {
    /// Which of the call's records are to be published.
    pub(super) fn new_ones<'a>(&self, records: &'a [Record]) -> Vec<&'a Record> {
        let mut next = 0;
        let mut new = Vec::new();
        for (record, place) in records.iter().zip(&self.places) {
            if *place == Place::New(next) {
                new.push(record);
                next += 1;
            }
        }
        new
    }

    /// Remembers what was published at these positions, and says where each record of the call is.
    pub(super) fn published(self, records: &[Record], new: &[Sequence]) -> Vec<Sequence> {
        let mut state = self.ids.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut positions = Vec::with_capacity(records.len());
        for (record, place) in records.iter().zip(&self.places) {
            let position = match *place {
                Place::Known(position) => Sequence(position),
                Place::New(place) => new[place],
            };
            if let Some(id) = &record.id {
                state.known.first(id, position.0);
            }
            positions.push(position);
        }
        positions
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut state = self.ids.state.lock().unwrap_or_else(PoisonError::into_inner);
        for id in &self.flying {
            state.flying.remove(id);
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
        let at = claim.published(&batch, &[Sequence(5), Sequence(6), Sequence(7), Sequence(8)]);
        assert_eq!(at, [5, 6, 5, 7, 8].map(Sequence));
        let again = records(&[Some("c"), Some("b")]);
        let claim = ids.claim(&again).await;
        assert_eq!(claim.new_ones(&again), [&again[0]]);
        assert_eq!(claim.published(&again, &[Sequence(9)]), [9, 7].map(Sequence));
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
