//! Reading a deployment intent group in full, so that another can be made like it.

use std::fmt;

use crate::{Client, EmcoError, GroupRef, GroupSpec, PlacementIntent};

/// All that makes up a group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupCopy {
    /// Profile, release, logical cloud, override values.
    pub spec: GroupSpec,
    /// Relocation id, where EdgeRoam made it.
    pub user_data1: String,
    /// Where each app of the composite is placed.
    pub placements: Vec<AppPlacement>,
    /// What cannot be copied.
    pub obstacles: Vec<Obstacle>,
}

/// Where one app of the composite is placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppPlacement {
    /// Name of the app intent.
    pub intent_name: String,
    /// The app.
    pub app: String,
    /// The clusters.
    pub intent: PlacementIntent,
}

/// Something that a copy would lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// An intent of another controller, whose objects live outside the orchestrator.
    ForeignIntent {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
    /// An app that is not placed on exactly one cluster, so that it is not clear what moves.
    NotOneCluster {
        /// The app.
        app: String,
        /// The app intent.
        intent: String,
    },
    /// An app that is on another cluster than the rest.
    Elsewhere {
        /// The app.
        app: String,
        /// Where it is.
        cluster: String,
    },
    /// No app is placed at all.
    NothingPlaced,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForeignIntent { kind, name } => {
                write!(f, "its {kind} `{name}` belongs to a controller whose objects EdgeRoam cannot copy")
            }
            Self::NotOneCluster { app, intent } => {
                write!(f, "app intent `{intent}` does not place app `{app}` on exactly one named cluster")
            }
            Self::Elsewhere { app, cluster } => {
                write!(f, "app `{app}` is on {cluster}, not where the rest of the composite is")
            }
            Self::NothingPlaced => write!(f, "no app is placed by a generic placement intent"),
        }
    }
}

impl GroupCopy {
    /// Provider and cluster of all apps, where they are on one cluster.
    pub fn cluster(&self) -> Option<(&str, &str)> {
        self.placements.first()?.intent.single()
    }
}

/// The kind under which `intents` names a generic placement intent.
pub(crate) const GENERIC_PLACEMENT: &str = "genericPlacementIntent";

impl Client {
    /// Reads a group with all its children; `None` where it is not there.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn read_in_full(&self, group: &GroupRef) -> Result<Option<GroupCopy>, EmcoError> {
        let Some(found) = self.group(group).await? else { return Ok(None) };
        let mut placements = Vec::new();
        for placement in self.placements(group).await? {
            for intent in self.app_intents(group, &placement.metadata.name).await? {
                placements.push(AppPlacement {
                    intent_name: intent.metadata.name,
                    app: intent.spec.app,
                    intent: intent.spec.intent,
                });
            }
        }
        let mut obstacles = Vec::new();
        for intents in self.intents(group).await? {
            let foreign = intents.into_iter().filter(|(kind, _)| kind != GENERIC_PLACEMENT);
            obstacles.extend(foreign.map(|(kind, name)| Obstacle::ForeignIntent { kind, name }));
        }
        obstacles.extend(judge(&placements));
        let user_data1 = found.metadata.user_data1;
        Ok(Some(GroupCopy { spec: found.spec, user_data1, placements, obstacles }))
    }
}

/// What of these placements cannot be moved as one.
fn judge(placements: &[AppPlacement]) -> Vec<Obstacle> {
    if placements.is_empty() {
        return vec![Obstacle::NothingPlaced];
    }
    let home = placements.iter().find_map(|p| p.intent.single());
    // Of an app alone EMCO has chosen one cluster; several apps it may have put apart.
    if let [alone] = placements
        && alone.intent.is_choice()
    {
        return Vec::new();
    }
    let fault = |p: &AppPlacement| match p.intent.single() {
        None => Some(Obstacle::NotOneCluster { app: p.app.clone(), intent: p.intent_name.clone() }),
        Some(at) if Some(at) != home => {
            Some(Obstacle::Elsewhere { app: p.app.clone(), cluster: format!("{}/{}", at.0, at.1) })
        }
        Some(_) => None,
    };
    placements.iter().filter_map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClusterTerm;

    fn placed(app: &str, intent: PlacementIntent) -> AppPlacement {
        AppPlacement { intent_name: format!("{app}-place"), app: app.to_owned(), intent }
    }

    #[test]
    fn apps_on_one_cluster_are_copied() {
        let placements = ["web", "db"].map(|app| placed(app, PlacementIntent::at("edge", "a")));
        assert_eq!(judge(&placements), []);
    }

    #[test]
    fn what_cannot_be_moved_is_named() {
        let label = ClusterTerm { cluster_label: "zone".into(), ..ClusterTerm::default() };
        let by_label = PlacementIntent { all_of: vec![label], any_of: vec![] };
        let two = PlacementIntent {
            all_of: [PlacementIntent::at("edge", "a").all_of, PlacementIntent::at("edge", "b").all_of]
                .concat(),
            any_of: vec![],
        };
        let found = judge(&[
            placed("web", PlacementIntent::at("edge", "a")),
            placed("db", PlacementIntent::at("core", "c")),
            placed("log", by_label),
            placed("both", two),
        ]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].to_string().contains("`db` is on core/c"));
        assert!(found[1].to_string().contains("log-place"));
        assert_eq!(judge(&[]), [Obstacle::NothingPlaced]);
    }
}
