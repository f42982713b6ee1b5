//! Calls on deployment intent groups.

use std::collections::BTreeMap;

use crate::paths::Path;
use crate::types::group::IntentList;
use crate::{
    AppIntent, Client, CompositeApp, EmcoError, Group, GroupRef, GroupStatus, Intents, Named, Output, Reason,
    Service, StatusKind,
};

/// An action without a body.
const EMPTY: Option<&()> = None;

impl GroupRef {
    fn placements(&self) -> Result<Path, Reason> {
        Ok(self.path()?.list("generic-placement-intents"))
    }

    fn app_intents(&self, placement: &str) -> Result<Path, Reason> {
        Ok(self.placements()?.name(placement)?.list("app-intents"))
    }

    fn intents(&self) -> Result<Path, Reason> {
        Ok(self.path()?.list("intents"))
    }
}

/// Each call's error is an [`EmcoError`]; what may be done about it is in [`EmcoError::class`].
impl Client {
    /// The groups of a composite app.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn groups(&self, app: &CompositeApp) -> Result<Vec<Group>, EmcoError> {
        let path = app.path().map(|p| p.list("deployment-intent-groups"));
        self.list(Service::Orchestrator, path).await
    }

    /// A group, if it is there.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn group(&self, group: &GroupRef) -> Result<Option<Group>, EmcoError> {
        self.find(Service::Orchestrator, group.path()).await
    }

    /// Creates a group. Repeated, it is 409.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn create_group(&self, app: &CompositeApp, group: &Group) -> Result<(), EmcoError> {
        self.post(app.path().map(|p| p.list("deployment-intent-groups")), Some(group)).await
    }

    /// The generic placement intents of a group.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn placements(&self, group: &GroupRef) -> Result<Vec<Named>, EmcoError> {
        self.list(Service::Orchestrator, group.placements()).await
    }

    /// Creates a generic placement intent.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn create_placement(&self, group: &GroupRef, placement: &Named) -> Result<(), EmcoError> {
        self.post(group.placements(), Some(placement)).await
    }

    /// The app intents of a generic placement intent.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn app_intents(&self, group: &GroupRef, placement: &str) -> Result<Vec<AppIntent>, EmcoError> {
        self.list(Service::Orchestrator, group.app_intents(placement)).await
    }

    /// Creates an app intent.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn create_app_intent(
        &self,
        group: &GroupRef,
        placement: &str,
        intent: &AppIntent,
    ) -> Result<(), EmcoError> {
        self.post(group.app_intents(placement), Some(intent)).await
    }

    /// The intents that a group names, by kind. EMCO does not say under which names the objects that name them are
    /// kept.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn intents(&self, group: &GroupRef) -> Result<Vec<BTreeMap<String, String>>, EmcoError> {
        let found: IntentList = self.get(Service::Orchestrator, group.intents()).await?;
        Ok(found.intent)
    }

    /// Whether an object of this name names a group's intents.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn has_intents(&self, group: &GroupRef, intents: &str) -> Result<bool, EmcoError> {
        let path = group.intents().and_then(|p| p.name(intents));
        Ok(self.find::<Named>(Service::Orchestrator, path).await?.is_some())
    }

    /// Creates the object that names a group's intents.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn create_intents(&self, group: &GroupRef, intents: &Intents) -> Result<(), EmcoError> {
        self.post(group.intents(), Some(intents)).await
    }

    /// Approves a group: the one action that may be repeated.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn approve(&self, group: &GroupRef) -> Result<(), EmcoError> {
        self.act(group, "approve").await
    }

    /// Asks for a group to be deployed. A 202 says that rsync took it, not that anything runs. Two at the same time
    /// are both accepted and both carried out.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn instantiate(&self, group: &GroupRef) -> Result<(), EmcoError> {
        self.act(group, "instantiate").await
    }

    /// Asks for a group's resources to be removed. A 202 says nothing about them; see [`crate::gone::judge`].
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn terminate(&self, group: &GroupRef) -> Result<(), EmcoError> {
        self.act(group, "terminate").await
    }

    async fn act(&self, group: &GroupRef, action: &str) -> Result<(), EmcoError> {
        self.post(group.path().map(|p| p.list(action)), EMPTY).await
    }

    /// One view of a group's status, when the status budget allows; `None` where the group is not there.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn status(
        &self,
        group: &GroupRef,
        kind: StatusKind,
        output: Output,
    ) -> Result<Option<GroupStatus>, EmcoError> {
        let query = match (kind, output) {
            (StatusKind::Deployed, Output::All) => "status=deployed",
            (StatusKind::Deployed, Output::Detail) => "status=deployed&output=detail",
            (StatusKind::Ready, Output::All) => "status=ready",
            (StatusKind::Ready, Output::Detail) => "status=ready&output=detail",
        };
        let _turn = self.budget().turn().await;
        self.find(Service::Orchestrator, group.path().map(|p| p.list("status").query(query))).await
    }

    /// Deletes an app intent; one that is not there counts as deleted.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn delete_app_intent(
        &self,
        group: &GroupRef,
        placement: &str,
        intent: &str,
    ) -> Result<(), EmcoError> {
        self.delete(group.app_intents(placement).and_then(|p| p.name(intent))).await
    }

    /// Deletes a generic placement intent, whose app intents must be gone.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn delete_placement(&self, group: &GroupRef, placement: &str) -> Result<(), EmcoError> {
        self.delete(group.placements().and_then(|p| p.name(placement))).await
    }

    /// Deletes the object that names a group's intents.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn delete_intents(&self, group: &GroupRef, intents: &str) -> Result<(), EmcoError> {
        self.delete(group.intents().and_then(|p| p.name(intents))).await
    }

    /// Deletes a group, whose children must be gone: deleted earlier it answers 409, but has lost its contexts and
    /// can never be deleted again.
    ///
    /// # Errors
    /// [`EmcoError`].
    pub async fn delete_group(&self, group: &GroupRef) -> Result<(), EmcoError> {
        self.delete(group.path()).await
    }
}
