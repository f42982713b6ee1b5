//! Update, migrate and roll back: the ways in which EMCO itself moves an app, none of which waits for the new
//! place to be ready.

use std::sync::Arc;

use super::action::{make_context, must_be_instantiated, name, rsync_is_up, state};
use crate::database::document::{MigrateSpec, RollbackSpec, Specified};
use crate::database::schema;
use crate::database::state::State;
use crate::json;
use crate::refusal::Refusal;
use crate::rsync::{self, Event};
use crate::sim::Inner;

/// Places a group anew by its present intents; answers the new revision.
pub(super) async fn update(inner: &Arc<Inner>, key: &str) -> Result<i64, Refusal> {
    let mut info = state(inner, key)?;
    must_be_instantiated(&info, key)?;
    let source = info.last_context().to_owned();
    let last = info.last_revision();
    let target = make_context(inner, key, Some(&info.status_context)).await?;
    let mut world = inner.world();
    rsync_is_up(&world)?;
    rsync::handle(inner, &mut world, &target, Event::Update(source.clone()));
    info.push(State::Updated, &source, last);
    info.push(State::Instantiated, &target, last + 1);
    world.states.insert(key.into(), info);
    Ok(last + 1)
}

/// Moves what runs to another group of the same composite app.
pub(super) async fn migrate(inner: &Arc<Inner>, key: &str, body: &[u8]) -> Result<(), Refusal> {
    let wanted: Specified<MigrateSpec> = schema::decode(json::parse(body)?)?;
    let version = &wanted.spec.target_composite_app_version;
    let group = &wanted.spec.target_deployment_intent_group;
    schema::check_names(&[version, group])?;
    let mut info = state(inner, key)?;
    must_be_instantiated(&info, key)?;
    let source = info.last_context().to_owned();
    // projects/{project}/composite-apps/{app}/{version}/deployment-intent-groups/{group}
    let app = key.split('/').take(4).collect::<Vec<_>>().join("/");
    let target_key = format!("{app}/{version}/deployment-intent-groups/{group}");
    if !inner.world().store.contains(&target_key) {
        return Err(Refusal::not_found("DeploymentIntentGroup not found"));
    }
    // The target's state is looked at only after its context was built.
    let target = make_context(inner, &target_key, Some(&info.status_context)).await?;
    let mut target_info = state(inner, &target_key)?;
    if target_info.current() != State::Approved {
        let text = format!("DeploymentIntentGroup is not approved :{}", name(&target_key));
        return Err(Refusal::internal(text));
    }
    let mut world = inner.world();
    rsync_is_up(&world)?;
    rsync::handle(inner, &mut world, &target, Event::Update(source.clone()));
    info.push(State::Updated, &source, 0);
    target_info.status_context.clone_from(&info.status_context);
    target_info.push(State::Instantiated, &target, 0);
    world.states.insert(key.into(), info);
    world.states.insert(target_key, target_info);
    Ok(())
}

/// Goes back to the context of an earlier revision. Placement intents stay as they are.
pub(super) async fn rollback(inner: &Arc<Inner>, key: &str, body: &[u8]) -> Result<(), Refusal> {
    let wanted: Specified<RollbackSpec> = schema::decode(json::parse(body)?)?;
    let revision = &wanted.spec.revision;
    schema::check_names(&[revision])?;
    let mut info = state(inner, key)?;
    let last = info.last_revision();
    let source = info.last_context().to_owned();
    let number: i64 = revision
        .parse()
        .map_err(|_| Refusal::internal(format!("strconv.ParseInt: parsing {revision:?}: invalid syntax")))?;
    let target = info.context_of_revision(number).map(str::to_owned);
    let target = target.ok_or_else(|| Refusal::internal("No matching ContextId found"))?;
    tokio::time::sleep(inner.pace.vary(inner.config.delays.instantiate)).await;
    let mut world = inner.world();
    rsync_is_up(&world)?;
    rsync::handle(inner, &mut world, &target, Event::Update(source.clone()));
    info.push(State::Updated, &source, last);
    info.push(State::Instantiated, &target, last + 1);
    world.states.insert(key.into(), info);
    Ok(())
}
