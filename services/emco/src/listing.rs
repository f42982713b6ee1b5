//! What an operator has set up: projects, composite apps, profiles, logical clouds, clusters.

use serde::{Deserialize, Serialize};

use crate::paths::Path;
use crate::{Client, CompositeApp, EmcoError, Metadata, Named, Service};

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
