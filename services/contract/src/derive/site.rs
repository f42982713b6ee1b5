//! `sites`.

use model::Site;

use super::envelope::About;
use super::{Deriver, trace};
use crate::v1::{Position, SiteState, SiteStatus};
use crate::{Event, Kind};

impl Deriver {
    /// What is known of a site. A site of the catalogue is in service: the catalogue says no more, neither how much the
    /// site takes nor since when it is there.
    pub fn site(&self, sequence: u64, site: &Site) -> Vec<Event> {
        let told = SiteStatus {
            site: site.id.to_string(),
            name: site.name.clone(),
            state: SiteState::InService,
            reason: None,
            since: None,
            position: site.position.map(|place| Position { lon: place.lon(), lat: place.lat() }),
            capacity: None,
        };
        // Without a time, what is said tells a site of a bus that was made anew from one that had its position before.
        let said = serde_json::to_string(&told).unwrap_or_default();
        let about = About {
            kind: Kind::SiteStatus,
            id: format!("{}/{sequence}-{}", told.site, trace::hashed::<8>("edgeroam/site/v1", &said)),
            app: None,
            key: told.site.clone(),
            at: None,
            sequence,
            trace: None,
        };
        self.event(about, &told)
    }
}
