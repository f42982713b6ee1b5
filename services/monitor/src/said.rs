//! What one source said last of each site: it stands on stream `sites`, so nothing is kept here, and after a restart or a
//! change of replicas whoever goes on compares with it.

use std::collections::BTreeMap;

use bus::{Bus, BusError, Delivery, Record, Sequence};
use model::{SiteCondition, SiteId, SiteLoad, SiteRecord, SiteReport, SiteSource, Stream, Timestamp};

/// The last words of one source.
#[derive(Debug)]
pub(crate) struct Said {
    source: SiteSource,
    conditions: BTreeMap<SiteId, (SiteCondition, Sequence)>,
    loads: BTreeMap<SiteId, SiteLoad>,
}

/// A condition that a source has come to see.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    pub(crate) site: SiteId,
    pub(crate) condition: SiteCondition,
    pub(crate) reason: String,
}

impl Said {
    /// Reads them. What cannot be read counts as never said.
    ///
    /// # Errors
    /// What the bus says.
    pub(crate) async fn read(bus: &dyn Bus, source: SiteSource) -> Result<Self, BusError> {
        Ok(Self::of(source, &bus.latest(Stream::Sites).await?.0))
    }

    fn of(source: SiteSource, records: &[Delivery]) -> Self {
        let (mut conditions, mut loads) = (BTreeMap::new(), BTreeMap::new());
        for delivery in records {
            match serde_json::from_slice(&delivery.data) {
                Ok(SiteRecord::Reported(report)) if report.source == source => {
                    conditions.insert(report.site, (report.condition, delivery.sequence));
                }
                Ok(SiteRecord::Load(load)) if load.source == source => {
                    loads.insert(load.site.clone(), load);
                }
                Ok(SiteRecord::Reported(_) | SiteRecord::Load(_) | SiteRecord::Status(_)) | Err(_) => {}
            }
        }
        Self { source, conditions, loads }
    }

    /// The condition that was said last; in service where nothing was said.
    pub(crate) fn condition(&self, site: &SiteId) -> SiteCondition {
        self.conditions.get(site).map_or(SiteCondition::InService, |said| said.0)
    }

    /// The load that was said last.
    pub(crate) fn load(&self, site: &SiteId) -> Option<&SiteLoad> {
        self.loads.get(site)
    }

    /// What takes back whatever was said of these sites.
    pub(crate) fn taken_back<'a>(
        &self,
        sites: impl Iterator<Item = &'a SiteId>,
        reason: &str,
    ) -> Vec<Change> {
        let said = sites.filter(|site| self.condition(site) != SiteCondition::InService);
        said.map(|site| Change {
            site: site.clone(),
            condition: SiteCondition::InService,
            reason: reason.into(),
        })
        .collect()
    }

    /// The record of a change, with the id that everybody gives it who sees this change after the same last word.
    pub(crate) fn record(&self, change: Change, at: Timestamp) -> Record {
        let Change { site, condition, reason } = change;
        let before = self.conditions.get(&site).map_or(0, |said| said.1.0);
        let id = format!("{site}/{}/{before}/{}", self.source.as_str(), condition.as_str());
        let report = SiteReport { site, source: self.source, at, condition, reason: Some(reason) };
        Record { id: Some(id.into()), ..record(&SiteRecord::Reported(report)) }
    }
}

/// A record of stream `sites`, without an id.
pub(crate) fn record(record: &SiteRecord) -> Record {
    // A struct of strings and numbers always serialises.
    let data = serde_json::to_vec(record).unwrap_or_default().into();
    Record { key: record.key().into(), id: None, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(name: &str) -> SiteId {
        name.parse().expect("valid")
    }

    fn delivered(sequence: u64, source: SiteSource, name: &str, condition: SiteCondition) -> Delivery {
        let report =
            SiteReport { site: site(name), source, at: Timestamp::default(), condition, reason: None };
        let record = record(&SiteRecord::Reported(report));
        Delivery { sequence: Sequence(sequence), key: record.key, id: None, data: record.data }
    }

    #[test]
    fn each_source_has_its_own_last_word_and_what_was_never_said_is_in_service() {
        let records = [
            delivered(3, SiteSource::Probe, "north", SiteCondition::Failed),
            delivered(4, SiteSource::Metrics, "south", SiteCondition::Cordoned),
            Delivery { sequence: Sequence(5), key: "x".into(), id: None, data: "no JSON".into() },
        ];
        let said = Said::of(SiteSource::Probe, &records);
        assert_eq!(said.condition(&site("north")), SiteCondition::Failed);
        assert_eq!(said.condition(&site("south")), SiteCondition::InService);
        let sites = ["north", "south"].map(site);
        let back = said.taken_back(sites.iter(), "no longer probed");
        assert_eq!((back.len(), &back[0].site), (1, &sites[0]));
    }

    #[test]
    fn two_that_see_one_change_give_one_id_and_the_same_change_later_gives_another() {
        let change =
            Change { site: site("north"), condition: SiteCondition::Failed, reason: "silent".into() };
        let record = |sequence, at| {
            let last = delivered(sequence, SiteSource::Probe, "north", SiteCondition::InService);
            Said::of(SiteSource::Probe, &[last]).record(change.clone(), Timestamp::from_micros(at))
        };
        assert_eq!((record(7, 1).id, &*record(7, 1).key), (record(7, 2).id, "north/probe"));
        assert_ne!(record(7, 1).id, record(9, 1).id);
    }
}
