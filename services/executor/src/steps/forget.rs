//! Removes what EMCO remembers of a group that is gone, children first: deleted before them, it answers 409, loses its
//! contexts all the same, and can never be deleted again.

use emco::gone::{Gone, judge};
use emco::{GroupRef, Output, StatusKind};

use super::Work;
use crate::error::StepError;

pub(super) async fn run(work: &Work) -> Result<(), StepError> {
    work.settle().await;
    delete(work, &work.source_group()?).await
}

/// Deletes a group with all its children, if it is gone from its cluster.
pub(super) async fn delete(work: &Work, group: &GroupRef) -> Result<(), StepError> {
    let emco = &work.ctx.emco;
    let Some(deployed) = emco.status(group, StatusKind::Deployed, Output::All).await? else { return Ok(()) };
    let Some(ready) = emco.status(group, StatusKind::Ready, Output::All).await? else { return Ok(()) };
    match judge(&deployed, &ready) {
        Gone::Yes => {}
        Gone::NotTerminated => {
            return Err(StepError::permanent(format!("group {} is instantiated", group.name)));
        }
        Gone::NotYet(why) | Gone::GivenUp(why) => {
            return Err(StepError::transient(format!("group {}: {why}", group.name)));
        }
    }
    let mut placements = Vec::new();
    for placement in emco.placements(group).await? {
        let placement = placement.metadata.name;
        for intent in emco.app_intents(group, &placement).await? {
            emco.delete_app_intent(group, &placement, &intent.metadata.name).await?;
        }
        emco.delete_placement(group, &placement).await?;
        placements.push(placement);
    }
    // EMCO tells what they name, not what they are called; where ours were all, there is nothing to guess.
    let mut left = emco.intents(group).await?;
    for name in likely_names(&group.name).into_iter().chain(placements) {
        if left.is_empty() {
            break;
        }
        if emco.has_intents(group, &name).await? {
            emco.delete_intents(group, &name).await?;
            left = emco.intents(group).await?;
        }
    }
    if !left.is_empty() {
        return Err(StepError::permanent(format!(
            "group {} is terminated, but EMCO does not tell the names of its `intents` objects; delete them, \
             then the group goes by itself",
            group.name
        )));
    }
    Ok(emco.delete_group(group).await?)
}

/// Names under which a group's intents may be kept: ours, and for groups made by others what people use.
fn likely_names(group: &str) -> Vec<String> {
    let endings =
        ["intents", "intent", "deployment-intents", "deployment-intent", "group-intent", "group-intents"];
    let mut names: Vec<String> = endings.iter().map(|ending| format!("{group}-{ending}")).collect();
    names.push(group.to_owned());
    names.extend(endings.iter().map(|ending| (*ending).to_owned()));
    names
}
