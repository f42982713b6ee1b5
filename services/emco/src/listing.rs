//! What an operator has set up: projects, composite apps, profiles, logical clouds, clusters.

use serde::{Deserialize, Serialize};

use crate::paths::Path;
use crate::{Client, CompositeApp, EmcoError, Metadata, Named, Service, States};

/// A cluster that a logical cloud spans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterReference {
    /// Its metadata.
    pub metadata: Metadata,
    /// Which cluster.
    pub spec: ClusterReferenceSpec,
}

/// Which cluster a reference names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterReferenceSpec {
    /// Provider.
    pub cluster_provider: String,
    /// Cluster.
    pub cluster: String,
}

/// An app's part of a composite profile.
#[derive(Debug, Deserialize)]
struct AppProfile {
    spec: AppProfileSpec,
}

/// Which app it is for.
#[derive(Debug, Deserialize)]
struct AppProfileSpec {
    app: String,
}

/// The status of a logical cloud.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CloudStatus {
    /// The log of what was asked of EMCO.
    pub states: States,
    /// Created, Instantiating, Instantiated, …; empty before the first instantiation.
    pub deployed_status: String,
}

impl CloudStatus {
    /// What was last done with it, where groups cannot be deployed to it before it is instantiated anew. An
    /// instantiation that is under way is none of that.
    pub fn unusable(&self) -> Option<&str> {
        let last = self.states.actions.last().map_or("Created", |action| action.state.as_str());
        match (last, self.deployed_status.as_str()) {
            ("Instantiated" | "Updated", "InstantiateFailed" | "Terminated") => Some(&self.deployed_status),
            ("Instantiated" | "Updated", _) => None,
            _ => Some(last),
        }
    }
}

/// Each call's error is an [`EmcoError`]; what may be done about it is in [`EmcoError::class`].
impl Client {
    /// Whether a project is there.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn has_project(&self, project: &str) -> Result<bool, EmcoError> {
        let path = Path::root().then("projects", project);
        Ok(self.find::<Named>(Service::Orchestrator, path).await?.is_some())
    }

    /// Whether a composite app is there in this version.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn has_composite_app(&self, app: &CompositeApp) -> Result<bool, EmcoError> {
        Ok(self.find::<Named>(Service::Orchestrator, app.path()).await?.is_some())
    }

    /// The names of the apps of a composite app.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn apps(&self, app: &CompositeApp) -> Result<Vec<String>, EmcoError> {
        let apps: Vec<Named> = self.list(Service::Orchestrator, app.path().map(|p| p.list("apps"))).await?;
        Ok(apps.into_iter().map(|app| app.metadata.name).collect())
    }

    /// Whether a composite profile is there.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn has_composite_profile(&self, app: &CompositeApp, profile: &str) -> Result<bool, EmcoError> {
        let path = app.path().and_then(|p| p.then("composite-profiles", profile));
        Ok(self.find::<Named>(Service::Orchestrator, path).await?.is_some())
    }

    /// The apps that a composite profile has a profile for.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn profiled_apps(&self, app: &CompositeApp, profile: &str) -> Result<Vec<String>, EmcoError> {
        let path = app.path().and_then(|p| p.then("composite-profiles", profile)).map(|p| p.list("profiles"));
        let profiles: Vec<AppProfile> = self.list(Service::Orchestrator, path).await?;
        Ok(profiles.into_iter().map(|profile| profile.spec.app).collect())
    }

    /// The status of a logical cloud; `None` where it is not there, or has none.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn cloud_status(&self, project: &str, cloud: &str) -> Result<Option<CloudStatus>, EmcoError> {
        let path = Path::root().then("projects", project).and_then(|p| p.then("logical-clouds", cloud));
        self.find(Service::Dcm, path.map(|p| p.list("status"))).await
    }

    /// Whether a logical cloud is there.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn has_logical_cloud(&self, project: &str, cloud: &str) -> Result<bool, EmcoError> {
        let path = Path::root().then("projects", project).and_then(|p| p.then("logical-clouds", cloud));
        Ok(self.find::<Named>(Service::Dcm, path).await?.is_some())
    }

    /// The clusters that a logical cloud spans.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn cluster_references(
        &self,
        project: &str,
        cloud: &str,
    ) -> Result<Vec<ClusterReference>, EmcoError> {
        let path = Path::root().then("projects", project).and_then(|p| p.then("logical-clouds", cloud));
        self.list(Service::Dcm, path.map(|p| p.list("cluster-references"))).await
    }

    /// Whether a cluster is known to clm.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn has_cluster(&self, provider: &str, cluster: &str) -> Result<bool, EmcoError> {
        let path = Path::root().then("cluster-providers", provider).and_then(|p| p.then("clusters", cluster));
        Ok(self.find::<Named>(Service::Clm, path).await?.is_some())
    }
}
