//! `ping_pong`: an instance does not go back to the site that it came from before the app's `no_return` is over. Only
//! apps that have one cost anything here, and only for as long.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use serde::{Deserialize, Serialize};

use crate::index::{InstanceIx, SiteIx};

/// Where instances came from of late.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origins {
    of: BTreeMap<InstanceIx, (SiteIx, Timestamp)>,
    until: BTreeSet<(Timestamp, InstanceIx)>,
}

impl Origins {
    /// It came from that site at `since`, which counts until `until`. What has ended by then is dropped.
    pub(crate) fn note(&mut self, instance: InstanceIx, from: SiteIx, since: Timestamp, until: Timestamp) {
        while let Some((_, ended)) = self.until.first().copied().filter(|(until, _)| *until <= since) {
            self.forget(ended);
        }
        self.forget(instance);
        self.of.insert(instance, (from, until));
        self.until.insert((until, instance));
    }

    pub(crate) fn forget(&mut self, instance: InstanceIx) {
        if let Some((_, until)) = self.of.remove(&instance) {
            self.until.remove(&(until, instance));
        }
    }

    /// Where it came from, if that still counts, and until when.
    pub(crate) fn of(&self, instance: InstanceIx, now: Timestamp) -> Option<(SiteIx, Timestamp)> {
        self.of.get(&instance).copied().filter(|(_, until)| now < *until)
    }

    /// All that is remembered.
    pub(crate) fn each(&self) -> impl Iterator<Item = (InstanceIx, SiteIx, Timestamp)> {
        self.of.iter().map(|(instance, (from, until))| (*instance, *from, *until))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_no_longer_is_dropped_at_the_next_note() {
        let at = Timestamp::from_micros;
        let mut origins = Origins::default();
        let [a, b] = [0, 1].map(InstanceIx::new);
        origins.note(a, SiteIx::new(7), at(1), at(10));
        assert_eq!(origins.of(a, at(9)), Some((SiteIx::new(7), at(10))));
        assert_eq!((origins.of(a, at(10)), origins.each().count()), (None, 1));
        origins.note(b, SiteIx::new(8), at(10), at(20));
        assert_eq!(origins.each().collect::<Vec<_>>(), [(b, SiteIx::new(8), at(20))]);
        origins.note(b, SiteIx::new(9), at(11), at(21));
        origins.forget(b);
        assert_eq!(origins, Origins::default());
    }
}
