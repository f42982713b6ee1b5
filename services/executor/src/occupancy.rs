//! Which deployment intent groups are on which cluster, as far as we put them there or found them there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use emco::CompositeApp;
use model::ClusterRef;
use tokio::sync::Notify;

use crate::names::Names;

type Place = (CompositeApp, ClusterRef);

/// The groups of each composite app on each cluster.
#[derive(Debug, Default)]
pub(crate) struct Occupancy {
    places: Mutex<BTreeMap<Place, BTreeSet<String>>>,
    changed: Notify,
}

impl Occupancy {
    /// A group is there, whatever the rules say.
    pub(crate) fn enter(&self, app: &CompositeApp, cluster: &ClusterRef, group: &str) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.entry((app.clone(), cluster.clone())).or_default().insert(group.to_owned());
    }

    /// A group wants to go there. Names one that stands in its way, if there is one.
    pub(crate) fn reserve(
        &self,
        names: Names,
        app: &CompositeApp,
        cluster: &ClusterRef,
        group: &str,
    ) -> Result<(), String> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let here = places.entry((app.clone(), cluster.clone())).or_default();
        let other = here.iter().find(|other| *other != group);
        match other {
            Some(other) if !names.allow_neighbours() && !here.contains(group) => Err(other.clone()),
            _ => {
                here.insert(group.to_owned());
                Ok(())
            }
        }
    }

    /// A group is gone from there.
    pub(crate) fn leave(&self, app: &CompositeApp, cluster: &ClusterRef, group: &str) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = places.get_mut(&(app.clone(), cluster.clone())) {
            here.remove(group);
        }
        drop(places);
        self.changed.notify_waiters();
    }

    /// Something may have become possible that was not.
    pub(crate) fn notify(&self) {
        self.changed.notify_waiters();
    }

    /// Waits for that.
    pub(crate) fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_fixed_names_the_second_waits_until_the_first_is_gone() {
        let app = CompositeApp { project: "p".into(), name: "a".into(), version: "v1".into() };
        let place = ClusterRef { provider: "edge".into(), cluster: "a".into() };
        let occupancy = Occupancy::default();
        for names in [Names::Unknown, Names::Fixed] {
            assert_eq!(occupancy.reserve(names, &app, &place, "one"), Ok(()));
            assert_eq!(occupancy.reserve(names, &app, &place, "one"), Ok(()), "it may ask again");
            assert_eq!(occupancy.reserve(names, &app, &place, "two"), Err("one".to_owned()));
        }
        assert_eq!(occupancy.reserve(Names::Unique, &app, &place, "two"), Ok(()));
        occupancy.leave(&app, &place, "one");
        occupancy.leave(&app, &place, "two");
        assert_eq!(occupancy.reserve(Names::Fixed, &app, &place, "three"), Ok(()));
    }
}
