//! Waits until the target serves: by EMCO's word, read with distrust, and by our own probe, each twice.

use std::collections::BTreeSet;

use emco::readiness::{Readiness, judge};
use emco::{GroupRef, GroupStatus, Output, StatusKind};
use model::{ClusterRef, Placement, Site, SiteId};

use super::{Poll, Work};
use crate::address::{self, AddressError};
use crate::error::StepError;
use crate::modes::new_group::{Choice, Target};
use crate::names::Sample;
use crate::probe::Seen;

/// How many probes in a row must be answered.
const PROBES: u32 = 2;

pub(super) async fn run(work: &Work) -> Result<Placement, StepError> {
    let (group, target) = (work.target_group()?, work.target()?);
    let mut poll = Poll::new(&work.ctx.config);
    // The first look is a light one. The second asks for the objects themselves, where the address is; it judges all
    // the same, and its two views are of one context as those of the first are.
    let mut output = Output::All;
    loop {
        match look(work, &group, output).await? {
            Ok(_) if output == Output::All => {
                output = Output::Detail;
                poll.wait_shortly().await;
            }
            Ok((site, detail)) => match serves(work, &detail, &site).await? {
                Ok(address) => {
                    keep_only(work, &site.cluster)?;
                    return Ok(Placement {
                        site: site.id,
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

/// Where it is, and the ready view, if EMCO's two views say that the target is ready; otherwise why not.
async fn look(
    work: &Work,
    group: &GroupRef,
    output: Output,
) -> Result<Result<(Site, GroupStatus), String>, StepError> {
    let deployed = match view(work, group, StatusKind::Deployed, Output::All).await? {
        Ok(deployed) => deployed,
        Err(why) => return Ok(Err(why)),
    };
    work.ctx.learn(&work.app, &[Sample::of(&deployed, &work.app.composite, &group.name)]).await;
    let site = match chosen(work.target()?, &deployed) {
        Ok(Some(Choice { site, cluster })) => at(work, &site, &cluster)?,
        Ok(None) => return Ok(Err("EMCO does not show yet which cluster it has chosen".to_owned())),
        Err(why) => return Err(StepError::permanent(why)),
    };
    let ready = match view(work, group, StatusKind::Ready, output).await? {
        Ok(ready) => ready,
        Err(why) => return Ok(Err(why)),
    };
    match judge(&deployed, &ready, &site.cluster.provider, &site.cluster.cluster) {
        Readiness::Ready => Ok(Ok((site, ready))),
        Readiness::NotYet(why) => Ok(Err(why)),
        Readiness::Never(why) => Err(StepError::permanent(why)),
    }
}

/// Where EMCO has put the target: the one cluster that each app is listed on, which must be one of those that it was given.
fn chosen(target: &Target, deployed: &GroupStatus) -> Result<Option<Choice>, String> {
    if target.choices.is_empty() {
        return Ok(Some(Choice { site: target.site.clone(), cluster: target.cluster.clone() }));
    }
    let listed = deployed.apps.iter().flat_map(|app| &app.clusters);
    let listed: BTreeSet<_> = listed.map(|at| (at.cluster_provider.as_str(), at.cluster.as_str())).collect();
    let listed: Vec<_> = listed.into_iter().collect();
    let [(provider, cluster)] = listed[..] else {
        let several = !listed.is_empty();
        return if several { Err(format!("EMCO has spread it over {listed:?}")) } else { Ok(None) };
    };
    let offered = |choice: &&Choice| choice.cluster.provider == provider && choice.cluster.cluster == cluster;
    match target.choices.iter().find(offered) {
        Some(choice) => Ok(Some(choice.clone())),
        None => Err(format!("EMCO has chosen {provider}/{cluster}, which it was not offered")),
    }
}

/// A site of the catalogue; the plan's cluster counts, should the catalogue name another one by now.
fn at(work: &Work, site: &SiteId, cluster: &ClusterRef) -> Result<Site, StepError> {
    let found = work.ctx.sites.get(site);
    let found = found.ok_or_else(|| StepError::permanent(format!("site {site} left the catalogue")))?;
    Ok(Site { cluster: cluster.clone(), ..found.clone() })
}

/// Of the clusters that were kept free for it, it needs one.
fn keep_only(work: &Work, chosen: &ClusterRef) -> Result<(), StepError> {
    let target = work.target()?;
    for other in target.clusters().filter(|cluster| *cluster != chosen) {
        work.ctx.occupancy.leave(&work.app.composite, other, target.release.as_str());
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use emco::{AppStatus, ClusterStatus};
    use model::{AppId, Generation, InstanceId, RelocationId};

    use super::*;

    fn choice(site: &str) -> Choice {
        let cluster = ClusterRef { provider: "edge".into(), cluster: format!("edge-{site}") };
        Choice { site: SiteId::new(site).expect("valid"), cluster }
    }

    fn status(apps: &[&[&str]]) -> GroupStatus {
        let cluster = |name: &&str| ClusterStatus {
            cluster_provider: "edge".into(),
            cluster: format!("edge-{name}"),
            ..ClusterStatus::default()
        };
        let app = |clusters: &&[&str]| AppStatus {
            clusters: clusters.iter().map(cluster).collect(),
            ..AppStatus::default()
        };
        GroupStatus { apps: apps.iter().map(app).collect(), ..GroupStatus::default() }
    }

    #[test]
    fn one_cluster_that_was_offered_is_the_choice_and_nothing_else_is() {
        let (app, instance) = (AppId::new("ar").expect("valid"), InstanceId::new("ue").expect("valid"));
        let Choice { site, cluster } = choice("a");
        let release = RelocationId::new(&app, &instance, Generation(1)).release();
        let target = Target { site, cluster, release, choices: vec![choice("a"), choice("b")] };
        assert_eq!(chosen(&target, &status(&[&["b"]])), Ok(Some(choice("b"))));
        assert_eq!(chosen(&target, &status(&[])), Ok(None));
        assert!(chosen(&target, &status(&[&["c"]])).expect_err("not offered").contains("edge-c"));
        assert!(chosen(&target, &status(&[&["a"], &["b"]])).expect_err("two").contains("spread"));
        let alone = Target { choices: Vec::new(), ..target };
        assert_eq!(chosen(&alone, &status(&[])), Ok(Some(choice("a"))));
    }
}
