//! What is known of each site beside the catalogue.

use std::collections::BTreeMap;

use bus::{Bus, BusError};
use model::{Ask, OperatorCommand, Site, SiteId, SiteLoad, SiteRecord, SiteReport, SiteStatus, Stream};
use serde::{Deserialize, Serialize};

use super::publish;

/// What is known of one site of the catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SiteView {
    /// The site.
    pub(crate) site: SiteId,
    /// What people call it.
    pub(crate) name: String,
    /// What holds; absent as long as nothing was said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<SiteStatus>,
    /// The last word of each source.
    pub(crate) reports: Vec<SiteReport>,
    /// The last load that each source measured, whether or not it is still valid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) loads: Vec<SiteLoad>,
    /// The operators' last word: `cordon`, `drain` or `resume`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asked: Option<OperatorCommand>,
}

/// Every site of the catalogue, in its order. Records that cannot be read are passed over: the decider puts them aside.
///
/// # Errors
/// What the bus says.
pub(super) async fn sites(bus: &dyn Bus, catalogue: &[Site]) -> Result<Vec<SiteView>, BusError> {
    let (records, _) = bus.latest(Stream::Sites).await?;
    let records = records.iter().filter_map(|record| serde_json::from_slice(&record.data).ok());
    Ok(gather(catalogue, records, publish::all(bus).await?))
}

fn gather(
    catalogue: &[Site],
    records: impl Iterator<Item = SiteRecord>,
    commands: Vec<OperatorCommand>,
) -> Vec<SiteView> {
    let view = |site: &Site| SiteView {
        site: site.id.clone(),
        name: site.name.clone(),
        status: None,
        reports: Vec::new(),
        loads: Vec::new(),
        asked: None,
    };
    let mut views: Vec<_> = catalogue.iter().map(view).collect();
    let places: BTreeMap<_, _> = catalogue.iter().enumerate().map(|(at, site)| (&site.id, at)).collect();
    for record in records {
        match record {
            SiteRecord::Status(status) => {
                if let Some(&at) = places.get(&status.site) {
                    views[at].status = Some(status);
                }
            }
            SiteRecord::Reported(report) => {
                if let Some(&at) = places.get(&report.site) {
                    views[at].reports.push(report);
                }
            }
            SiteRecord::Load(load) => {
                if let Some(&at) = places.get(&load.site) {
                    views[at].loads.push(load);
                }
            }
        }
    }
    for view in &mut views {
        view.reports.sort_by_key(|report| report.source);
        view.loads.sort_by_key(|load| load.source);
    }
    for command in commands {
        let site = match &command.ask {
            Ask::Cordon { site } | Ask::Drain { site, .. } | Ask::Resume { site } => site,
            Ask::Move { .. }
            | Ask::Pin { .. }
            | Ask::Unpin { .. }
            | Ask::Freeze { .. }
            | Ask::Thaw { .. }
            | Ask::Confirm { .. }
            | Ask::Refuse { .. } => {
                continue;
            }
        };
        if let Some(&at) = places.get(site) {
            views[at].asked = Some(command);
        }
    }
    views
}

#[cfg(test)]
mod tests {
    use model::{ClusterRef, SiteCondition, SiteSource, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn site(name: &str) -> Site {
        let cluster = ClusterRef { provider: "edge".into(), cluster: name.into() };
        Site {
            id: name.parse().expect("valid"),
            name: String::new(),
            position: None,
            cluster,
            ingress: None,
            tier: model::Tier::Edge,
            water_marks: None,
            labels: std::collections::BTreeSet::new(),
            max_instances: None,
            service_area: None,
            tenants: std::collections::BTreeSet::new(),
            cost: None,
        }
    }

    fn report(name: &str, source: SiteSource) -> SiteRecord {
        let (site, at) = (name.parse().expect("valid"), Timestamp::default());
        SiteRecord::Reported(SiteReport { site, source, at, condition: SiteCondition::Failed, reason: None })
    }

    fn load(name: &str, source: SiteSource) -> SiteRecord {
        let (site, at) = (name.parse().expect("valid"), Timestamp::default());
        let valid_until = Timestamp::from_micros(9);
        SiteRecord::Load(SiteLoad { site, source, at, load: 0.5, valid_until, resources: BTreeMap::new() })
    }

    fn asked(number: u128, ask: Ask) -> OperatorCommand {
        OperatorCommand {
            id: Uuid::from_u128(number),
            at: Timestamp::default(),
            by: "ann".into(),
            reason: None,
            ask,
        }
    }

    #[test]
    fn each_site_gets_its_own_and_what_is_of_no_site_of_the_catalogue_is_left_out() {
        let records = [
            report("south", SiteSource::Probe),
            report("south", SiteSource::Emco),
            report("elsewhere", SiteSource::Emco),
            load("south", SiteSource::Metrics),
            load("elsewhere", SiteSource::Metrics),
        ];
        let south = || "south".parse().expect("valid");
        let commands = vec![
            asked(1, Ask::Cordon { site: south() }),
            asked(2, Ask::Resume { site: south() }),
            asked(3, Ask::Thaw { app: None }),
            asked(4, Ask::Cordon { site: "elsewhere".parse().expect("valid") }),
        ];
        let views = gather(&[site("north"), site("south")], records.into_iter(), commands);
        assert_eq!(views.len(), 2);
        assert_eq!((views[0].reports.len(), &views[0].asked), (0, &None));
        let sources: Vec<_> = views[1].reports.iter().map(|report| report.source).collect();
        assert_eq!(sources, [SiteSource::Emco, SiteSource::Probe]);
        assert_eq!((views[0].loads.len(), views[1].loads.len()), (0, 1));
        assert_eq!(views[1].asked.as_ref().map(|asked| asked.id), Some(Uuid::from_u128(2)));
    }
}
