//! Takes over deployment intent groups that already run: finds out where they serve and whether they can be moved.

use std::time::Duration;

use catalogue::AdoptedInstance;
use emco::readiness::{Readiness, judge};
use emco::{Output, StatusKind};
use model::{Generation, InstanceId, InstanceKey, InstanceState, Placement};

use crate::app::App;
use crate::context::Context;
use crate::error::StepError;
use crate::gate::State;
use crate::{address, clock};

/// The longest wait between two tries to reach EMCO.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What became of an adoption.
enum Adoption {
    Done,
    /// It cannot be, because of this.
    Refused(String),
    /// It is not ready yet, because of this.
    Later(String),
}

/// Checks an app and takes over its instances, again and again until everything is there; then opens its gate.
pub(crate) async fn open_gate(ctx: &Context, app: &App, key: &InstanceKey) {
    let id = &app.spec.app.id;
    let mut wait = Duration::from_millis(500);
    let mut shut = false;
    loop {
        let Some(found) = ctx.stop.run_until_cancelled(inspect(ctx, app, key)).await else { break };
        let (state, complaint) = match found {
            Ok(found) if found.is_empty() => (State::Open, None),
            Ok(found) => {
                wait = ctx.config.recheck;
                let all = found.join("; ");
                let message = format!("app {id} cannot be moved until this is put right: {all}");
                (State::Shut(message.clone()), Some(message))
            }
            Err(error) => (State::Checking, Some(format!("app {id} cannot be checked yet: {error}"))),
        };
        if let Some(message) = complaint.filter(|message| ctx.complaints.is_news(message)) {
            tracing::error!(app = %id, "{message}");
        }
        if matches!(state, State::Shut(_)) != shut {
            shut = !shut;
            app.check.shut(shut, &ctx.metrics.apps_shut);
        }
        let open = state == State::Open;
        app.gate.set(state);
        if open {
            tracing::info!(app = %id, "everything that the app names is there");
            return;
        }
        tokio::select! {
            () = ctx.stop.cancelled() => break,
            () = tokio::time::sleep(wait) => wait = LONGEST_WAIT.max(wait).min(wait * 2),
        }
    }
    if shut {
        app.check.shut(false, &ctx.metrics.apps_shut);
    }
}

/// What stands in the way; empty where nothing does.
async fn inspect(ctx: &Context, app: &App, key: &InstanceKey) -> Result<Vec<String>, StepError> {
    let missing = app.check.missing(ctx, app).await?;
    let mut found: Vec<_> = missing.iter().map(|what| format!("EMCO has no {what}")).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    for adopted in &app.spec.instances {
        let instance = match &adopted.instance {
            AdoptedInstance::Ue(supi) => key.per_ue(&app.spec.app.id, supi),
            AdoptedInstance::Group(name) => key.per_group(&app.spec.app.id, name),
            AdoptedInstance::Id(id) => id.clone(),
        };
        if !ctx.parcel.holds(&format!("{}/{instance}", app.spec.app.id)) {
            continue;
        }
        if ctx.registry.is_known(&app.spec.app.id, &instance) {
            continue;
        }
        match adopt(ctx, app, &instance, &adopted.deployment_intent_group).await? {
            Adoption::Done => {}
            Adoption::Refused(why) => found.push(why),
            Adoption::Later(why) => return Err(StepError::transient(why)),
        }
    }
    Ok(found)
}

async fn adopt(ctx: &Context, app: &App, instance: &InstanceId, name: &str) -> Result<Adoption, StepError> {
    let group = app.composite.group(name);
    let refused = |why: String| Ok(Adoption::Refused(format!("deployment intent group `{name}` {why}")));
    let Some(copy) = ctx.emco.read_in_full(&group).await? else {
        return refused(format!("(instances of app {}) is not there", app.spec.app.id));
    };
    if !copy.obstacles.is_empty() {
        let why: Vec<_> = copy.obstacles.iter().map(ToString::to_string).collect();
        return refused(format!("cannot be copied: {}", why.join("; ")));
    }
    let Some((provider, cluster)) = copy.cluster() else {
        return refused("leaves the choice of its cluster to EMCO: name the one where it serves".to_owned());
    };
    let Some(site) = ctx.site_of(provider, cluster) else {
        return refused(format!("runs on {provider}/{cluster}, which is no site of the catalogue"));
    };
    let Ok(release) = copy.spec.version.parse() else {
        return refused(format!("has the release name `{}`, which is none", copy.spec.version));
    };
    let view = |kind, output| ctx.emco.status(&group, kind, output);
    let deployed = view(StatusKind::Deployed, Output::All).await?.unwrap_or_default();
    let ready = view(StatusKind::Ready, Output::Detail).await?.unwrap_or_default();
    match judge(&deployed, &ready, provider, cluster) {
        Readiness::Ready => {}
        Readiness::NotYet(why) => return Ok(Adoption::Later(format!("group `{name}` is not ready: {why}"))),
        Readiness::Never(why) => return refused(format!("does not serve: {why}")),
    }
    let address = match address::find(&ready, &app.spec.address, site, &release, instance) {
        Ok(address) => address,
        Err(address::AddressError::NotYet(what)) => {
            return Ok(Adoption::Later(format!("the status of group `{name}` shows no {what} yet")));
        }
        Err(address::AddressError::Never(why)) => return refused(format!("has no usable address: {why}")),
    };
    ctx.occupancy.enter(&app.composite, &site.cluster, name);
    let state = InstanceState {
        app: app.spec.app.id.clone(),
        instance: instance.clone(),
        generation: Generation::default(),
        serving: Some(Placement {
            site: site.id.clone(),
            release,
            deployment_intent_group: name.to_owned(),
            address,
        }),
        at: clock::now(),
    };
    tracing::info!(app = %state.app, %instance, group = name, site = %site.id, "a running instance is taken over");
    if ctx.registry.verified(state.clone()) {
        let fact = ctx.registry.fact(&state.app, instance);
        ctx.journal.keep_instance(fact).await?;
        let _ = ctx.announce(&state, &format!("adopted/{name}")).await;
    }
    Ok(Adoption::Done)
}
