//! Waits until the target serves: by EMCO's word, read with distrust, and by our own probe, each twice.

use emco::readiness::{Readiness, judge};
use emco::{GroupRef, GroupStatus, Output, StatusKind};
use model::{Placement, Site};

use super::{Poll, Work};
use crate::address::{self, AddressError};
use crate::error::StepError;
use crate::names::Sample;
use crate::probe::Seen;

/// How many probes in a row must be answered.
const PROBES: u32 = 2;

pub(super) async fn run(work: &Work) -> Result<Placement, StepError> {
    let (group, target) = (work.target_group()?, work.target()?);
    let site = work.ctx.sites.get(&target.site);
    let site =
        site.ok_or_else(|| StepError::permanent(format!("site {} left the catalogue", target.site)))?;
    // The plan's cluster counts, should the catalogue name another one by now.
    let site = Site { cluster: target.cluster.clone(), ..site.clone() };
    let mut poll = Poll::new(&work.ctx.config);
    // The first look is a light one. The second asks for the objects themselves, where the address is; it judges all
    // the same, and its two views are of one context as those of the first are.
    let mut output = Output::All;
    loop {
        match look(work, &group, &site, output).await? {
            Ok(_) if output == Output::All => {
                output = Output::Detail;
                poll.wait_shortly().await;
            }
            Ok(detail) => match serves(work, &detail, &site).await? {
                Ok(address) => {
                    return Ok(Placement {
                        site: target.site.clone(),
                        release: target.release.clone(),
                        deployment_intent_group: group.name,
                        address,
                    });
                }
                Err(why) => {
                    work.said.say(why);
                    poll.wait().await;
                }
            },
            Err(why) => {
                output = Output::All;
                work.said.say(why);
                poll.wait().await;
            }
        }
    }
}

/// The ready view, if EMCO's two views say that the target is ready; otherwise why not.
async fn look(
    work: &Work,
    group: &GroupRef,
    site: &Site,
    output: Output,
) -> Result<Result<GroupStatus, String>, StepError> {
    let deployed = match view(work, group, StatusKind::Deployed, Output::All).await? {
        Ok(deployed) => deployed,
        Err(why) => return Ok(Err(why)),
    };
    work.ctx.learn(&work.app, &[Sample::of(&deployed, &work.app.composite, &group.name)]).await;
    let ready = match view(work, group, StatusKind::Ready, output).await? {
        Ok(ready) => ready,
        Err(why) => return Ok(Err(why)),
    };
    match judge(&deployed, &ready, &site.cluster.provider, &site.cluster.cluster) {
        Readiness::Ready => Ok(Ok(ready)),
        Readiness::NotYet(why) => Ok(Err(why)),
        Readiness::Never(why) => Err(StepError::permanent(why)),
    }
}

/// One view, or why there is none where another look may mend that.
async fn view(
    work: &Work,
    group: &GroupRef,
    kind: StatusKind,
    output: Output,
) -> Result<Result<GroupStatus, String>, StepError> {
    match work.ctx.emco.status(group, kind, output).await {
        Ok(Some(status)) => Ok(Ok(status)),
        Ok(None) => Err(StepError::permanent(format!("group {} is not there", group.name))),
        Err(error) if matches!(error.class(), emco::Class::Permanent) => Err(error.into()),
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// The address at which our own probe is answered by the new release, twice.
async fn serves(work: &Work, detail: &GroupStatus, site: &Site) -> Result<Result<String, String>, StepError> {
    let (spec, target) = (&work.app.spec, work.target()?);
    let found = address::find(detail, &spec.address, site, &target.release, &work.order.instance);
    let found = found.and_then(|found| match &work.ctx.steering {
        Some(_) => address::ip(&found).map(|_| found),
        None => Ok(found),
    });
    let address = match found {
        Ok(address) => address,
        Err(AddressError::NotYet(what)) => return Ok(Err(format!("the status shows no {what} yet"))),
        Err(error @ AddressError::Never(_)) => return Err(StepError::permanent(error.to_string())),
    };
    for _ in 0..PROBES {
        match work.ctx.prober.ask(&address, None, &spec.probe, &target.release).await {
            Seen::Release => {}
            Seen::Other(text) => return Ok(Err(format!("{address} answers as `{text}`"))),
            Seen::Silent(why) => return Ok(Err(format!("{address}: {why}"))),
        }
    }
    Ok(Ok(address))
}
