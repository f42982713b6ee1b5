//! What outlives the process: which UEs there are, and which AMF holds each.
//!
//! Where they are is not kept: after a restart every UE is told once more, and whoever is no longer reported is gone.

use model::{UeChange, UeEvent};
use serde::{Deserialize, Serialize};

use super::names::{AmfLife, Named, Names};
use super::places::PlaceId;
use super::row::{Life, Row};
use super::table::{Rows, Table};
use super::{AmfSlot, Epoch, Limits, Seen, Track};

/// A track in the form in which it is kept.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Saved {
    amfs: Vec<Named>,
    imsis: Rows<u64>,
    others: Rows<Box<str>>,
}

impl Track {
    /// A copy of what outlives the process.
    pub(crate) fn save(&self) -> Saved {
        let (imsis, others) = self.table.rows();
        Saved { amfs: self.names.all().to_vec(), imsis, others }
    }

    /// A track that begins with what was kept.
    pub(crate) fn restore(limits: Limits, saved: Saved) -> Self {
        let mut track = Self::new(limits);
        track.names = Names::new(saved.amfs);
        track.table = Table::restore(saved.imsis, saved.others, |row| Row {
            place: if row.life == Life::Alive { PlaceId::IN_DOUBT } else { PlaceId::NOWHERE },
            seen: 0,
            misses: 0,
            ..row
        });
        track.recount();
        track
    }

    /// Takes in an event that was told after the copy was made.
    pub(crate) fn replay(&mut self, event: &UeEvent) {
        let named = event.amf.as_deref().and_then(|root| root.parse().ok());
        let named = named.and_then(|root| self.names.number(&root));
        let before = self.table.get(&event.supi);
        let unknown = Seen { amf: AmfSlot::UNKNOWN, epoch: Epoch(0), source: event.source };
        let row = before.unwrap_or(Row::blank(unknown));
        let life = match event.change {
            UeChange::Gone => Life::Gone,
            UeChange::Location(_) | UeChange::Connectivity { .. } => Life::Alive,
        };
        let (amf, reported_at) = (named.unwrap_or(row.amf), event.reported_at.max(row.reported_at));
        self.put(&event.supi, before, Row { reported_at, place: PlaceId::IN_DOUBT, amf, life, ..row });
    }

    /// The number of an AMF; `None` where all are given.
    pub(crate) fn amf(&mut self, root: &url::Url) -> Option<AmfSlot> {
        self.names.number(root)
    }

    /// Notes what tells whether an AMF has restarted.
    pub(crate) fn note(&mut self, amf: AmfSlot, life: AmfLife) {
        if let Some(named) = self.names.get_mut(amf) {
            named.life = life;
        }
    }

    /// What is known of an AMF.
    pub(crate) fn named(&self, amf: AmfSlot) -> Option<&Named> {
        self.names.get(amf)
    }

    /// The AMFs that hold UEs, as far as is known.
    pub(crate) fn holders(&self) -> Vec<Named> {
        let holds = |number: usize| self.alive.get(number).is_some_and(|alive| *alive > 0);
        let all = self.names.all().iter().enumerate();
        all.filter(|(number, _)| holds(*number)).map(|(_, named)| named.clone()).collect()
    }

    /// Counts the rows anew.
    fn recount(&mut self) {
        let (mut alive, mut marks) = (Vec::<u32>::new(), 0);
        self.table.for_each(|_, row| {
            if row.life == Life::Alive {
                let place = usize::from(row.amf.0);
                if alive.len() <= place {
                    alive.resize(place + 1, 0);
                }
                alive[place] += 1;
            } else {
                marks += 1;
            }
        });
        (self.alive, self.marks) = (alive, marks);
    }
}
