//! Waits until the target serves: by EMCO's word, read with distrust, and by our own probe, each twice.

use emco::readiness::{Readiness, judge};
use emco::{GroupRef, GroupStatus, Output, StatusKind};
use model::{Placement, Site};

use super::{Poll, Work};
use crate::address::{self, AddressError};
use crate::error::StepError;
use crate::probe::Seen;
use crate::{clock, names};

/// How many looks in a row must agree.
const IN_A_ROW: u32 = 2;

pub(super) async fn run(work: &Work) -> Result<Placement, StepError> {
    let (group, target) = (work.target_group()?, work.target()?);
    let site = work.ctx.sites.get(&target.site);
    let site =
        site.ok_or_else(|| StepError::permanent(format!("site {} left the catalogue", target.site)))?;
    // The plan's cluster counts, should the catalogue name another one by now.
    let site = Site { cluster: target.cluster.clone(), ..site.clone() };
    let mut poll = Poll::new(&work.ctx.config);
    let mut in_a_row = 0;
    let mut said = String::new();
    loop {
        match look(work, &group, &site).await? {
            Ok(()) => {
                in_a_row += 1;
                if in_a_row >= IN_A_ROW {
                    match serves(work, &group, &site).await? {
                        Ok(address) => {
                            return Ok(Placement {
                                site: target.site.clone(),
                                release: target.release.clone(),
                                deployment_intent_group: group.name,
                                address,
                            });
                        }
                        Err(why) => said = say(&group, said, why),
                    }
                }
                poll.wait_shortly().await;
            }
            Err(why) => {
                in_a_row = 0;
                said = say(&group, said, why);
                poll.wait().await;
            }
        }
    }
}

/// Whether EMCO's two views say that the target is ready; otherwise why not.
async fn look(work: &Work, group: &GroupRef, site: &Site) -> Result<Result<(), String>, StepError> {
    let Some(deployed) = view(work, group, StatusKind::Deployed, Output::All).await? else {
        return Ok(Err("EMCO does not answer".to_owned()));
    };
    work.ctx.learn(&work.app, names::learn(&deployed, &group.name)).await;
    let Some(ready) = view(work, group, StatusKind::Ready, Output::All).await? else {
        return Ok(Err("EMCO does not answer".to_owned()));
    };
    match judge(&deployed, &ready, &site.cluster.provider, &site.cluster.cluster) {
        Readiness::Ready => Ok(Ok(())),
        Readiness::NotYet(why) => Ok(Err(why)),
        Readiness::Never(why) => Err(StepError::permanent(why)),
    }
}

/// One view; `None` where asking failed in a way that another look may mend.
async fn view(
    work: &Work,
    group: &GroupRef,
    kind: StatusKind,
    output: Output,
) -> Result<Option<GroupStatus>, StepError> {
    match work.ctx.emco.status(group, kind, output).await {
        Ok(Some(status)) => Ok(Some(status)),
        Ok(None) => Err(StepError::permanent(format!("group {} is not there", group.name))),
        Err(error) if matches!(error.class(), emco::Class::Permanent) => Err(error.into()),
        Err(error) => {
            tracing::debug!(group = group.name, %error, "no status");
            Ok(None)
        }
    }
}

/// The address at which our own probe is answered by the new release, twice.
async fn serves(work: &Work, group: &GroupRef, site: &Site) -> Result<Result<String, String>, StepError> {
    let (spec, target) = (&work.app.spec, work.target()?);
    let Some(detail) = view(work, group, StatusKind::Ready, Output::Detail).await? else {
        return Ok(Err("EMCO does not answer".to_owned()));
    };
    let found = address::find(&detail, &spec.address, site, &target.release, &work.order.instance);
    let found = found.and_then(|found| match &work.ctx.steering {
        Some(_) => address::ip(&found).map(|_| found),
        None => Ok(found),
    });
    let address = match found {
        Ok(address) => address,
        Err(AddressError::NotYet(what)) => return Ok(Err(format!("the status shows no {what} yet"))),
        Err(error @ AddressError::Never(_)) => return Err(StepError::permanent(error.to_string())),
    };
    for _ in 0..IN_A_ROW {
        match work.ctx.prober.ask(&address, None, &spec.probe, &target.release).await {
            Seen::Release => {}
            Seen::Other(text) => return Ok(Err(format!("{address} answers as `{text}`"))),
            Seen::Silent(why) => return Ok(Err(format!("{address}: {why}"))),
        }
    }
    Ok(Ok(address))
}

/// Logs a reason when it is a new one.
fn say(group: &GroupRef, said: String, why: String) -> String {
    if said != why {
        tracing::debug!(group = group.name, at = %clock::now(), why, "not ready");
    }
    why
}
