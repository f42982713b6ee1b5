//! Points the instance's name at the target, or takes it away where the instance is let go. A seat's name is pointed at the
//! host that it joins.

use model::{InstanceId, Placement};

use super::{Poll, Work};
use crate::address;
use crate::error::StepError;
use crate::modes::new_group::Target;

/// For a seat, gives where its host serves.
pub(super) async fn run(work: &Work) -> Result<Option<Placement>, StepError> {
    if let (Some(target), Some(host)) = (&work.job.target, &work.job.host) {
        let placement = serving(work, host, target).await;
        lead(work, Some(&placement.address)).await?;
        return Ok(Some(placement));
    }
    let target = match &work.job.target {
        Some(_) => {
            let ready = work.ready.as_ref();
            Some(&ready.ok_or_else(|| StepError::permanent("the target's address is not known"))?.address)
        }
        None => None,
    };
    lead(work, target.map(String::as_str)).await?;
    Ok(None)
}

/// Waits until the host is known to serve at the target. Another replica may have told of it, and we may not have read that
/// yet.
async fn serving(work: &Work, host: &InstanceId, target: &Target) -> Placement {
    let mut poll = Poll::new(&work.ctx.config);
    loop {
        let (app, site) = (&work.order.app, &target.site);
        match work.ctx.host(app, host) {
            Some(placement) if placement.site == *site => return placement,
            Some(placement) => {
                work.said
                    .say(format!("host {host} of app {app} serves at {}, not at {site}", placement.site));
            }
            None => work.said.say(format!("host {host} of app {app} is not known to serve at {site}")),
        }
        poll.wait().await;
    }
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
