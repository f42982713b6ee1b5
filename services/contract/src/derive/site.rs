//! Sites.

use model::Site;

use super::Deriver;
use crate::data::{Condition, Position, SiteStatus};
use crate::event::Context;
use crate::{Event, Kind};

impl Deriver {
    /// A site of the catalogue, from `sites`. What is listed there is in service.
    pub fn site(&self, sequence: u64, site: &Site) -> Vec<Event> {
        let data = SiteStatus {
            site: site.id.to_string(),
            name: site.name.clone(),
            condition: Condition::InService,
            position: site.position.map(|position| Position { lon: position.lon(), lat: position.lat() }),
        };
        let id = format!("sites/{sequence}");
        let context = Context {
            kind: Kind::SiteStatus,
            source: &self.source,
            trace: id.clone(),
            id,
            app: None,
            key: data.site.clone(),
            subject: data.site.clone(),
            // The catalogue does not say since when.
            time: super::rfc3339(0),
            sequence,
        };
        vec![Event::new(context, &data)]
    }
}
