//! From a path to what it names.

use super::listen::Scope;
use crate::database::Kind;
use crate::{cloud, orchestrator};

/// What a path names. Keys are paths below `/v2/`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// All resources of a kind below a parent; the root's key is empty.
    Collection {
        kind: Kind,
        key: String,
        parent: String,
    },
    Item {
        kind: Kind,
        key: String,
    },
    GroupAction {
        group: String,
        action: orchestrator::action::Action,
    },
    GroupStatus {
        group: String,
    },
    CloudAction {
        cloud: String,
        action: cloud::Action,
    },
    CloudStatus {
        cloud: String,
    },
}

/// Finds the route of `path` on a listener of `scope`.
pub(super) fn find(path: &str, scope: Scope) -> Option<Route> {
    let below = path.strip_prefix("/v2/")?;
    let segments: Vec<&str> = below.split('/').collect();
    if segments.iter().any(|segment| segment.is_empty()) {
        return None;
    }
    let (service, route) = match segments.as_slice() {
        ["controllers", rest @ ..] => (Scope::Orchestrator, items(rest, Kind::Controller, below)?),
        ["cluster-providers", rest @ ..] => (Scope::Clm, cluster_providers(rest, below)?),
        ["projects", _, "logical-clouds", rest @ ..] => (Scope::Dcm, logical_clouds(rest, below)?),
        ["projects", _, "composite-apps", rest @ ..] => (Scope::Orchestrator, composite_apps(rest, below)?),
        ["projects", rest @ ..] => (Scope::Orchestrator, items(rest, Kind::Project, below)?),
        _ => return None,
    };
    (scope == Scope::Everything || scope == service).then_some(route)
}

/// The collection itself (nothing left) or one of its items (one segment left).
fn items(rest: &[&str], kind: Kind, key: &str) -> Option<Route> {
    match rest {
        [] => {
            let parent = key.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
            Some(Route::Collection { kind, key: key.into(), parent })
        }
        [_] => Some(Route::Item { kind, key: key.into() }),
        _ => None,
    }
}

fn cluster_providers(rest: &[&str], key: &str) -> Option<Route> {
    match rest {
        [_, "clusters", _, "labels", rest @ ..] => items(rest, Kind::ClusterLabel, key),
        [_, "clusters", rest @ ..] => items(rest, Kind::Cluster, key),
        rest => items(rest, Kind::ClusterProvider, key),
    }
}

fn logical_clouds(rest: &[&str], key: &str) -> Option<Route> {
    match rest {
        [_, "cluster-references", rest @ ..] => items(rest, Kind::ClusterReference, key),
        [_, "user-permissions", rest @ ..] => items(rest, Kind::UserPermission, key),
        [_, "status"] => Some(Route::CloudStatus { cloud: above(key) }),
        [_, action] => Some(Route::CloudAction { cloud: above(key), action: cloud::Action::parse(action)? }),
        rest => items(rest, Kind::LogicalCloud, key),
    }
}

fn composite_apps(rest: &[&str], key: &str) -> Option<Route> {
    match rest {
        [_, _, "apps", _, "dependency", rest @ ..] => items(rest, Kind::AppDependency, key),
        [_, _, "apps", rest @ ..] => items(rest, Kind::App, key),
        [_, _, "composite-profiles", _, "profiles", rest @ ..] => items(rest, Kind::AppProfile, key),
        [_, _, "composite-profiles", rest @ ..] => items(rest, Kind::CompositeProfile, key),
        [_, _, "deployment-intent-groups", rest @ ..] => groups(rest, key),
        // An item of this collection is a name and a version.
        [_, _] => Some(Route::Item { kind: Kind::CompositeApp, key: key.into() }),
        [] => items(rest, Kind::CompositeApp, key),
        _ => None,
    }
}

fn groups(rest: &[&str], key: &str) -> Option<Route> {
    match rest {
        [_, "generic-placement-intents", _, "app-intents", rest @ ..] => items(rest, Kind::AppIntent, key),
        [_, "generic-placement-intents", rest @ ..] => items(rest, Kind::GenericPlacementIntent, key),
        [_, "intents", rest @ ..] => items(rest, Kind::GroupIntent, key),
        [_, "status"] => Some(Route::GroupStatus { group: above(key) }),
        [_, action] => {
            let action = orchestrator::action::Action::parse(action)?;
            Some(Route::GroupAction { group: above(key), action })
        }
        rest => items(rest, Kind::Group, key),
    }
}

fn above(key: &str) -> String {
    key.rsplit_once('/').map_or("", |(above, _)| above).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(path: &str, scope: Scope) -> Option<(Kind, bool)> {
        match find(path, scope)? {
            Route::Collection { kind, .. } => Some((kind, false)),
            Route::Item { kind, .. } => Some((kind, true)),
            Route::GroupAction { .. }
            | Route::GroupStatus { .. }
            | Route::CloudAction { .. }
            | Route::CloudStatus { .. } => None,
        }
    }

    #[test]
    fn every_resource_has_its_paths() {
        let all = Scope::Everything;
        let app = "/v2/projects/p/composite-apps/a/v1";
        let group = format!("{app}/deployment-intent-groups/g");
        for (path, found) in [
            ("/v2/controllers".to_owned(), Kind::Controller),
            ("/v2/cluster-providers/e/clusters/c/labels".to_owned(), Kind::ClusterLabel),
            ("/v2/projects".to_owned(), Kind::Project),
            ("/v2/projects/p/logical-clouds/l/cluster-references".to_owned(), Kind::ClusterReference),
            ("/v2/projects/p/composite-apps".to_owned(), Kind::CompositeApp),
            (format!("{app}/apps"), Kind::App),
            (format!("{app}/apps/x/dependency"), Kind::AppDependency),
            (format!("{app}/composite-profiles/x/profiles"), Kind::AppProfile),
            (format!("{group}/generic-placement-intents/i/app-intents"), Kind::AppIntent),
            (format!("{group}/intents"), Kind::GroupIntent),
        ] {
            assert_eq!(kind(&path, all), Some((found, false)), "{path}");
            if found != Kind::CompositeApp {
                assert_eq!(kind(&format!("{path}/name"), all), Some((found, true)), "{path}");
            }
        }
        assert_eq!(kind(app, all), Some((Kind::CompositeApp, true)));
        assert_eq!(kind(&group, all), Some((Kind::Group, true)));
    }

    #[test]
    fn a_service_of_its_own_serves_only_its_resources() {
        assert_eq!(kind("/v2/cluster-providers", Scope::Orchestrator), None);
        assert_eq!(kind("/v2/cluster-providers", Scope::Clm), Some((Kind::ClusterProvider, false)));
        assert_eq!(kind("/v2/projects/p/logical-clouds", Scope::Orchestrator), None);
        assert_eq!(kind("/v2/projects/p/logical-clouds", Scope::Dcm), Some((Kind::LogicalCloud, false)));
        assert_eq!(kind("/v2/projects", Scope::Dcm), None);
    }

    #[test]
    fn what_is_no_path_of_emco_is_not_found() {
        for path in ["/", "/v2", "/v2/", "/v2/projects/", "/v2//projects", "/v2/nothing", "/v2/projects/p/x"]
        {
            assert_eq!(find(path, Scope::Everything), None, "{path}");
        }
        assert_eq!(find("/v2/projects/p/logical-clouds/l/explode", Scope::Everything), None);
    }

    #[test]
    fn actions_name_their_group() {
        let path = "/v2/projects/p/composite-apps/a/v1/deployment-intent-groups/g";
        let group = path.trim_start_matches("/v2/").to_owned();
        let action = orchestrator::action::Action::Instantiate;
        let found = find(&format!("{path}/instantiate"), Scope::Everything);
        assert_eq!(found, Some(Route::GroupAction { group: group.clone(), action }));
        assert_eq!(find(&format!("{path}/status"), Scope::Everything), Some(Route::GroupStatus { group }));
    }
}
