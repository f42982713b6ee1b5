//! Which deployment intent groups are on which cluster, as far as we put them there or found them there.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use emco::CompositeApp;
use model::ClusterRef;
use tokio::sync::Notify;

use crate::names::Names;

type Place = (CompositeApp, ClusterRef);

/// How a group is on a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// A relocation is bringing it; its names are seen as soon as it is started.
    Coming,
    /// It is there until somebody removes it.
    There,
}

/// Why a group may not go to a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Denied {
    /// This group stands in its way, if names collide; a release that is on its way will tell whether they do.
    Unclear(String),
    /// This group stands in its way.
    Occupied(String),
}

/// The groups of each composite app on each cluster.
#[derive(Debug, Default)]
pub(crate) struct Occupancy {
    places: Mutex<BTreeMap<Place, BTreeMap<String, Standing>>>,
    changed: Notify,
}

impl Occupancy {
    /// A group is there, whatever the rules say.
    pub(crate) fn enter(&self, app: &CompositeApp, cluster: &ClusterRef, group: &str) {
        self.put(app, cluster, group, Standing::There);
        self.notify();
    }

    /// A group was allowed to go there by an earlier run.
    pub(crate) fn come(&self, app: &CompositeApp, cluster: &ClusterRef, group: &str) {
        self.put(app, cluster, group, Standing::Coming);
    }

    fn put(&self, app: &CompositeApp, cluster: &ClusterRef, group: &str, standing: Standing) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.entry((app.clone(), cluster.clone())).or_default().insert(group.to_owned(), standing);
    }

    /// A group wants to go there.
    pub(crate) fn reserve(
        &self,
        names: Names,
        app: &CompositeApp,
        cluster: &ClusterRef,
        group: &str,
    ) -> Result<(), Denied> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let here = places.entry((app.clone(), cluster.clone())).or_default();
        let other = here.keys().find(|other| *other != group).cloned();
        match other {
            Some(other) if !names.allow_neighbours() && !here.contains_key(group) => {
                let will_tell = names == Names::Unknown
                    && places
                        .iter()
                        .filter(|((of, _), _)| of == app)
                        .any(|(_, groups)| groups.values().any(|standing| *standing == Standing::Coming));
                Err(if will_tell { Denied::Unclear(other) } else { Denied::Occupied(other) })
            }
            _ => {
                here.entry(group.to_owned()).or_insert(Standing::Coming);
                Ok(())
            }
        }
    }

    /// Another group there, if there is one.
    pub(crate) fn neighbour(&self, app: &CompositeApp, cluster: &ClusterRef, group: &str) -> Option<String> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let here = places.get(&(app.clone(), cluster.clone()))?;
        here.keys().find(|other| *other != group).cloned()
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

    fn place() -> (CompositeApp, ClusterRef) {
        let app = CompositeApp { project: "p".into(), name: "a".into(), version: "v1".into() };
        (app, ClusterRef { provider: "edge".into(), cluster: "a".into() })
    }

    #[test]
    fn with_fixed_names_the_second_may_not_come_before_the_first_is_gone() {
        let ((app, place), occupancy) = (place(), Occupancy::default());
        let taken = Err(Denied::Occupied("one".to_owned()));
        assert_eq!(occupancy.reserve(Names::Fixed, &app, &place, "one"), Ok(()));
        assert_eq!(occupancy.reserve(Names::Fixed, &app, &place, "one"), Ok(()), "it may ask again");
        assert_eq!(occupancy.reserve(Names::Fixed, &app, &place, "two"), taken);
        assert_eq!(occupancy.reserve(Names::Unique, &app, &place, "two"), Ok(()));
        occupancy.leave(&app, &place, "one");
        occupancy.leave(&app, &place, "two");
        assert_eq!(occupancy.reserve(Names::Fixed, &app, &place, "three"), Ok(()));
    }

    #[test]
    fn while_names_are_unknown_it_waits_only_for_what_will_tell() {
        let ((app, place), occupancy) = (place(), Occupancy::default());
        let elsewhere = ClusterRef { cluster: "b".into(), ..place.clone() };
        occupancy.enter(&app, &place, "one");
        let ask = || occupancy.reserve(Names::Unknown, &app, &place, "two");
        assert_eq!(ask(), Err(Denied::Occupied("one".to_owned())), "nothing is on its way");
        assert_eq!(occupancy.reserve(Names::Unknown, &app, &elsewhere, "three"), Ok(()));
        assert_eq!(ask(), Err(Denied::Unclear("one".to_owned())));
        occupancy.enter(&app, &elsewhere, "three");
        assert_eq!(ask(), Err(Denied::Occupied("one".to_owned())), "it came, and told nothing");
    }
}
