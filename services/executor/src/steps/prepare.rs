//! Makes the target's deployment intent group known to EMCO, with all its children, and approves it.

use std::collections::{BTreeMap, BTreeSet};

use emco::{
    AppIntent, AppIntentSpec, EmcoError, Group, GroupCopy, GroupRef, GroupSpec, Intents, IntentsSpec,
    Metadata, Named, Output, PlacementIntent, StatusKind,
};

use model::ClusterRef;

use super::{Work, forget};
use crate::error::StepError;
use crate::names::Names;
use crate::occupancy::Denied;
use crate::survey;

/// What the new group consists of.
struct Wanted {
    spec: GroupSpec,
    /// App intent and app.
    apps: Vec<(String, String)>,
}

pub(super) async fn run(work: &Work) -> Result<(), StepError> {
    reserve(work).await?;
    let wanted = wanted(work).await?;
    let group = work.target_group()?;
    own_group(work, &group, wanted.spec).await?;
    children(work, &group, &wanted.apps).await?;
    let status = work.ctx.emco.status(&group, StatusKind::Deployed, Output::All).await?;
    match status.as_ref().map(emco::GroupStatus::last_action) {
        Some("Created") => Ok(work.ctx.emco.approve(&group).await?),
        Some("Approved" | "Instantiated") => Ok(()),
        Some(other) => Err(StepError::permanent(format!("group {} is in state {other:?}", group.name))),
        None => Err(StepError::transient(format!("group {} has vanished", group.name))),
    }
}

pub(super) async fn undo(work: &Work) -> Result<(), StepError> {
    work.settle().await;
    let group = work.target_group()?;
    forget::delete(work, &group).await?;
    let target = work.target()?;
    for cluster in target.clusters() {
        work.ctx.occupancy.leave(&work.app.composite, cluster, target.release.as_str());
    }
    Ok(())
}

/// Takes the target's cluster, which no group with the same resource names may be on. It waits only where that will
/// soon be known: whoever waits holds a slot of the app, perhaps the one that the group in the way needs to leave.
async fn reserve(work: &Work) -> Result<(), StepError> {
    for cluster in offered(work)? {
        reserve_on(work, cluster).await?;
    }
    Ok(())
}

/// The clusters that the target may be put on: several only where it can share each of them with other releases, so that
/// it never waits for one while it keeps another from somebody.
fn offered(work: &Work) -> Result<Vec<&ClusterRef>, StepError> {
    let (target, names) = (work.target()?, work.ctx.charts.names(&work.app.composite));
    Ok(if names.allow_neighbours() { target.clusters().collect() } else { vec![&target.cluster] })
}

async fn reserve_on(work: &Work, cluster: &ClusterRef) -> Result<(), StepError> {
    let (ctx, composite) = (&work.ctx, &work.app.composite);
    let release = work.target()?.release.as_str();
    let mut surveyed = false;
    let at = ctx.journal.stands_at(&work.order).await;
    loop {
        let changed = ctx.occupancy.changed();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let names = ctx.charts.names(composite);
        match ctx.occupancy.reserve(names, composite, cluster, release, at) {
            Ok(()) => return Ok(()),
            Err(Denied::Occupied(_)) if names == Names::Unknown && !surveyed => {
                surveyed = true;
                survey::look(ctx, &work.app).await?;
                continue;
            }
            Err(Denied::Occupied(other)) => return Err(occupied(names, cluster, &other)),
            Err(Denied::Unclear(other)) => work.said.say(format!(
                "deployment intent group {other} is on {}/{}, and a release that is on its way has yet to tell whether \
                 the chart's resource names carry {{{{ .Release.Name }}}}",
                cluster.provider, cluster.cluster
            )),
        }
        changed.await;
    }
}

fn occupied(names: Names, cluster: &ClusterRef, other: &str) -> StepError {
    let lack = match names {
        Names::Fixed => "do not carry {{ .Release.Name }}",
        Names::Unknown | Names::Unique => "are not known yet to carry {{ .Release.Name }}",
    };
    StepError::permanent(format!(
        "cluster {}/{} is occupied by deployment intent group {other}, and the chart's resource names {lack}: two \
         releases there would share their objects; put {{{{ .Release.Name }}}} into every resource name, or let that \
         instance leave first",
        cluster.provider, cluster.cluster
    ))
}

/// What the source is like, or what the app's entry says where there is none.
async fn wanted(work: &Work) -> Result<Wanted, StepError> {
    let spec = &work.app.spec.emco;
    if let Some(source) = &work.job.source {
        let group = work.app.composite.group(&source.deployment_intent_group);
        match work.ctx.emco.read_in_full(&group).await? {
            Some(copy) => return like(&group, copy),
            None => {
                tracing::warn!(%group, "the source's group is gone from EMCO; the app's own entry is used")
            }
        }
    }
    let apps = work.ctx.emco.apps(&work.app.composite).await?;
    if apps.is_empty() {
        return Err(StepError::permanent(format!("composite app {} has no apps", work.app.composite)));
    }
    Ok(Wanted {
        spec: GroupSpec {
            composite_profile: spec.composite_profile.clone(),
            version: String::new(),
            logical_cloud: spec.logical_cloud.clone(),
            override_values: spec.override_values.clone(),
        },
        apps: apps.into_iter().map(|app| (format!("{app}-place"), app)).collect(),
    })
}

fn like(group: &GroupRef, copy: GroupCopy) -> Result<Wanted, StepError> {
    if !copy.obstacles.is_empty() {
        let why: Vec<_> = copy.obstacles.iter().map(ToString::to_string).collect();
        return Err(StepError::permanent(format!("group {group} cannot be copied: {}", why.join("; "))));
    }
    let apps = copy.placements.into_iter().map(|p| (p.intent_name, p.app)).collect();
    Ok(Wanted { spec: copy.spec, apps })
}

/// Creates the group unless it is there; one that is there must be this relocation's.
async fn own_group(work: &Work, group: &GroupRef, spec: GroupSpec) -> Result<(), StepError> {
    let (emco, relocation) = (&work.ctx.emco, work.order.relocation.to_string());
    if emco.group(group).await?.is_none() {
        let metadata = Metadata { user_data1: relocation.clone(), ..Metadata::named(&group.name) };
        let spec = GroupSpec { version: group.name.clone(), ..spec };
        unless_there(emco.create_group(&group.composite_app, &Group { metadata, spec }).await)?;
    }
    match emco.group(group).await? {
        Some(found) if found.metadata.user_data1 == relocation => Ok(()),
        Some(_) => Err(StepError::permanent(format!("group {group} exists and is not this relocation's"))),
        None => Err(StepError::transient(format!("group {group} is not there after it was created"))),
    }
}

/// Creates what the group lacks.
async fn children(work: &Work, group: &GroupRef, apps: &[(String, String)]) -> Result<(), StepError> {
    let emco = &work.ctx.emco;
    let (placement, intents) = (format!("{}-gpi", group.name), format!("{}-intents", group.name));
    if !emco.placements(group).await?.iter().any(|p| p.metadata.name == placement) {
        let wanted = Named { metadata: Metadata::named(&placement) };
        unless_there(emco.create_placement(group, &wanted).await)?;
    }
    let there = emco.app_intents(group, &placement).await?;
    let there: BTreeSet<_> = there.into_iter().map(|intent| intent.metadata.name).collect();
    for (name, app) in apps.iter().filter(|(name, _)| !there.contains(name)) {
        let intent = where_to(&offered(work)?, apps.len())?;
        let wanted =
            AppIntent { metadata: Metadata::named(name), spec: AppIntentSpec { app: app.clone(), intent } };
        unless_there(emco.create_app_intent(group, &placement, &wanted).await)?;
    }
    if !emco.has_intents(group, &intents).await? {
        let intent = BTreeMap::from([("genericPlacementIntent".to_owned(), placement)]);
        let wanted = Intents { metadata: Metadata::named(&intents), spec: IntentsSpec { intent } };
        unless_there(emco.create_intents(group, &wanted).await)?;
    }
    Ok(())
}

/// The cluster, or those of which EMCO takes one: it chooses for each app by itself, so that it gets a choice for one alone.
fn where_to(clusters: &[&ClusterRef], apps: usize) -> Result<PlacementIntent, StepError> {
    match clusters {
        [only] => Ok(PlacementIntent::at(&only.provider, &only.cluster)),
        _ if apps > 1 => Err(StepError::permanent(format!(
            "the composite app has {apps} apps, and EMCO would choose a cluster for each by itself: use another policy \
             than `orchestrator-chooses`"
        ))),
        several => {
            let named = several.iter().map(|at| (at.provider.as_str(), at.cluster.as_str()));
            Ok(PlacementIntent::one_of(named))
        }
    }
}

/// A creation whose reply was lost has been made by the time it is repeated.
fn unless_there(created: Result<(), EmcoError>) -> Result<(), EmcoError> {
    match created {
        Err(error) if error.is_already_there() => Ok(()),
        other => other,
    }
}
