//! Approve, instantiate, stop, terminate. Each reads the state, takes its time and writes the whole state back:
//! nothing keeps two of them apart.

use std::sync::Arc;

use super::{migration, placement};
use crate::database::document::{ControllerSpec, Specified};
use crate::database::state::{State, StateInfo};
use crate::history::HistoryEvent;
use crate::refusal::Refusal;
use crate::rsync::{self, AppContext, ContextStatus, Event};
use crate::sim::{Inner, World};

/// An action on a deployment intent group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Approve,
    Instantiate,
    Stop,
    Terminate,
    Update,
    Migrate,
    Rollback,
}

impl Action {
    /// The last segment of its path.
    pub(crate) fn parse(segment: &str) -> Option<Self> {
        Some(match segment {
            "approve" => Self::Approve,
            "instantiate" => Self::Instantiate,
            "stop" => Self::Stop,
            "terminate" => Self::Terminate,
            "update" => Self::Update,
            "migrate" => Self::Migrate,
            "rollback" => Self::Rollback,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Instantiate => "instantiate",
            Self::Stop => "stop",
            Self::Terminate => "terminate",
            Self::Update => "update",
            Self::Migrate => "migrate",
            Self::Rollback => "rollback",
        }
    }
}

/// Carries out an action; update answers its new revision.
///
/// # Errors
/// What EMCO answers instead of 202.
pub(crate) async fn act(
    inner: &Arc<Inner>,
    key: &str,
    action: Action,
    body: &[u8],
) -> Result<Option<i64>, Refusal> {
    let revision = match action {
        Action::Approve => approve(inner, key).await.map(|()| None),
        Action::Instantiate => instantiate(inner, key).await.map(|()| None),
        Action::Stop => stop(inner, key).await.map(|()| None),
        Action::Terminate => terminate(inner, key).await.map(|()| None),
        Action::Update => migration::update(inner, key).await.map(Some),
        Action::Migrate => migration::migrate(inner, key, body).await.map(|()| None),
        Action::Rollback => migration::rollback(inner, key, body).await.map(|()| None),
    }?;
    inner.history.record(HistoryEvent::Action { group: name(key).into(), action: action.name() });
    Ok(revision)
}

async fn approve(inner: &Arc<Inner>, key: &str) -> Result<(), Refusal> {
    let mut info = state(inner, key)?;
    match info.current() {
        State::Approved => return Ok(()),
        State::Created | State::Terminated | State::Updated => (),
        State::Instantiated => return Err(already_instantiated(key)),
        state @ (State::InstantiateStopped | State::TerminateStopped) => {
            return Err(unknown_state(state));
        }
    }
    tokio::time::sleep(inner.pace.vary(inner.config.delays.request)).await;
    info.push(State::Approved, "", 0);
    inner.world().states.insert(key.into(), info);
    Ok(())
}

async fn instantiate(inner: &Arc<Inner>, key: &str) -> Result<(), Refusal> {
    if !inner.world().store.contains(key) {
        return Err(Refusal::not_found("DeploymentIntentGroup not found"));
    }
    let mut info = state(inner, key)?;
    match info.current() {
        State::Approved | State::Terminated | State::TerminateStopped => (),
        State::Created => {
            let text = format!("DeploymentIntentGroup must be Approved before instantiating{}", name(key));
            return Err(Refusal::internal(text));
        }
        State::InstantiateStopped => {
            let text =
                format!("DeploymentIntentGroup has already been instantiated and stopped{}", name(key));
            return Err(Refusal::internal(text));
        }
        State::Instantiated => return Err(already_instantiated(key)),
        state @ State::Updated => return Err(unknown_state(state)),
    }
    let id = make_context(inner, key, None).await?;
    let mut world = inner.world();
    if let Err(refusal) = rsync_is_up(&world) {
        world.contexts.remove(&id);
        return Err(refusal);
    }
    rsync::handle(inner, &mut world, &id, Event::Instantiate);
    info.status_context.clone_from(&id);
    info.push(State::Instantiated, &id, 1);
    world.states.insert(key.into(), info);
    Ok(())
}

async fn terminate(inner: &Arc<Inner>, key: &str) -> Result<(), Refusal> {
    let mut info = state(inner, key)?;
    must_be_instantiated(&info, key)?;
    let id = info.last_context().to_owned();
    tokio::time::sleep(inner.pace.vary(inner.config.delays.terminate)).await;
    let mut world = inner.world();
    if let Some(context) = world.contexts.get_mut(&id).filter(|_| info.current() == State::InstantiateStopped)
    {
        context.stop = false;
    }
    rsync_is_up(&world)?;
    rsync::handle(inner, &mut world, &id, Event::Terminate);
    info.push(State::Terminated, &id, 0);
    world.states.insert(key.into(), info);
    Ok(())
}

async fn stop(inner: &Arc<Inner>, key: &str) -> Result<(), Refusal> {
    let mut info = state(inner, key)?;
    let name = name(key);
    let stopped = match info.current() {
        State::Instantiated => State::InstantiateStopped,
        State::Terminated => State::TerminateStopped,
        State::Created => {
            Err(Refusal::internal(format!("DeploymentIntentGroup have not been approved: {name}")))?
        }
        State::Approved => {
            Err(Refusal::internal(format!("DeploymentIntentGroup has not been instantiated:{name}")))?
        }
        State::TerminateStopped => {
            Err(Refusal::internal(format!("DeploymentIntentGroup termination already stopped: {name}")))?
        }
        State::InstantiateStopped => {
            Err(Refusal::internal(format!("DeploymentIntentGroup instantiation already stopped: {name}")))?
        }
        State::Updated => {
            Err(Refusal::internal(format!("DeploymentIntentGroup is in an invalid state: {name} Updated")))?
        }
    };
    let id = info.last_context().to_owned();
    tokio::time::sleep(inner.pace.vary(inner.config.delays.request)).await;
    let mut world = inner.world();
    match world.contexts.get_mut(&id) {
        Some(context)
            if matches!(context.status, ContextStatus::Instantiating | ContextStatus::Terminating) =>
        {
            context.stop = true;
        }
        Some(_) | None => {
            let text = format!("DeploymentIntentGroup is not instantiating or terminating:{name}");
            return Err(Refusal::internal(text));
        }
    }
    info.push(stopped, &id, 0);
    world.states.insert(key.into(), info);
    Ok(())
}

/// The group's state as it stands now; it may be another when it is written back.
pub(super) fn state(inner: &Inner, key: &str) -> Result<StateInfo, Refusal> {
    inner.world().states.get(key).cloned().ok_or_else(|| {
        let text = format!(
            "DeploymentIntentGroup has no state info: {}: DeploymentIntentGroup StateInfo not found",
            name(key)
        );
        Refusal::internal(text)
    })
}

pub(super) fn must_be_instantiated(info: &StateInfo, key: &str) -> Result<(), Refusal> {
    if matches!(info.current(), State::Instantiated | State::InstantiateStopped) {
        return Ok(());
    }
    Err(Refusal::internal(format!("DeploymentIntentGroup is not instantiated :{}", name(key))))
}

/// Builds an application context, which takes its time, and returns its id.
pub(super) async fn make_context(
    inner: &Arc<Inner>,
    key: &str,
    status_context: Option<&str>,
) -> Result<String, Refusal> {
    let parts = placement::resolve(&inner.world(), key, inner.config.pod_port)?;
    tokio::time::sleep(inner.pace.vary(inner.config.delays.instantiate)).await;
    let id = inner.pace.context_id();
    let context = AppContext::new(key, status_context.unwrap_or(&id), parts);
    inner.world().contexts.insert(id.clone(), context);
    Ok(id)
}

/// Whether rsync answers; the text is that of a Go client whose dial was refused.
pub(crate) fn rsync_is_up(world: &World) -> Result<(), Refusal> {
    if world.rsync_up {
        return Ok(());
    }
    let controller =
        world.store.read::<Specified<ControllerSpec>>("controllers/rsync").unwrap_or_default().spec;
    let text = format!(
        "rpc error: code = Unavailable desc = connection error: desc = \
         \"transport: Error while dialing dial tcp {}:{}: connect: connection refused\"",
        controller.host, controller.port
    );
    Err(Refusal::internal(text))
}

/// The group's own name.
pub(super) fn name(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

fn already_instantiated(key: &str) -> Refusal {
    Refusal::internal(format!("DeploymentIntentGroup has already been instantiated{}", name(key)))
}

fn unknown_state(state: State) -> Refusal {
    Refusal::internal(format!("DeploymentIntentGroup is in an unknown state{}", state.as_str()))
}
