//! Whether a chart's resource names carry the release. If they do not, two releases on one cluster silently share
//! their objects, and removing one removes the other's.

use std::collections::BTreeSet;

use emco::{CompositeApp, GroupStatus};

/// What is known of a chart's resource names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// Nothing yet: no release was seen whose names tell.
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

/// The names that one release has on its cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sample {
    release: String,
    /// Kind and name. Pods do not count: their names are made by the cluster.
    objects: BTreeSet<(String, String)>,
    /// Words that names may carry whatever the release: those of the composite app.
    words: BTreeSet<String>,
}

impl Sample {
    /// What a status shows of a release.
    pub(crate) fn of(status: &GroupStatus, app: &CompositeApp, release: &str) -> Self {
        let resources = status.resources().filter(|resource| resource.gvk.kind != "Pod");
        let words = status.apps.iter().map(|app| app.name.clone());
        Self {
            release: release.to_owned(),
            objects: resources.map(|r| (r.gvk.kind.clone(), r.name.clone())).collect(),
            words: words.chain([app.name.clone(), app.version.clone()]).collect(),
        }
    }

    /// What it tells alone. A release of ours is a word that no fixed name has; one that others chose is believed
    /// where it stands for itself and is no word of the composite app.
    fn tells(&self) -> Names {
        let release = self.release.as_str();
        let all = |carry: &dyn Fn(&str) -> bool| self.objects.iter().all(|(_, name)| carry(name));
        if release.is_empty() || self.objects.is_empty() {
            Names::Unknown
        } else if !all(&|name| name.contains(release)) {
            Names::Fixed
        } else if release.starts_with("er-")
            || (!self.words.contains(release) && all(&|name| has_word(name, release)))
        {
            Names::Unique
        } else {
            Names::Unknown
        }
    }

    /// What two releases tell together: nothing where they are called alike, on two clusters.
    fn tells_beside(&self, other: &Self) -> Names {
        if self.release == other.release || self.objects.is_empty() || other.objects.is_empty() {
            Names::Unknown
        } else if self.objects.is_disjoint(&other.objects) {
            Names::Unique
        } else {
            Names::Fixed
        }
    }
}

/// What releases of one chart tell of its names; one bad word outweighs every good one.
pub(crate) fn learn(samples: &[Sample]) -> Names {
    let alone = samples.iter().map(Sample::tells);
    let pairs = samples.iter().enumerate().flat_map(|(at, one)| {
        let later = samples.get(at + 1..).unwrap_or_default();
        later.iter().map(move |other| one.tells_beside(other))
    });
    alone.chain(pairs).fold(Names::Unknown, |known, next| match (known, next) {
        (Names::Fixed, _) | (_, Names::Fixed) => Names::Fixed,
        (Names::Unique, _) | (_, Names::Unique) => Names::Unique,
        (Names::Unknown, Names::Unknown) => Names::Unknown,
    })
}

/// Whether the word stands in the name with nothing but its ends or punctuation around it.
fn has_word(name: &str, word: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric();
    name.match_indices(word).any(|(at, _)| {
        let (before, after) = (&name[..at], &name[at + word.len()..]);
        !before.ends_with(inner) && !after.starts_with(inner)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(release: &str, names: &[(&str, &str)]) -> Sample {
        let resources: Vec<_> = names
            .iter()
            .map(|(kind, name)| serde_json::json!({"GVK": {"Kind": kind}, "name": name}))
            .collect();
        let apps = serde_json::json!({"apps": [{"name": "srv", "clusters": [{"resources": resources}]}]});
        let status: GroupStatus = serde_json::from_value(apps).expect("a status");
        let app = CompositeApp { project: "p".into(), name: "edgeapp".into(), version: "v1".into() };
        Sample::of(&status, &app, release)
    }

    #[test]
    fn one_fixed_name_is_enough_to_collide() {
        let release = "er-0a1b2c3d4e5f";
        let unique = [("Deployment", "er-0a1b2c3d4e5f-srv"), ("Pod", "whatever")];
        assert_eq!(learn(&[sample(release, &unique)]), Names::Unique);
        let mixed = [("Deployment", "er-0a1b2c3d4e5f-srv"), ("ConfigMap", "srv-cfg")];
        assert_eq!(learn(&[sample(release, &mixed)]), Names::Fixed);
        assert_eq!(learn(&[sample(release, &[])]), Names::Unknown);
    }

    #[test]
    fn a_release_of_others_is_believed_where_it_is_there_by_no_chance() {
        let one = |release, name| learn(&[sample(release, &[("Service", name)])]);
        assert_eq!(one("edge-r1", "edge-r1-srv"), Names::Unique);
        assert_eq!(one("edge-r1", "srv"), Names::Fixed);
        assert_eq!(one("r1", "server12"), Names::Unknown, "a part of a word");
        assert_eq!(one("ser", "server"), Names::Unknown, "a beginning");
        assert_eq!(one("srv", "srv-cfg"), Names::Unknown, "the app's own name");
        assert_eq!(one("v1", "reviews-v1"), Names::Unknown, "the composite app's version");
    }

    #[test]
    fn two_releases_tell_by_what_they_share() {
        let of = |release, name| sample(release, &[("Service", name)]);
        assert_eq!(learn(&[of("srv", "srv-cfg"), of("v1", "v1-cfg")]), Names::Unique);
        assert_eq!(learn(&[of("cfg", "srv-cfg"), of("srv", "srv-cfg")]), Names::Fixed);
        assert_eq!(learn(&[of("srv", "srv-cfg"), of("srv", "srv-cfg")]), Names::Unknown, "two clusters");
    }
}
