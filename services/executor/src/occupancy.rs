//! Which deployment intent groups are on which cluster, as far as executors put them there or found them there.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use emco::CompositeApp;
use model::ClusterRef;
use tokio::sync::Notify;

use crate::names::Names;
use crate::registry::Key;

type Place = (CompositeApp, ClusterRef);

/// How a group is on a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
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

/// A group of an instance that belongs to another part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stake {
    pub app: CompositeApp,
    pub cluster: ClusterRef,
    pub group: String,
    pub standing: Standing,
    /// Since which position it has stood on the stream, or earlier.
    pub since: u64,
}

/// The groups of each composite app on each cluster.
#[derive(Debug, Default)]
pub(crate) struct Occupancy {
    places: Mutex<Places>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Places {
    ours: BTreeMap<Place, BTreeMap<String, Standing>>,
    /// By instance, as the stream shows them.
    others: BTreeMap<Key, Vec<Stake>>,
}

impl Places {
    /// Another group of the app on the cluster, or one that wanted to go there before this position.
    fn neighbour(&self, app: &CompositeApp, cluster: &ClusterRef, group: &str, at: u64) -> Option<String> {
        let ours = self.ours.get(&(app.clone(), cluster.clone()));
        let ours = ours.into_iter().flat_map(BTreeMap::keys);
        let there = |stake: &&Stake| {
            let first = stake.standing == Standing::There || stake.since < at;
            first && stake.app == *app && stake.cluster == *cluster
        };
        let others = self.others.values().flatten().filter(there).map(|stake| &stake.group);
        ours.chain(others).find(|other| *other != group).cloned()
    }

    /// Whether a group of the app is on its way anywhere.
    fn is_coming(&self, app: &CompositeApp) -> bool {
        let ours = self.ours.iter().filter(|((of, _), _)| of == app).flat_map(|(_, groups)| groups.values());
        let others = self.others.values().flatten().filter(|stake| stake.app == *app);
        ours.chain(others.map(|stake| &stake.standing)).any(|standing| *standing == Standing::Coming)
    }
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
        let mut places = self.lock();
        places.ours.entry((app.clone(), cluster.clone())).or_default().insert(group.to_owned(), standing);
    }

    /// A group wants to go there, and said so at this position of the stream. Whoever said it later gives way, and
    /// has read this by the time that it asks.
    pub(crate) fn reserve(
        &self,
        names: Names,
        app: &CompositeApp,
        cluster: &ClusterRef,
        group: &str,
        at: u64,
    ) -> Result<(), Denied> {
        let mut places = self.lock();
        let other = places.neighbour(app, cluster, group, at);
        let here = (app.clone(), cluster.clone());
        let is_in = places.ours.get(&here).is_some_and(|groups| groups.contains_key(group));
        match other {
            Some(other) if !names.allow_neighbours() && !is_in => {
                let will_tell = names == Names::Unknown && places.is_coming(app);
                Err(if will_tell { Denied::Unclear(other) } else { Denied::Occupied(other) })
            }
            _ => {
                let groups = places.ours.entry(here).or_default();
                groups.entry(group.to_owned()).or_insert(Standing::Coming);
                Ok(())
            }
        }
    }

    /// Another group there, if there is one.
    pub(crate) fn neighbour(&self, app: &CompositeApp, cluster: &ClusterRef, group: &str) -> Option<String> {
        self.lock().neighbour(app, cluster, group, u64::MAX)
    }

    /// What an instance of another part has on clusters by now.
    pub(crate) fn elsewhere(&self, instance: Key, stakes: Vec<Stake>) {
        let mut places = self.lock();
        let before = if stakes.is_empty() {
            places.others.remove(&instance)
        } else {
            places.others.insert(instance, stakes.clone())
        };
        drop(places);
        if before.unwrap_or_default() != stakes {
            self.notify();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A group is gone from there.
    pub(crate) fn leave(&self, app: &CompositeApp, cluster: &ClusterRef, group: &str) {
        let mut places = self.lock();
        if let Some(here) = places.ours.get_mut(&(app.clone(), cluster.clone())) {
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
        assert_eq!(occupancy.reserve(Names::Fixed, &app, &place, "one", 9), Ok(()));
        assert_eq!(occupancy.reserve(Names::Fixed, &app, &place, "one", 9), Ok(()), "it may ask again");
        assert_eq!(occupancy.reserve(Names::Fixed, &app, &place, "two", 9), taken);
        assert_eq!(occupancy.reserve(Names::Unique, &app, &place, "two", 9), Ok(()));
        occupancy.leave(&app, &place, "one");
        occupancy.leave(&app, &place, "two");
        assert_eq!(occupancy.reserve(Names::Fixed, &app, &place, "three", 9), Ok(()));
    }

    #[test]
    fn while_names_are_unknown_it_waits_only_for_what_will_tell() {
        let ((app, place), occupancy) = (place(), Occupancy::default());
        let elsewhere = ClusterRef { cluster: "b".into(), ..place.clone() };
        occupancy.enter(&app, &place, "one");
        let ask = || occupancy.reserve(Names::Unknown, &app, &place, "two", 9);
        assert_eq!(ask(), Err(Denied::Occupied("one".to_owned())), "nothing is on its way");
        assert_eq!(occupancy.reserve(Names::Unknown, &app, &elsewhere, "three", 9), Ok(()));
        assert_eq!(ask(), Err(Denied::Unclear("one".to_owned())));
        occupancy.enter(&app, &elsewhere, "three");
        assert_eq!(ask(), Err(Denied::Occupied("one".to_owned())), "it came, and told nothing");
    }

    #[test]
    fn groups_of_other_parts_stand_in_the_way_until_they_are_gone() {
        let ((app, place), occupancy) = (place(), Occupancy::default());
        let theirs = (
            model::AppId::new("ar").expect("valid"),
            model::InstanceId::new("0123456789abcdef").expect("valid"),
        );
        let stake = |standing| Stake {
            app: app.clone(),
            cluster: place.clone(),
            group: "one".into(),
            standing,
            since: 5,
        };
        occupancy.elsewhere(theirs.clone(), vec![stake(Standing::Coming)]);
        let ask = |names| occupancy.reserve(names, &app, &place, "two", 9);
        assert_eq!(ask(Names::Unknown), Err(Denied::Unclear("one".to_owned())));
        occupancy.elsewhere(theirs.clone(), vec![stake(Standing::There)]);
        assert_eq!(ask(Names::Fixed), Err(Denied::Occupied("one".to_owned())));
        let earlier = occupancy.reserve(Names::Fixed, &app, &place, "three", 3);
        assert!(earlier.is_err(), "it is there, whoever asked first");
        occupancy.elsewhere(theirs.clone(), vec![stake(Standing::Coming)]);
        assert_eq!(occupancy.reserve(Names::Fixed, &app, &place, "three", 3), Ok(()), "that one gives way");
        occupancy.leave(&app, &place, "three");
        occupancy.elsewhere(theirs, Vec::new());
        assert_eq!(ask(Names::Fixed), Ok(()));
    }
}
