//! Deployment intent groups and their children.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::null_is_empty;
use crate::PlacementIntent;

/// What every object carries.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    /// Its name among its siblings.
    pub name: String,
    /// Free text.
    pub description: String,
    /// Free for users; EdgeRoam keeps the relocation id here.
    pub user_data1: String,
    /// Free for users.
    pub user_data2: String,
}

impl Metadata {
    /// With a name and nothing else.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// An object of which only the name matters.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Named {
    /// Its metadata.
    pub metadata: Metadata,
}

/// A deployment intent group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its metadata.
    pub metadata: Metadata,
    /// What it deploys.
    pub spec: GroupSpec,
}

/// What a deployment intent group deploys.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroupSpec {
    /// Composite profile.
    pub composite_profile: String,
    /// The Helm release name.
    pub version: String,
    /// Logical cloud.
    pub logical_cloud: String,
    /// `{app, values}` objects, opaque to EdgeRoam.
    #[serde(deserialize_with = "null_is_empty")]
    pub override_values: Vec<serde_json::Value>,
}

/// Which clusters an app of the composite goes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppIntent {
    /// Its metadata; EMCO answers with the name alone.
    pub metadata: Metadata,
    /// App and clusters.
    pub spec: AppIntentSpec,
}

/// App and clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AppIntentSpec {
    /// The app of the composite.
    pub app: String,
    /// The clusters.
    pub intent: PlacementIntent,
}

/// Names the intents that make up a group; without one, instantiating answers 404.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intents {
    /// Its metadata.
    pub metadata: Metadata,
    /// The intents.
    pub spec: IntentsSpec,
}

/// The intents, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntentsSpec {
    /// Kind (`genericPlacementIntent`, …) and name.
    #[serde(deserialize_with = "null_is_empty")]
    pub intent: BTreeMap<String, String>,
}

/// What a list of them is: the maps alone.
#[derive(Debug, Deserialize)]
pub(crate) struct IntentList {
    #[serde(default, deserialize_with = "null_is_empty")]
    pub(crate) intent: Vec<BTreeMap<String, String>>,
}
