//! Whether a chart's resource names carry the release. If they do not, two releases on one cluster silently share
//! their objects, and removing one removes the other's.

use emco::GroupStatus;

/// What is known of a chart's resource names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// Nothing yet: no release of ours has been seen.
    Unknown,
    /// Every name carries the release.
    Unique,
    /// Some do not: at most one instance a cluster.
    Fixed,
}

impl Names {
    /// Whether a second release may be on a cluster.
    pub(crate) const fn allow_neighbours(self) -> bool {
        matches!(self, Self::Unique)
    }

    /// As kept in the store.
    pub(crate) const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::Unknown => b"unknown",
            Self::Unique => b"unique",
            Self::Fixed => b"fixed",
        }
    }

    /// As kept in the store.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        match bytes {
            b"unique" => Self::Unique,
            b"fixed" => Self::Fixed,
            _ => Self::Unknown,
        }
    }
}

/// What the status of a release of ours tells; releases made by others may be part of a fixed name by chance. Pods
/// do not count: their names are made by the cluster.
pub(crate) fn learn(status: &GroupStatus, release: &str) -> Names {
    let mut names = status.resources().filter(|r| r.gvk.kind != "Pod").map(|r| r.name.as_str()).peekable();
    if !release.starts_with("er-") || names.peek().is_none() {
        Names::Unknown
    } else if names.all(|name| name.contains(release)) {
        Names::Unique
    } else {
        Names::Fixed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(names: &[(&str, &str)]) -> GroupStatus {
        let resources: Vec<_> = names
            .iter()
            .map(|(kind, name)| serde_json::json!({"GVK": {"Kind": kind}, "name": name}))
            .collect();
        let apps = serde_json::json!({"apps": [{"name": "srv", "clusters": [{"resources": resources}]}]});
        serde_json::from_value(apps).expect("a status")
    }

    #[test]
    fn one_fixed_name_is_enough_to_collide() {
        let release = "er-0a1b2c3d4e5f";
        let unique = [("Deployment", "er-0a1b2c3d4e5f-srv"), ("Pod", "whatever")];
        assert_eq!(learn(&status(&unique), release), Names::Unique);
        let mixed = [("Deployment", "er-0a1b2c3d4e5f-srv"), ("ConfigMap", "srv-cfg")];
        assert_eq!(learn(&status(&mixed), release), Names::Fixed);
        assert_eq!(learn(&status(&[]), release), Names::Unknown);
        assert_eq!(learn(&status(&[("Service", "r1")]), "r1"), Names::Unknown);
    }
}
