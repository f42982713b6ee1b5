//! Saga logs and facts in the store.
//!
//! A saga's log begins with its plan and the order behind it; every later entry is one [`relocation::Entry`]. Each
//! entry is one JSON object.

use std::collections::BTreeMap;

use emco::CompositeApp;
use model::{AppId, Generation, InstanceId, InstanceState, Order, RelocationId};
use relocation::{Entry, Plan};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{Store, StoreError};

use crate::StartError;
use crate::leftovers::Leftover;
use crate::names::Names;

/// The version of what is written here.
const VERSION: u32 = 1;
const INSTANCES: &str = "executor/instance/";
const LEFTOVERS: &str = "executor/leftover/";
const NAMES: &str = "executor/names/";

/// What the executor keeps of an instance while no saga of it is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct InstanceFact {
    pub app: AppId,
    pub instance: InstanceId,
    /// The newest generation that an order was taken in with.
    pub newest: Generation,
    /// What was last verified.
    pub state: Option<InstanceState>,
}

/// The first entry of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Opening {
    pub version: u32,
    pub order: Order,
    pub plan: Plan,
}

/// A log as it was found.
#[derive(Debug)]
pub(crate) struct OpenLog {
    pub opening: Opening,
    pub entries: Vec<Entry>,
}

/// Saga logs and facts in the store.
#[derive(Clone)]
pub(crate) struct Journal(Store);

impl Journal {
    pub(crate) fn new(store: Store) -> Self {
        Self(store)
    }

    /// Opens a saga's log; durable when it returns.
    pub(crate) async fn open(&self, order: &Order, plan: &Plan) -> Result<(), StoreError> {
        let opening = Opening { version: VERSION, order: order.clone(), plan: plan.clone() };
        self.0.append(&order.relocation.to_string(), json(&opening)).await.map(drop)
    }

    /// Appends to a saga's log; durable when it returns.
    pub(crate) async fn append(&self, saga: RelocationId, entry: &Entry) -> Result<(), StoreError> {
        self.0.append(&saga.to_string(), json(entry)).await.map(drop)
    }

    /// Moves a saga's log to history.
    pub(crate) async fn close(&self, saga: RelocationId) -> Result<(), StoreError> {
        self.0.close_saga(&saga.to_string()).await
    }

    /// The order that a saga was opened with, as long as its log is kept.
    pub(crate) async fn order(&self, saga: RelocationId) -> Result<Option<Order>, StoreError> {
        let entries = self.0.entries(&saga.to_string()).await?;
        let opening = entries.first().and_then(|first| serde_json::from_slice::<Opening>(first).ok());
        Ok(opening.map(|opening| opening.order))
    }

    /// Every open log.
    pub(crate) async fn open_logs(&self) -> Result<Vec<OpenLog>, StartError> {
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

    pub(crate) async fn keep_instance(&self, fact: &InstanceFact) -> Result<(), StoreError> {
        self.0.put_fact(&format!("{INSTANCES}{}/{}", fact.app, fact.instance), json(fact)).await
    }

    pub(crate) async fn instances(&self) -> Result<Vec<InstanceFact>, StartError> {
        self.read_facts(INSTANCES, "the instance fact").await
    }

    pub(crate) async fn keep_leftover(&self, leftover: &Leftover) -> Result<(), StoreError> {
        self.0.put_fact(&format!("{LEFTOVERS}{}", leftover.key()), json(leftover)).await
    }

    pub(crate) async fn drop_leftover(&self, leftover: &Leftover) -> Result<(), StoreError> {
        self.0.remove_fact(&format!("{LEFTOVERS}{}", leftover.key())).await
    }

    pub(crate) async fn leftovers(&self) -> Result<Vec<Leftover>, StartError> {
        self.read_facts(LEFTOVERS, "what is left over").await
    }

    async fn read_facts<T: DeserializeOwned>(&self, prefix: &str, what: &str) -> Result<Vec<T>, StartError> {
        let facts = self.0.facts(prefix).await?;
        let read = |(key, bytes): (String, Vec<u8>)| {
            serde_json::from_slice(&bytes)
                .map_err(|e| StartError::Log { saga: key, reason: format!("{what}: {e}") })
        };
        facts.into_iter().map(read).collect()
    }

    pub(crate) async fn keep_names(&self, app: &CompositeApp, names: Names) -> Result<(), StoreError> {
        self.0.put_fact(&format!("{NAMES}{app}"), names.as_bytes().to_vec()).await
    }

    /// What was kept of each composite app's chart.
    pub(crate) async fn names(&self) -> Result<BTreeMap<CompositeApp, Names>, StoreError> {
        let facts = self.0.facts(NAMES).await?;
        let read = |(key, bytes): (String, Vec<u8>)| {
            let mut parts = key.strip_prefix(NAMES)?.splitn(3, '/').map(str::to_owned);
            let (project, name, version) = (parts.next()?, parts.next()?, parts.next()?);
            Some((CompositeApp { project, name, version }, Names::from_bytes(&bytes)))
        };
        Ok(facts.into_iter().filter_map(read).collect())
    }
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    // Maps with keys that are no text are the one thing that JSON cannot hold; there are none.
    serde_json::to_vec(value).expect("records of a saga can be written as JSON")
}
