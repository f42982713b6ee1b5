//! Where an app of a composite goes.

use serde::{Deserialize, Serialize};

use super::null_is_empty;

/// All of these clusters, and any of those.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PlacementIntent {
    /// Every one of these.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub all_of: Vec<ClusterTerm>,
    /// One of these.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub any_of: Vec<ClusterTerm>,
}

/// One cluster, the clusters with a label, or one of several.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterTerm {
    /// Provider.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cluster_provider: String,
    /// Cluster by name.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cluster: String,
    /// Clusters by label.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub cluster_label: String,
    /// One of these.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "null_is_empty")]
    pub any_of: Vec<ClusterTerm>,
}

impl PlacementIntent {
    /// Exactly this cluster.
    pub fn at(provider: &str, cluster: &str) -> Self {
        let term = ClusterTerm {
            cluster_provider: provider.to_owned(),
            cluster: cluster.to_owned(),
            ..ClusterTerm::default()
        };
        Self { all_of: vec![term], any_of: Vec::new() }
    }

    /// One of these clusters, given by provider and name.
    pub fn one_of<'c>(clusters: impl IntoIterator<Item = (&'c str, &'c str)>) -> Self {
        let any_of = clusters.into_iter().flat_map(|(provider, cluster)| Self::at(provider, cluster).all_of);
        Self { all_of: Vec::new(), any_of: any_of.collect() }
    }

    /// Whether it leaves the choice among named clusters to EMCO.
    pub fn is_choice(&self) -> bool {
        let named = |term: &ClusterTerm| {
            !term.cluster.is_empty() && term.cluster_label.is_empty() && term.any_of.is_empty()
        };
        self.all_of.is_empty() && self.any_of.len() > 1 && self.any_of.iter().all(named)
    }

    /// Provider and cluster, where it names exactly one cluster and nothing else.
    pub fn single(&self) -> Option<(&str, &str)> {
        match (self.all_of.as_slice(), self.any_of.as_slice()) {
            ([one], []) | ([], [one]) if one.cluster_label.is_empty() && one.any_of.is_empty() => {
                (!one.cluster.is_empty()).then_some((one.cluster_provider.as_str(), one.cluster.as_str()))
            }
            _ => None,
        }
    }
}
