//! Stops the source and waits until it is really gone: by EMCO's word, and by an address that no longer answers.

use emco::gone::{Gone, judge};
use emco::{GroupRef, GroupStatus, Output, StatusKind};
use model::{Placement, Release};

use super::{Poll, Work};
use crate::error::StepError;
use crate::probe::Seen;
use crate::registry::Key;

pub(super) async fn run(work: &Work) -> Result<(), StepError> {
    let (source, group) = (work.source()?, work.source_group()?);
    work.settle().await;
    must_not_serve(work).await?;
    terminate(work, &group, Some(&source.address), &source.release).await?;
    if let Some(site) = work.ctx.sites.get(&source.site) {
        work.ctx.occupancy.leave(&work.app.composite, &site.cluster, &group.name);
    }
    Ok(())
}

/// The source goes only while something else is seen to serve; nothing has to, once the instance was let go. What a host
/// leaves must not be what seats are served by.
async fn must_not_serve(work: &Work) -> Result<(), StepError> {
    let (order, source) = (&work.order, work.source()?);
    let group = &source.deployment_intent_group;
    let uses = |((app, instance), placement): &(Key, Placement)| {
        *app == order.app && *instance != order.instance && placement.deployment_intent_group == *group
    };
    if let Some(((_, seat), _)) = work.ctx.registry.placements().into_iter().find(uses) {
        return Err(StepError::transient(format!("group {group} serves instance {seat} still")));
    }
    let Some(serving) = work.ctx.registry.serving(&order.app, &order.instance) else { return Ok(()) };
    if serving.deployment_intent_group == source.deployment_intent_group {
        return Err(StepError::permanent(format!("group {} serves", source.deployment_intent_group)));
    }
    let seen = work.ctx.prober.ask(&serving.address, None, &work.app.spec.probe, &serving.release).await;
    match seen {
        Seen::Release => Ok(()),
        Seen::Other(text) => {
            Err(StepError::transient(format!("{} answers as `{text}`; the source stays", serving.address)))
        }
        Seen::Silent(why) => Err(StepError::transient(format!(
            "{} does not answer ({why}); the source stays",
            serving.address
        ))),
    }
}

/// Terminates a group unless that was done, and waits until nothing of it runs. A group that is not there, or was
/// never instantiated, is gone.
pub(super) async fn terminate(
    work: &Work,
    group: &GroupRef,
    address: Option<&str>,
    release: &Release,
) -> Result<(), StepError> {
    let mut poll = Poll::new(&work.ctx.config);
    let mut asked = false;
    loop {
        let Some((deployed, ready)) = views(work, group).await? else { return Ok(()) };
        match judge(&deployed, &ready) {
            Gone::Yes => break,
            Gone::GivenUp(why) => return Err(StepError::permanent(format!("group {}: {why}", group.name))),
            Gone::NotTerminated if asked => {
                return Err(StepError::transient(format!("group {} is still instantiated", group.name)));
            }
            Gone::NotTerminated => {
                work.ctx.is_ours().await?;
                work.ctx.emco.terminate(group).await?;
                asked = true;
                poll.wait_shortly().await;
            }
            Gone::NotYet(why) => {
                work.said.say(format!("group {}: {why}", group.name));
                poll.wait().await;
            }
        }
    }
    let Some(address) = address else { return Ok(()) };
    while work.ctx.prober.ask(address, None, &work.app.spec.probe, release).await == Seen::Release {
        work.said.say(format!("{address} still answers as {release}"));
        poll.wait().await;
    }
    Ok(())
}

async fn views(work: &Work, group: &GroupRef) -> Result<Option<(GroupStatus, GroupStatus)>, StepError> {
    let Some(deployed) = work.ctx.emco.status(group, StatusKind::Deployed, Output::All).await? else {
        return Ok(None);
    };
    let ready = work.ctx.emco.status(group, StatusKind::Ready, Output::All).await?;
    Ok(ready.map(|ready| (deployed, ready)))
}
