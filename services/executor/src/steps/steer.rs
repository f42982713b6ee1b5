//! Points the instance's name at the target, or takes it away where the instance is let go.

use super::Work;
use crate::address;
use crate::error::StepError;

pub(super) async fn run(work: &Work) -> Result<(), StepError> {
    let target = match &work.job.target {
        Some(_) => {
            let ready = work.ready.as_ref();
            Some(&ready.ok_or_else(|| StepError::permanent("the target's address is not known"))?.address)
        }
        None => None,
    };
    lead(work, target.map(String::as_str)).await
}

/// Back to the source; away, where there was none.
pub(super) async fn undo(work: &Work) -> Result<(), StepError> {
    // An update that was sent and not answered must not come after this one.
    work.settle().await;
    lead(work, work.job.source.as_ref().map(|source| source.address.as_str())).await
}

async fn lead(work: &Work, address: Option<&str>) -> Result<(), StepError> {
    let Some(steering) = &work.ctx.steering else { return Ok(()) };
    // A late word of ours would undo what was steered since.
    work.ctx.is_ours().await?;
    match address {
        Some(address) => {
            let ip = address::ip(address).map_err(|e| StepError::permanent(e.to_string()))?;
            Ok(steering.point(&work.job.name, ip, work.app.spec.dns_ttl).await?)
        }
        None => Ok(steering.remove(&work.job.name).await?),
    }
}
