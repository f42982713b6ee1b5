//! `sites`.

use model::{EvacuationState as State, Site, SiteCondition, SiteRecord};

use super::envelope::About;
use super::{Deriver, trace};
use crate::v1::{Capacity, Evacuation, EvacuationState, Position, Relief, SiteState, SiteStatus};
use crate::{Event, Kind};

impl Deriver {
    /// The same, knowing what the catalogue says of sites: what people call them and where they are. A site that it does
    /// not know, or that has no name there, is called by its id.
    #[must_use]
    pub fn with_sites<'a>(mut self, sites: impl IntoIterator<Item = &'a Site>) -> Self {
        let place = |site: &Site| site.position.map(|at| Position { lon: at.lon(), lat: at.lat() });
        self.sites = sites
            .into_iter()
            .map(|site| (site.id.clone(), (Box::from(site.name.as_str()), place(site))))
            .collect();
        self
    }

    /// What holds for a site. What single sources report of it is not public.
    pub fn site(&self, sequence: u64, record: &SiteRecord) -> Vec<Event> {
        let status = match record {
            SiteRecord::Status(status) => status,
            SiteRecord::Reported(_) | SiteRecord::Load(_) => return Vec::new(),
        };
        let known = self.sites.get(&status.site);
        let name = known.map(|(name, _)| &**name).filter(|name| !name.is_empty());
        let told = SiteStatus {
            site: status.site.to_string(),
            name: name.unwrap_or(status.site.as_str()).to_owned(),
            state: state(status.condition),
            reason: status.reason.clone(),
            since: Some(status.since.into()),
            position: known.and_then(|(_, position)| *position),
            capacity: Some(Capacity {
                instances: Some(status.instances),
                instances_limit: status.instances_limit,
            }),
            evacuation: status.evacuation.as_ref().map(evacuation),
            relief: status.relief.map(relief),
        };
        // Several statuses of a site can be of one time.
        let said = serde_json::to_string(&told).unwrap_or_default();
        let said = trace::hashed::<8>("edgeroam/site/v1", &said);
        let about = About {
            kind: Kind::SiteStatus,
            id: format!("{}/{}-{said}", told.site, status.at.as_micros()),
            app: None,
            key: told.site.clone(),
            at: Some(status.at.into()),
            sequence,
            trace: None,
        };
        self.event(about, &told)
    }
}

fn state(condition: SiteCondition) -> SiteState {
    match condition {
        SiteCondition::InService => SiteState::InService,
        SiteCondition::Cordoned => SiteState::Cordoned,
        SiteCondition::Draining { .. } => SiteState::Draining,
        SiteCondition::Degraded => SiteState::Degraded,
        SiteCondition::Failed => SiteState::Failed,
    }
}

fn relief(from: model::Relief) -> Relief {
    let model::Relief { since, load, high, low, leaving, left } = from;
    Relief { since: since.into(), load, high, low, leaving, left }
}

fn evacuation(evacuation: &model::Evacuation) -> Evacuation {
    Evacuation {
        since: evacuation.since.into(),
        deadline: evacuation.deadline.map(Into::into),
        instances: evacuation.instances,
        remaining: evacuation.remaining,
        stranded: evacuation.stranded,
        state: match evacuation.state {
            State::UnderWay => EvacuationState::UnderWay,
            State::Overdue => EvacuationState::Overdue,
            State::Done => EvacuationState::Done,
        },
    }
}
