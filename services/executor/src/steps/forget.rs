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
    for placement in emco.placements(group).await? {
        let placement = placement.metadata.name;
        for intent in emco.app_intents(group, &placement).await? {
            emco.delete_app_intent(group, &placement, &intent.metadata.name).await?;
        }
        emco.delete_placement(group, &placement).await?;
    }
    for intents in emco.intents(group).await? {
        emco.delete_intents(group, &intents.metadata.name).await?;
    }
    Ok(emco.delete_group(group).await?)
}
