//! The ids that this process has published, so that a repetition is no second record.
//!
//! Kafka does not know ids. What other processes published, or this one before it was restarted, is suppressed by
//! readers.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::producer::Few;
use crate::dedup::{Dedup, Fingerprint};
use crate::{Record, Sequence};

/// What stands for the sequence of a record that is on its way.
const FLYING: u64 = u64::MAX;

/// Ids of one stream: those that are published and those that are on their way.
#[derive(Debug, Default)]
pub(super) struct Ids {
    known: Mutex<Dedup>,
    landed: Notify,
}

/// A call's ids while its records are on their way. Nobody else publishes them meanwhile.
#[derive(Debug)]
pub(super) struct Claim<'a> {
    ids: &'a Ids,
    /// For each record of the call, its id and where its position comes from.
    entries: Few<(Option<Fingerprint>, Place)>,
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
        let mut known = self.lock();
        let mut entries = Few::with_capacity(records.len());
        let mut new = 0;
        for record in records {
            let print = record.id.as_deref().map(|id| known.print(id));
            let place = match print.and_then(|print| known.known(print)) {
                Some(FLYING) => return None,
                Some(position) => Place::Known(position),
                None => Place::New(new),
            };
            new += usize::from(place == Place::New(new));
            entries.push((print, place));
        }
        if records.len() > 1 {
            fold_repetitions(&mut entries);
        }
        let claim = Claim { ids: self, entries };
        claim.new_ids().for_each(|(print, _)| known.remember(print, FLYING));
        Some(claim)
    }

    fn lock(&self) -> MutexGuard<'_, Dedup> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives an id that stands in a call more than once the place of its first record.
fn fold_repetitions(entries: &mut [(Option<Fingerprint>, Place)]) {
    let mut first: HashMap<Fingerprint, usize> = HashMap::new();
    let mut new = 0;
    for (print, place) in entries {
        if let Place::New(number) = place {
            *number = print.map_or(new, |print| *first.entry(print).or_insert(new));
            new += usize::from(*number == new);
        }
    }
}

impl Claim<'_> {
    /// Which of the call's records are to be published.
    pub(super) fn new_ones<'a>(&self, records: &'a [Record]) -> impl Iterator<Item = &'a Record> {
        let mut next = 0;
        records.iter().zip(&self.entries).filter_map(move |(record, (_, place))| {
            let new = *place == Place::New(next);
            next += usize::from(new);
            new.then_some(record)
        })
    }

    /// Remembers what was published at these positions, and says where each record of the call is.
    pub(super) fn published(mut self, new: &[Sequence]) -> Vec<Sequence> {
        let mut known = self.ids.lock();
        self.new_ids().for_each(|(print, place)| known.remember(print, new[place].0));
        drop(known);
        let position = |(_, place)| match place {
            Place::Known(position) => Sequence(position),
            Place::New(place) => new[place],
        };
        // Nothing of it is on its way any more.
        std::mem::take(&mut self.entries).into_iter().map(position).collect()
    }

    /// The ids that are published now, with their numbers among the records that are.
    fn new_ids(&self) -> impl Iterator<Item = (Fingerprint, usize)> {
        self.entries.iter().filter_map(|(print, place)| match place {
            Place::New(number) => print.map(|print| (print, *number)),
            Place::Known(_) => None,
        })
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if !self.entries.is_empty() {
            let mut known = self.ids.lock();
            self.new_ids().for_each(|(print, _)| known.forget(print));
        }
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
        assert_eq!(claim.new_ones(&batch).count(), 4);
        let at = claim.published(&[Sequence(5), Sequence(6), Sequence(7), Sequence(8)]);
        assert_eq!(at, [5, 6, 5, 7, 8].map(Sequence));
        let again = records(&[Some("c"), Some("b")]);
        let claim = ids.claim(&again).await;
        assert!(claim.new_ones(&again).eq([&again[0]]));
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
        assert_eq!(second.new_ones(&batch).count(), 1);
    }
}
