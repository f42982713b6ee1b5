//! Asks EMCO to deploy the target.
//!
//! Two instantiations of one group are both accepted and both carried out, so that nothing is repeated before it is
//! sure that the first did not happen: the status is read, and after a doubt read again when a lost request has had
//! time to come to its end.

use emco::{GroupStatus, Output, StatusKind};

use super::{Work, retire};
use crate::error::StepError;

pub(super) async fn run(work: &Work) -> Result<(), StepError> {
    let group = work.target_group()?;
    if is_instantiated(work).await? {
        return Ok(());
    }
    if work.doubtful {
        work.settle().await;
        if is_instantiated(work).await? {
            return Ok(());
        }
    }
    // Two instantiations are both carried out: whoever may have taken over by now does it, not we.
    work.ctx.is_ours().await?;
    Ok(work.ctx.emco.instantiate(&group).await?)
}

pub(super) async fn undo(work: &Work) -> Result<(), StepError> {
    let (group, target) = (work.target_group()?, work.target()?);
    work.settle().await;
    let address = work.ready.as_ref().map(|placement| placement.address.as_str());
    retire::terminate(work, &group, address, &target.release).await
}

async fn is_instantiated(work: &Work) -> Result<bool, StepError> {
    let group = work.target_group()?;
    let status = work.ctx.emco.status(&group, StatusKind::Deployed, Output::All).await?;
    match status.as_ref().map(GroupStatus::last_action) {
        Some("Instantiated") => Ok(true),
        Some("Approved") => Ok(false),
        Some(other) => Err(StepError::permanent(format!("group {} is in state {other:?}", group.name))),
        None => Err(StepError::permanent(format!("group {} is not there", group.name))),
    }
}
