//! Logical clouds: a cloud's application context is instantiated on its own, without objects to speak of.

use std::sync::Arc;

use serde::Serialize;

use crate::database::Kind;
use crate::database::document::{GroupSpec, LogicalCloudSpec, Specified};
use crate::database::state::{State, StateInfo};
use crate::refusal::Refusal;
use crate::rsync::{self, AppContext, ContextStatus, Event};
use crate::sim::Inner;

/// An action on a logical cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Instantiate,
    Terminate,
    Update,
}

impl Action {
    /// The last segment of its path.
    pub(crate) fn parse(segment: &str) -> Option<Self> {
        Some(match segment {
            "instantiate" => Self::Instantiate,
            "terminate" => Self::Terminate,
            "update" => Self::Update,
            _ => return None,
        })
    }
}

/// Carries out an action on the cloud at `key`; update answers a document.
///
/// # Errors
/// 404 for an unknown cloud, 400 or 409 where its state does not allow it.
pub(crate) async fn act(inner: &Arc<Inner>, key: &str, action: Action) -> Result<Option<String>, Refusal> {
    let mut info = state(inner, key)?;
    match action {
        Action::Instantiate => {
            may_instantiate(inner, key, &info)?;
            let id = make_context(inner, key).await;
            info.status_context.clone_from(&id);
            info.push(State::Instantiated, &id, 1);
            submit(inner, key, &id, Event::Instantiate, info);
            Ok(None)
        }
        Action::Terminate => {
            terminate(inner, key, info).await?;
            Ok(None)
        }
        Action::Update => {
            let revision = info.last_revision() + 1;
            if status_of(inner, info.last_context()) != Some(ContextStatus::Instantiated) {
                return Err(Refusal::conflict(
                    "Logical Cloud is not in a state where a cluster can be created",
                ));
            }
            let id = make_context(inner, key).await;
            info.push(State::Updated, &id, revision);
            submit(inner, key, &id, Event::Instantiate, info);
            // EMCO answers an empty cloud.
            let nothing = Specified::<LogicalCloudSpec>::default();
            serde_json::to_string(&nothing).map(Some).map_err(|error| Refusal::internal(error.to_string()))
        }
    }
}

async fn terminate(inner: &Arc<Inner>, key: &str, mut info: StateInfo) -> Result<(), Refusal> {
    let id = info.last_context().to_owned();
    if in_use(inner, key) {
        let text = "Found at least one DIG associated with Logical Cloud attempted to be terminated";
        return Err(Refusal::bad_request(text));
    }
    match status_of(inner, &id) {
        None => return Err(Refusal::conflict("The Logical Cloud is not instantiated")),
        Some(ContextStatus::Terminated) => {
            return Err(Refusal::conflict("The Logical Cloud has already been terminated"));
        }
        Some(ContextStatus::Terminating) => {
            return Err(Refusal::conflict("The Logical Cloud is already being terminated"));
        }
        Some(ContextStatus::Instantiating) => {
            return Err(Refusal::conflict("The Logical Cloud is still instantiating"));
        }
        Some(
            ContextStatus::Created
            | ContextStatus::Instantiated
            | ContextStatus::InstantiateFailed
            | ContextStatus::TerminateFailed
            | ContextStatus::Updating
            | ContextStatus::Updated
            | ContextStatus::UpdateFailed,
        ) => (),
    }
    tokio::time::sleep(inner.pace.vary(inner.config.delays.terminate)).await;
    info.push(State::Terminated, &id, 0);
    submit(inner, key, &id, Event::Terminate, info);
    Ok(())
}

fn submit(inner: &Arc<Inner>, key: &str, id: &str, event: Event, info: StateInfo) {
    let mut world = inner.world();
    rsync::handle(inner, &mut world, id, event);
    world.states.insert(key.into(), info);
}

fn may_instantiate(inner: &Inner, key: &str, info: &StateInfo) -> Result<(), Refusal> {
    let refused = match status_of(inner, info.last_context()) {
        None | Some(ContextStatus::Terminated) => None,
        Some(ContextStatus::Terminating) => {
            Some("The Logical Cloud can't be re-instantiated yet, it is being terminated")
        }
        Some(ContextStatus::Created | ContextStatus::Instantiating) => {
            Some("The Logical Cloud is already instantiating")
        }
        Some(
            ContextStatus::Instantiated
            | ContextStatus::Updating
            | ContextStatus::Updated
            | ContextStatus::UpdateFailed,
        ) => Some("The Logical Cloud is already instantiated"),
        Some(ContextStatus::InstantiateFailed) => {
            Some("The Logical Cloud has failed instantiating before, please terminate and try again")
        }
        Some(ContextStatus::TerminateFailed) => {
            Some("The Logical Cloud has failed terminating, please delete the Logical Cloud")
        }
    };
    if let Some(text) = refused {
        return Err(Refusal::conflict(text));
    }
    let world = inner.world();
    if world.store.list(Kind::ClusterReference, key).is_empty() {
        return Err(Refusal::bad_request("No Cluster References associated"));
    }
    let cloud = world.store.read::<Specified<LogicalCloudSpec>>(key).unwrap_or_default();
    if cloud.spec.level == "1" && world.store.list(Kind::UserPermission, key).is_empty() {
        let text = "Level-1 Logical Clouds require a User Permission assigned to its primary namespace";
        return Err(Refusal::conflict(text));
    }
    Ok(())
}

/// Why a logical cloud may not be deleted now.
pub(crate) fn may_delete(inner: &Inner, key: &str) -> Result<(), Refusal> {
    let info = state(inner, key)?;
    let text = match status_of(inner, info.last_context()) {
        None | Some(ContextStatus::Terminated | ContextStatus::TerminateFailed) => return Ok(()),
        Some(ContextStatus::Terminating) => "The Logical Cloud can't be deleted yet, it is being terminated",
        Some(ContextStatus::Created | ContextStatus::Instantiating) => {
            "The Logical Cloud is instantiating, please wait and then terminate"
        }
        Some(ContextStatus::InstantiateFailed) => {
            "The Logical Cloud has failed instantiating, for safety please terminate and try again"
        }
        Some(
            ContextStatus::Instantiated
            | ContextStatus::Updating
            | ContextStatus::Updated
            | ContextStatus::UpdateFailed,
        ) => "The Logical Cloud is instantiated, please terminate first",
    };
    Err(Refusal::conflict(text))
}

/// The status of the cloud at `key`, as JSON.
///
/// # Errors
/// 404 for an unknown cloud.
pub(crate) fn status(inner: &Inner, key: &str) -> Result<Vec<u8>, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Status<'a> {
        project: &'a str,
        name: &'a str,
        states: &'a StateInfo,
        #[serde(skip_serializing_if = "Option::is_none")]
        deployed_status: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ready_status: Option<&'static str>,
    }
    let info = state(inner, key)?;
    let mut segments = key.split('/');
    let (project, name) = (segments.nth(1).unwrap_or_default(), segments.nth(1).unwrap_or_default());
    let deployed = status_of(inner, info.last_context()).map(ContextStatus::as_str);
    // Nothing of a cloud is ever NotReady: it has no object that monitor knows.
    let ready_status = deployed.map(|_| "Ready");
    serde_json::to_vec(&Status { project, name, states: &info, deployed_status: deployed, ready_status })
        .map_err(|error| Refusal::internal(error.to_string()))
}

async fn make_context(inner: &Arc<Inner>, key: &str) -> String {
    tokio::time::sleep(inner.pace.vary(inner.config.delays.instantiate)).await;
    let id = inner.pace.context_id();
    inner.world().contexts.insert(id.clone(), AppContext::new(key, &id, Vec::new()));
    id
}

fn state(inner: &Inner, key: &str) -> Result<StateInfo, Refusal> {
    let state = inner.world().states.get(key).cloned();
    state.ok_or_else(|| Refusal::not_found(Kind::LogicalCloud.not_found()))
}

fn status_of(inner: &Inner, context: &str) -> Option<ContextStatus> {
    inner.world().contexts.get(context).map(|context| context.status)
}

fn in_use(inner: &Inner, key: &str) -> bool {
    let world = inner.world();
    let name = key.rsplit('/').next().unwrap_or(key);
    let project = key.split('/').take(2).collect::<Vec<_>>().join("/");
    let groups = world.store.list(Kind::Group, &project).into_iter();
    groups.filter_map(|(_, d)| d.read::<Specified<GroupSpec>>()).any(|group| group.spec.logical_cloud == name)
}
