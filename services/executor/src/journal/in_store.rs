//! The journal in a file of this process. Each entry of a log is one JSON object, and so is each fact.

use std::collections::BTreeMap;

use emco::CompositeApp;
use model::{Order, RelocationId};
use relocation::Entry;
use serde::de::DeserializeOwned;
use store::{Store, StoreError};

use super::{Found, InstanceFact, JournalError, OpenLog, Opening, VERSION, json};

use crate::StartError;
use crate::leftovers::Leftover;
use crate::names::Names;

const INSTANCES: &str = "executor/instance/";
const LEFTOVERS: &str = "executor/leftover/";
const NAMES: &str = "executor/names/";

/// The journal in a file of this process.
pub(crate) struct InStore(Store);

impl InStore {
    pub(crate) fn new(store: Store) -> Self {
        Self(store)
    }

    /// What stands in it.
    pub(crate) async fn read(&self) -> Result<Found, StartError> {
        Ok(Found {
            logs: self.open_logs().await?,
            facts: self.read_facts(INSTANCES, "the instance fact").await?,
            leftovers: self.read_facts(LEFTOVERS, "what is left over").await?,
            names: self.names().await?,
        })
    }

    pub(super) async fn open(&self, opening: Opening) -> Result<(), JournalError> {
        let saga = opening.order.relocation.to_string();
        Ok(self.0.append(&saga, json(&opening)).await.map(drop)?)
    }

    pub(super) async fn append(&self, saga: RelocationId, entry: &Entry) -> Result<(), JournalError> {
        Ok(self.0.append(&saga.to_string(), json(entry)).await.map(drop)?)
    }

    /// Moves a saga's log to history.
    pub(super) async fn close(&self, saga: RelocationId) -> Result<(), JournalError> {
        Ok(self.0.close_saga(&saga.to_string()).await?)
    }

    /// The order that a saga was opened with, as long as its log is kept.
    pub(super) async fn order(&self, saga: RelocationId) -> Result<Option<Order>, JournalError> {
        let entries = self.0.entries(&saga.to_string()).await?;
        let opening = entries.first().and_then(|first| serde_json::from_slice::<Opening>(first).ok());
        Ok(opening.map(|opening| opening.order))
    }

    async fn open_logs(&self) -> Result<Vec<OpenLog>, StartError> {
        let mut logs = Vec::new();
        for (saga, entries) in self.0.open_sagas().await? {
            let refuse = |reason: String| StartError::Log { saga: saga.clone(), reason };
            let mut entries = entries.iter();
            let Some(first) = entries.next() else { continue };
            let opening: Opening = serde_json::from_slice(first).map_err(|e| refuse(e.to_string()))?;
            if opening.version != VERSION {
                return Err(refuse(format!("version {} is not {VERSION}", opening.version)));
            }
            let entries = entries.map(|entry| serde_json::from_slice(entry)).collect::<Result<_, _>>();
            logs.push(OpenLog { opening, entries: entries.map_err(|e| refuse(e.to_string()))? });
        }
        Ok(logs)
    }

    pub(super) async fn keep_instance(&self, fact: &InstanceFact) -> Result<(), JournalError> {
        Ok(self.0.put_fact(&format!("{INSTANCES}{}/{}", fact.app, fact.instance), json(fact)).await?)
    }

    pub(super) async fn keep_leftover(&self, leftover: &Leftover) -> Result<(), JournalError> {
        Ok(self.0.put_fact(&format!("{LEFTOVERS}{}", leftover.key()), json(leftover)).await?)
    }

    pub(super) async fn drop_leftover(&self, leftover: &Leftover) -> Result<(), JournalError> {
        Ok(self.0.remove_fact(&format!("{LEFTOVERS}{}", leftover.key())).await?)
    }

    pub(super) async fn keep_names(&self, app: &CompositeApp, names: Names) -> Result<(), JournalError> {
        Ok(self.0.put_fact(&format!("{NAMES}{app}"), names.as_bytes().to_vec()).await?)
    }

    async fn read_facts<T: DeserializeOwned>(&self, prefix: &str, what: &str) -> Result<Vec<T>, StartError> {
        let facts = self.0.facts(prefix).await?;
        let read = |(key, bytes): (String, Vec<u8>)| {
            serde_json::from_slice(&bytes)
                .map_err(|e| StartError::Log { saga: key, reason: format!("{what}: {e}") })
        };
        facts.into_iter().map(read).collect()
    }

    /// What was kept of each composite app's chart.
    async fn names(&self) -> Result<BTreeMap<CompositeApp, Names>, StoreError> {
        let facts = self.0.facts(NAMES).await?;
        let read = |(key, bytes): (String, Vec<u8>)| {
            let mut parts = key.strip_prefix(NAMES)?.splitn(3, '/').map(str::to_owned);
            let (project, name, version) = (parts.next()?, parts.next()?, parts.next()?);
            Some((CompositeApp { project, name, version }, Names::from_bytes(&bytes)))
        };
        Ok(facts.into_iter().filter_map(read).collect())
    }
}
