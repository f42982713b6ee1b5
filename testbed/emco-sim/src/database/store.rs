//! Resources by path.

use std::collections::BTreeMap;
use std::ops::Bound;

use serde::de::DeserializeOwned;

use super::document::{AppIntent, AppProfileSpec, ClusterReferenceSpec, GroupSpec, Specified};
use super::{Kind, schema};
use crate::chart::Chart;
use crate::names::ClusterName;

/// What was uploaded with a resource, as far as it matters.
#[derive(Debug, Clone)]
pub(crate) enum Payload {
    None,
    /// An app's chart and its file.
    Chart(Chart, bytes::Bytes),
    /// A kubeconfig or a profile.
    File(bytes::Bytes),
}

/// One resource.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) kind: Kind,
    /// Its canonical form.
    pub(crate) json: String,
    pub(crate) payload: Payload,
    created: u64,
}

impl Document {
    /// Its content; `None` where the kind is another.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(&self.json).ok()
    }
}

/// Every resource, by its path below `/v2/`.
#[derive(Debug, Default)]
pub(crate) struct Store {
    documents: BTreeMap<String, Document>,
    created: u64,
}

impl Store {
    pub(crate) fn get(&self, key: &str) -> Option<&Document> {
        self.documents.get(key)
    }

    pub(crate) fn read<T: DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.get(key)?.read()
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.documents.contains_key(key)
    }

    /// Adds or replaces; a replaced resource keeps its place in lists.
    pub(crate) fn put(&mut self, key: &str, kind: Kind, json: String, payload: Payload) {
        let created = self.documents.get(key).map_or(self.created, |known| known.created);
        self.created += 1;
        self.documents.insert(key.into(), Document { kind, json, payload, created });
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.documents.remove(key);
    }

    /// The resources of `kind` directly below `parent`, in the order of their creation.
    pub(crate) fn list(&self, kind: Kind, parent: &str) -> Vec<(&str, &Document)> {
        let mut found: Vec<_> = self.below(parent).filter(|(_, document)| document.kind == kind).collect();
        found.sort_by_key(|(_, document)| document.created);
        found
    }

    pub(crate) fn has_children(&self, key: &str) -> bool {
        self.below(key).next().is_some()
    }

    /// Whether another resource names this one.
    pub(crate) fn is_referenced(&self, kind: Kind, key: &str) -> bool {
        let name = key.rsplit('/').next().unwrap_or(key);
        match kind {
            Kind::App => {
                let scope = scope(key, 2);
                self.has_profile(scope, name)
                    || self.any(Kind::AppIntent, scope, |i: AppIntent| i.spec.app == name)
            }
            Kind::CompositeProfile => self
                .any(Kind::Group, scope(key, 2), |g: Specified<GroupSpec>| g.spec.composite_profile == name),
            Kind::LogicalCloud => {
                self.any(Kind::Group, scope(key, 2), |g: Specified<GroupSpec>| g.spec.logical_cloud == name)
            }
            Kind::Cluster => {
                let provider = key.split('/').nth(1).unwrap_or_default();
                self.any(Kind::ClusterReference, "projects", |r: Specified<ClusterReferenceSpec>| {
                    r.spec.cluster_provider == provider && r.spec.cluster == name
                })
            }
            Kind::Controller
            | Kind::ClusterProvider
            | Kind::ClusterLabel
            | Kind::Project
            | Kind::ClusterReference
            | Kind::UserPermission
            | Kind::CompositeApp
            | Kind::AppDependency
            | Kind::AppProfile
            | Kind::Group
            | Kind::GenericPlacementIntent
            | Kind::AppIntent
            | Kind::GroupIntent => false,
        }
    }

    /// Whether an app has a profile somewhere below `scope`.
    pub(crate) fn has_profile(&self, scope: &str, app: &str) -> bool {
        self.any(Kind::AppProfile, scope, |profile: Specified<AppProfileSpec>| profile.spec.app == app)
    }

    /// The clusters of a provider that carry a label.
    pub(crate) fn clusters_with_label(&self, provider: &str, label: &str) -> Vec<ClusterName> {
        let provider_key = format!("cluster-providers/{provider}");
        let clusters = self.list(Kind::Cluster, &provider_key).into_iter();
        clusters
            .filter(|(key, _)| self.contains(&format!("{key}/labels/{label}")))
            .filter_map(|(key, _)| key.rsplit('/').next())
            .filter(|name| schema::is_name(name))
            .map(|name| ClusterName::new(provider, name))
            .collect()
    }

    fn any<T: DeserializeOwned>(&self, kind: Kind, scope: &str, holds: impl Fn(T) -> bool) -> bool {
        self.below(scope)
            .filter(|(_, document)| document.kind == kind)
            .filter_map(|(_, d)| d.read())
            .any(holds)
    }

    fn below<'a>(&'a self, key: &str) -> impl Iterator<Item = (&'a str, &'a Document)> + use<'a> {
        let prefix = if key.is_empty() { String::new() } else { format!("{key}/") };
        let from = self.documents.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        from.take_while(move |(key, _)| key.starts_with(&prefix))
            .map(|(key, document)| (key.as_str(), document))
    }
}

/// `key` without its last `levels` segments.
fn scope(key: &str, levels: usize) -> &str {
    key.rsplitn(levels + 1, '/').last().unwrap_or(key)
}
