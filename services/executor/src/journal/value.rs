//! Everything that is kept of one instance, as one record.

use model::{Order, RelocationId};
use relocation::Entry;
use serde::{Deserialize, Serialize};

use super::{InstanceFact, OpenLog, Opening, VERSION, json};
use crate::leftovers::Leftover;

/// Everything that is kept of one instance. Sagas that are over leave it, so its size is bounded by what is under
/// way and by what could not be removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Value {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fact: Option<InstanceFact>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sagas: Vec<OpenLog>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leftovers: Vec<Leftover>,
    /// The order whose saga was closed last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    closed: Option<Order>,
}

impl Default for Value {
    fn default() -> Self {
        Self { version: VERSION, fact: None, sagas: Vec::new(), leftovers: Vec::new(), closed: None }
    }
}

impl Value {
    /// Reads a record; the error says why it cannot be understood.
    pub(super) fn read(data: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_slice(data).map_err(|e| e.to_string())?;
        if version != VERSION {
            return Err(format!("version {version} is not {VERSION}"));
        }
        serde_json::from_slice(data).map_err(|e| e.to_string())
    }

    pub(super) fn write(&self) -> Vec<u8> {
        json(self)
    }

    /// Whether anything is to be done about the instance without a new order.
    pub(super) fn is_at_work(&self) -> bool {
        !self.sagas.is_empty() || !self.leftovers.is_empty()
    }

    pub(super) fn open(&mut self, opening: Opening) {
        self.sagas.retain(|log| log.opening.order.relocation != opening.order.relocation);
        self.sagas.push(OpenLog { opening, entries: Vec::new() });
    }

    pub(super) fn append(&mut self, saga: RelocationId, entry: Entry) {
        match self.sagas.iter_mut().find(|log| log.opening.order.relocation == saga) {
            Some(log) => log.entries.push(entry),
            None => tracing::error!(relocation = %saga, ?entry, "an entry for a saga that is not open"),
        }
    }

    pub(super) fn close(&mut self, saga: RelocationId) {
        let (over, open) = std::mem::take(&mut self.sagas)
            .into_iter()
            .partition::<Vec<_>, _>(|log| log.opening.order.relocation == saga);
        self.sagas = open;
        if let Some(log) = over.into_iter().next() {
            self.closed = Some(log.opening.order);
        }
    }

    pub(super) fn keep(&mut self, fact: InstanceFact) {
        self.fact = Some(match self.fact.take() {
            Some(kept) => kept.with(fact),
            None => fact,
        });
    }

    pub(super) fn leave(&mut self, leftover: Leftover) {
        self.forget(&leftover.key());
        self.leftovers.push(leftover);
    }

    pub(super) fn forget(&mut self, leftover: &str) {
        self.leftovers.retain(|kept| kept.key() != leftover);
    }

    /// The order with which a saga was opened, as long as that is known.
    pub(super) fn order(&self, saga: RelocationId) -> Option<Order> {
        let open = self.sagas.iter().map(|log| &log.opening.order);
        open.chain(&self.closed).find(|order| order.relocation == saga).cloned()
    }
}
